"""ONNX files answer as the model does, in every precision, for any number of rows and any length."""

import copy
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from regauged import regauged
from transformers import MobileBertForSequenceClassification

from pocketbert.backbone import BackboneSettings, classifier, load_backbone
from pocketbert.data import Encoder
from pocketbert.data.batches import EncodedRows
from pocketbert.deployment.attempts import SHARES_KEPT, Attempts, padded_together
from pocketbert.deployment.calibration import Inputs
from pocketbert.deployment.fold import fold
from pocketbert.deployment.graph import FoldedClassifier
from pocketbert.deployment.onnx import INPUTS, OPSET, in_half, to_onnx, with_metadata
from pocketbert.deployment.predictor import OnnxPredictor
from pocketbert.deployment.quantise import by_sensitivity, to_int8
from pocketbert.errors import PocketBertError
from tiny_mobilebert import WORDS, randomised, tiny_config, tokenizer_over

TEXTS = [
    ("the cat sat on the mat .",),
    ("a dog",),
    ("happy",),
    ("the dog ran home , and the cat was happy .",),
    ("",),
]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder(tokenizer_over(WORDS, tmp_path_factory.mktemp("tokenizer")), 32)


@pytest.fixture(scope="module")
def model() -> MobileBertForSequenceClassification:
    model = randomised(MobileBertForSequenceClassification(tiny_config(num_labels=3)))
    with torch.no_grad():
        model.mobilebert.embeddings.word_embeddings.weight[0].zero_()
    return model


@pytest.fixture(scope="module")
def folded(model: MobileBertForSequenceClassification) -> FoldedClassifier:
    return fold(model)


@pytest.fixture(scope="module")
def exact(folded: FoldedClassifier) -> onnx.ModelProto:
    return to_onnx(folded, {"labels": ["x", "ü"], "task": "tiny"})


@pytest.fixture(scope="module")
def rows() -> list[Inputs]:
    generator = torch.Generator().manual_seed(2)
    made = []
    for length in (5, 9, 12, 7, 3, 16):
        ids = torch.randint(1, len(WORDS), (1, length), generator=generator)
        made.append(
            {
                "input_ids": ids,
                "attention_mask": torch.ones_like(ids),
                "token_type_ids": torch.zeros_like(ids),
            }
        )
    return made


def logits_of(model: MobileBertForSequenceClassification, encoder: Encoder) -> np.ndarray:
    with torch.inference_mode():
        answers = [
            model(torch.tensor([row.input_ids]), token_type_ids=torch.tensor([row.token_type_ids])).logits
            for row in encoder(TEXTS)
        ]
    return torch.cat(answers).numpy()


def difference(expected: np.ndarray, found: np.ndarray) -> float:
    return float(np.abs(expected - found).max() / np.abs(expected).max())


def answers(file: onnx.ModelProto, encoder: Encoder, *, alone: bool = False) -> np.ndarray:
    return OnnxPredictor(file.SerializeToString(), encoder, alone=alone).predict(TEXTS)


def test_fp32_is_the_same_function(
    model: MobileBertForSequenceClassification, exact: onnx.ModelProto, encoder: Encoder
) -> None:
    onnx.checker.check_model(exact, full_check=True)
    for alone in (False, True):
        assert difference(logits_of(model, encoder), answers(exact, encoder, alone=alone)) < 1e-5


def test_the_graph_says_what_it_is(exact: onnx.ModelProto) -> None:
    assert [entry.version for entry in exact.opset_import if not entry.domain] == [OPSET]
    assert [entry.name for entry in exact.graph.input] == list(INPUTS)
    for entry in exact.graph.input:
        assert all(side.dim_param for side in entry.type.tensor_type.shape.dim)
    metadata = {entry.key: entry.value for entry in exact.metadata_props}
    assert metadata["task"] == "tiny"
    assert json.loads(metadata["labels"]) == ["x", "ü"]
    assert str(Path.cwd()) not in str(exact.graph.node)
    assert len(with_metadata(exact, {"labels": ["x", "ü"], "task": "tiny"}).metadata_props) == 2


def test_the_graph_has_one_product_for_each_projection(exact: onnx.ModelProto) -> None:
    kinds = [node.op_type for node in exact.graph.node]
    per_layer = 2 + 1 + 2 * 2 + 1  # inputs, attention, two feed-forwards, back to the wide stream
    assert kinds.count("Gemm") == 1 + 2 * per_layer + 1
    assert kinds.count("MatMul") == 2 * 2
    assert kinds.count("Mul") == 1  # the mask's


def test_half_precision_of_values_that_overflow_it(
    model: MobileBertForSequenceClassification, encoder: Encoder
) -> None:
    huge = fold(regauged(model, 1e7))
    expected = logits_of(model, encoder)
    for streams in (True, False):
        half = to_onnx(in_half(huge, streams=streams), {})
        kinds = {entry.data_type for entry in half.graph.initializer if "up.weight" in entry.name}
        assert kinds == {onnx.TensorProto.FLOAT16}
        assert difference(expected, answers(half, encoder)) < 1e-2


@pytest.mark.parametrize("quantisation", ["dynamic", "static"])
def test_int8_is_near_and_small(
    quantisation: str,
    model: MobileBertForSequenceClassification,
    folded: FoldedClassifier,
    exact: onnx.ModelProto,
    rows: list[Inputs],
    encoder: Encoder,
) -> None:
    expected = logits_of(model, encoder)
    small = to_int8(exact, quantisation, rows)
    assert difference(expected, answers(small, encoder, alone=True)) < 0.2
    names = {entry.name for entry in small.graph.initializer if entry.data_type == onnx.TensorProto.FLOAT}
    assert {"classifier.weight", "classifier.weight_Transposed"} & names
    assert not [name for name in names if name.endswith(("up.weight", "up.weight_Transposed"))]
    kept = by_sensitivity(folded, padded_together(rows))
    safer = to_int8(exact, quantisation, rows, kept)
    assert difference(expected, answers(safer, encoder, alone=True)) < 0.05


@pytest.fixture(scope="module")
def bundled() -> tuple[MobileBertForSequenceClassification, Encoder]:
    """The bundled backbone under a head."""
    backbone = load_backbone(BackboneSettings(name="bundled"))
    model = classifier(backbone, labels=("a", "b", "c"), regression=False, seed=0)
    return model, Encoder(backbone.tokenizer, 64)


def test_the_bundled_backbone_with_gains_of_ten_million_in_fp16_and_int8(
    bundled: tuple[MobileBertForSequenceClassification, Encoder],
) -> None:
    plain, encoder = bundled
    huge = regauged(plain, 1e7)
    expected = logits_of(plain, encoder)
    with torch.inference_mode():
        stock = copy.deepcopy(huge).half()(torch.tensor([encoder(TEXTS)[0].input_ids])).logits
    assert torch.isnan(stock).all()
    batch = EncodedRows.of(encoder(TEXTS[:4]))
    rows = [batch.padded(np.array([row]), encoder.pad_token_id) for row in range(4)]
    rows = [{**row, "attention_mask": torch.ones_like(row["input_ids"])} for row in rows]
    folded = fold(huge, padded_together(rows))
    assert difference(expected, answers(to_onnx(in_half(folded, streams=True), {}), encoder)) < 1e-2
    exact = {"huge": to_onnx(folded, {}), "plain": to_onnx(fold(plain, padded_together(rows)), {})}
    for quantisation in ("dynamic", "static"):
        lost = {
            name: difference(expected, answers(to_int8(model, quantisation, rows), encoder, alone=True))
            for name, model in exact.items()
        }
        assert lost["huge"] < max(0.05, 1.5 * lost["plain"]), lost
        assert lost["huge"] < 0.25


def test_static_scales_do_not_depend_on_the_batch(
    exact: onnx.ModelProto, rows: list[Inputs], encoder: Encoder
) -> None:
    small = to_int8(exact, "static", rows)
    assert "DynamicQuantizeLinear" not in {node.op_type for node in small.graph.node}
    together, alone = (answers(small, encoder, alone=alone) for alone in (False, True))
    assert difference(together, alone) < 1e-5


def test_word_embeddings_are_rounded_word_by_word(exact: onnx.ModelProto, rows: list[Inputs]) -> None:
    """A rare word's embedding is small beside that of others and would be rounded away by one scale for all."""
    changed = copy.deepcopy(exact)
    words = next(entry for entry in changed.graph.initializer if entry.name == "embeddings.words")
    table = numpy_helper.to_array(words).copy()
    table[3] *= 1e-4
    words.CopyFrom(numpy_helper.from_array(table, words.name))
    stored = {entry.name: entry for entry in to_int8(changed, "dynamic", rows).graph.initializer}
    whole = numpy_helper.to_array(stored["embeddings.words.int8"]).astype(np.float32)
    assert whole.min() >= -127
    found = whole * numpy_helper.to_array(stored["embeddings.words.step"])
    assert difference(table[3], found[3]) < 1 / 127


def test_layers_are_ordered_by_what_int8_does_to_the_answer(
    folded: FoldedClassifier, rows: list[Inputs]
) -> None:
    batch = padded_together(rows)
    names = by_sensitivity(folded, batch)
    assert len(names) == 2 * 8
    spoiled = copy.deepcopy(folded)
    last = dict(spoiled.named_parameters())[names[-1]]
    with torch.no_grad():
        last[0, 0] = 100 * last.abs().max()  # one weight that takes all steps of its channel
    assert by_sensitivity(spoiled, batch).index(names[-1]) < names.index(names[-1])


def test_attempts_go_from_small_to_safe(folded: FoldedClassifier, rows: list[Inputs]) -> None:
    attempts = Attempts(folded, rows)
    assert [attempt.name for attempt in attempts.at("fp16")] == ["fp16", "fp16, residual streams in fp32"]
    sizes = [attempt.build().ByteSize() for attempt in attempts.at("int8")]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(SHARES_KEPT)


def test_what_is_no_model_is_refused_in_one_line(tmp_path: Path, encoder: Encoder) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(b"not a model")
    with pytest.raises(PocketBertError, match=r"cannot load .*broken\.onnx") as refused:
        OnnxPredictor(file, encoder)
    assert "\n" not in str(refused.value)
