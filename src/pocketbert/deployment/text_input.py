"""The tokenizer inside the graph: a model that reads a text itself, in run times with onnxruntime-extensions."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pocketbert.errors import ArgumentError, PocketBertError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

TEXT = "text"
DOMAIN = "ai.onnx.contrib"
OUTPUTS = ("input_ids", "token_type_ids", "attention_mask")
"""Of the operator BertTokenizer, in its order."""


def require_extensions() -> None:
    """Raises ArgumentError where onnxruntime-extensions is not installed."""
    if find_spec("onnxruntime_extensions") is None:
        raise ArgumentError(
            "a tokenizer inside the graph needs onnxruntime-extensions; pip install 'pocketbert[tokenizer]'"
        )


def reads_text(
    model: onnx.ModelProto, tokenizer: PreTrainedTokenizerFast, max_length: int
) -> onnx.ModelProto:
    """The model with one input, `text`, of one string, cut at `max_length` tokens.

    Raises PocketBertError for a tokenizer that is not BERT's.
    """
    from tokenizers.normalizers import BertNormalizer

    normalizer = tokenizer.backend_tokenizer.normalizer
    if not isinstance(normalizer, BertNormalizer):
        raise PocketBertError("only BERT's tokenizer can be put into the graph, and the run has another one")
    pieces = tokenizer.get_vocab()
    strip_accents = normalizer.lowercase if normalizer.strip_accents is None else normalizer.strip_accents
    tokenize = helper.make_node(
        "BertTokenizer",
        [TEXT],
        [f"{name}.row" for name in OUTPUTS],
        "tokenizer",
        domain=DOMAIN,
        vocab_file="\n".join(sorted(pieces, key=pieces.__getitem__)),
        do_lower_case=int(normalizer.lowercase),
        strip_accents=int(strip_accents),
        tokenize_chinese_chars=int(normalizer.handle_chinese_chars),
        truncation_strategy_name="longest_first",
        max_length=max_length,
    )
    batch = [
        helper.make_node("Unsqueeze", [f"{name}.row", "tokenizer.axis"], [name], f"tokenizer.{name}")
        for name in OUTPUTS
    ]
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    nodes = [tokenize, *batch, *model.graph.node]
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info(TEXT, TensorProto.STRING, [1]))
    graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.int64), "tokenizer.axis"))
    made.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    return made
