"""The tokenizer inside the graph: a model that reads a text itself, in run times with onnxruntime-extensions."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import onnx
from onnx import TensorProto, helper, parser

from pocketbert.deployment.onnx import INPUTS
from pocketbert.errors import ArgumentError, PocketBertError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

TEXTS = ("text", "text_pair")
DOMAIN = "ai.onnx.contrib"
ONE_TEXT = """
tokenizer (string[1] text) => (int64[1, length] input_ids) <int64[1] zero = {{0}}>
{{
    ids, types, mask = ai.onnx.contrib.BertTokenizer (text)
    input_ids = Unsqueeze (ids, zero)
    token_type_ids = Unsqueeze (types, zero)
    attention_mask = Unsqueeze (mask, zero)
}}
"""
PAIR = """
tokenizer (string[1] text, string[1] text_pair) => (int64[1, length] input_ids)
<int64[1] zero = {{0}}, int64[1] one = {{1}}, int64[1] two = {{2}},
 int64[1] room = {{{room}}}, int64[1] half = {{{half}}}>
{{
    first, first_types, first_mask = ai.onnx.contrib.BertTokenizer (text)
    second, second_types, second_mask = ai.onnx.contrib.BertTokenizer (text_pair)
    first_size = Shape (first)
    second_size = Shape (second)
    first_pieces = Sub (first_size, two)
    second_pieces = Sub (second_size, two)
    shorter = Min (first_pieces, second_pieces)
    longer = Max (first_pieces, second_pieces)
    short = Min (shorter, half)
    left = Sub (room, short)
    long = Min (longer, left)
    first_is_longer = Greater (first_pieces, second_pieces)
    first_kept = Where (first_is_longer, long, short)
    second_kept = Where (first_is_longer, short, long)
    first_end = Add (first_kept, one)
    second_end = Add (second_kept, one)
    begin = Slice (first, zero, one)
    first_cut = Slice (first, one, first_end)
    second_cut = Slice (second, one, second_end)
    last = Sub (first_size, one)
    end = Slice (first, last, first_size)
    ids = Concat <axis = 0> (begin, first_cut, end, second_cut, end)
    first_side = Add (first_kept, two)
    zeros = Expand (zero, first_side)
    ones = Expand (one, second_end)
    types = Concat <axis = 0> (zeros, ones)
    size = Shape (ids)
    mask = Expand (one, size)
    input_ids = Unsqueeze (ids, zero)
    token_type_ids = Unsqueeze (types, zero)
    attention_mask = Unsqueeze (mask, zero)
}}
"""
"""Of two long sides each keeps half, as `Encoder` cuts them: the operator itself cuts no pairs."""


def require_extensions() -> None:
    """Raises ArgumentError where onnxruntime-extensions is not installed."""
    if find_spec("onnxruntime_extensions") is None:
        raise ArgumentError(
            "a tokenizer inside the graph needs onnxruntime-extensions; pip install 'pocketbert[tokenizer]'"
        )


def reads_text(
    model: onnx.ModelProto, tokenizer: PreTrainedTokenizerFast, max_length: int, *, pair: bool = False
) -> onnx.ModelProto:
    """The model with an input, `text`, of one string, and of pairs `text_pair`, cut at `max_length` tokens.

    Raises PocketBertError for a tokenizer that is not BERT's.
    """
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    tokenizing = _tokenizing(tokenizer, max_length, pair)
    nodes = [*tokenizing.node, *model.graph.node]
    del graph.node[:], graph.input[:]
    graph.node.extend(nodes)
    for name in TEXTS[: 1 + pair]:
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.STRING, [1]))
    graph.initializer.extend(tokenizing.initializer)
    made.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    return made


def _tokenizing(tokenizer: PreTrainedTokenizerFast, max_length: int, pair: bool) -> onnx.GraphProto:
    """From texts to the model's inputs; all other names begin with `tokenizer.`."""
    room = max_length - 3
    graph = parser.parse_graph((PAIR if pair else ONE_TEXT).format(room=room, half=room // 2))
    operator = _attributes(tokenizer)
    if not pair:
        operator |= {"truncation_strategy_name": "longest_first", "max_length": max_length}
    for node in graph.node:
        if node.domain == DOMAIN:
            node.attribute.extend(helper.make_attribute(name, value) for name, value in operator.items())
        node.input[:] = map(_own, node.input)
        node.output[:] = map(_own, node.output)
        node.name = f"tokenizer.{node.output[0]}"
    for constant in graph.initializer:
        constant.name = _own(constant.name)
    return graph


def _own(name: str) -> str:
    return name if name in (*TEXTS, *INPUTS) else f"tokenizer.{name}"


def _attributes(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """What makes the operator BertTokenizer split texts as a tokenizer does."""
    from tokenizers.normalizers import BertNormalizer

    normalizer = tokenizer.backend_tokenizer.normalizer
    if not isinstance(normalizer, BertNormalizer):
        raise PocketBertError("only BERT's tokenizer can be put into the graph, and the run has another one")
    pieces = tokenizer.get_vocab()
    strip_accents = normalizer.lowercase if normalizer.strip_accents is None else normalizer.strip_accents
    return {
        "vocab_file": "\n".join(sorted(pieces, key=pieces.__getitem__)),
        "do_lower_case": int(normalizer.lowercase),
        "strip_accents": int(strip_accents),
        "tokenize_chinese_chars": int(normalizer.handle_chinese_chars),
    }
