"""The tokenizer inside the graph splits texts as the one of training does."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnxruntime_extensions import get_library_path

from pocketbert.backbone import BackboneSettings, load_backbone
from pocketbert.data import Encoder
from pocketbert.deployment.onnx import INPUTS
from pocketbert.deployment.text_input import reads_text

MAX_LENGTH = 24
TEXTS = [
    "The café's naïve façade, déjà vu: ÀÉÎÕÜ.", "", "   ", "\ttabs\nand\r\nlines ", "中文字 and 日本",
    "fine 😀👍🏽 thanks",    "zero\u200bwidth\u00adhyphen", "a" * 100, "a" * 101, "x" * 5000, "word " * 20_000,
    "don't pay $5.00 (U.S.) @me #now",
    "½ Ⅷ ﬁ", "e\u0301 n\u0303 combined", "—–“quotes”…", "\u3000wide\u00a0spaces", "ünïcödé" * 300, "a\x07bell",
]  # fmt: skip


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(load_backbone(BackboneSettings(name="bundled")).tokenizer, MAX_LENGTH)


def session(encoder: Encoder, *, pair: bool = False) -> onnxruntime.InferenceSession:
    """Its graph hands on what the tokenizer makes."""
    values = [
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "length"]) for name in names]
        for names in (INPUTS, [f"{name}.out" for name in INPUTS])
    ]
    nodes = [helper.make_node("Identity", [name], [f"{name}.out"]) for name in INPUTS]
    model = helper.make_model(
        helper.make_graph(nodes, "echo", *values), opset_imports=[helper.make_opsetid("", 18)], ir_version=10
    )
    made = reads_text(model, encoder.tokenizer, encoder.max_length, pair=pair)
    onnx.checker.check_model(made)
    options = onnxruntime.SessionOptions()
    options.register_custom_ops_library(get_library_path())
    return onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def one_text(encoder: Encoder) -> onnxruntime.InferenceSession:
    return session(encoder)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:20]))
def test_tokens_are_those_of_training(
    text: str, encoder: Encoder, one_text: onnxruntime.InferenceSession
) -> None:
    ids, mask, types = one_text.run(None, {"text": np.array([text], object)})
    (expected,) = encoder([(text,)])
    assert ids.tolist() == [list(expected.input_ids)]
    assert types.tolist() == [list(expected.token_type_ids)]
    assert mask.tolist() == [[1] * len(expected.input_ids)]


@pytest.mark.parametrize("max_length", [16, 17, 32])
def test_pairs_are_cut_as_in_training(max_length: int, encoder: Encoder) -> None:
    shorter = Encoder(encoder.tokenizer, max_length)
    both = session(shorter, pair=True)
    sizes = [0, 1, 2, 5, 6, 7, 8, 13, 14, 15, 16, 29, 30, 60]
    pairs = [("word " * first, "other " * second) for first in sizes for second in sizes]
    pairs += [(text, other) for text in TEXTS for other in TEXTS[:3]]
    for pair, expected in zip(pairs, shorter(pairs), strict=True):
        feed = {
            name: np.array([text], object) for name, text in zip(("text", "text_pair"), pair, strict=True)
        }
        ids, mask, types = both.run(None, feed)
        assert ids.tolist() == [expected.input_ids], pair
        assert types.tolist() == [expected.token_type_ids], pair
        assert mask.tolist() == [[1] * len(expected.input_ids)]
