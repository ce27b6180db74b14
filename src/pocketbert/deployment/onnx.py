"""The folded model as an ONNX graph: any number of rows, any length, logits.

The graph ends in logits, not in probabilities: a softmax keeps the answer but loses the order of what it rounds to 1,
a regression has none, and the readers of this layout (transformers.js, our own `evaluate`) apply it themselves.
Of answer spans it gives the logits of each token as the first and as the last, by the names that transformers gives
them.  Labels and all that is needed to read texts as in training stand in the file's metadata.
"""

from __future__ import annotations

import copy
import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnx
import torch

from pocketbert.backbone.quiet import quiet
from pocketbert.deployment.graph import FoldedClassifier

OPSET = 18
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUT = "logits"
SPAN_OUTPUTS = ("start_logits", "end_logits")
"""*Shape:* (rows, length) each"""


def in_half(folded: FoldedClassifier, *, streams: bool) -> FoldedClassifier:
    """A copy with weights in fp16 and the head in fp32; its residual streams stay in fp32 unless `streams`."""
    half = copy.deepcopy(folded)
    half.blocks.half()
    half.embeddings.words.data = half.embeddings.words.data.half()
    if streams:
        half.embeddings.half()
    return half


def to_onnx(folded: FoldedClassifier, metadata: Mapping[str, Any]) -> onnx.ModelProto:
    """The graph, with every entry of the metadata as text (JSON where it is none)."""
    rows = torch.export.Dim("rows", min=1)
    length = torch.export.Dim("length", min=1, max=len(folded.embeddings.positions))
    example = torch.ones((2, min(8, len(folded.embeddings.positions))), dtype=torch.long)
    with quiet(), silent_exporter():
        program = torch.onnx.export(
            folded,
            (example, example.clone(), torch.zeros_like(example)),  # one tensor twice would be one input
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=INPUTS,
            output_names=[OUTPUT],
            dynamic_shapes={name: {0: rows, 1: length} for name in INPUTS},
        )
    assert program is not None
    content = io.BytesIO()
    onnx.save_model(program.model_proto, content)  # a copy of our own: the program's goes with it
    model = onnx.load_model_from_string(content.getvalue())
    if folded.every_token:
        _name_ends(model.graph)
    return with_metadata(model, metadata)


def _name_ends(graph: onnx.GraphProto) -> None:
    """Gives what stands in one output, *(rows, 2, length)*, as two."""
    shape = [dimension.dim_param for dimension in graph.output[0].type.tensor_type.shape.dim]
    del graph.output[:]
    for place, name in enumerate(SPAN_OUTPUTS):
        graph.initializer.append(onnx.numpy_helper.from_array(np.array(place, np.int64), f"{name}.place"))
        graph.node.append(
            onnx.helper.make_node("Gather", [OUTPUT, f"{name}.place"], [name], name=name, axis=1)
        )
        graph.output.append(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [shape[0], shape[2]])
        )


def with_metadata(model: onnx.ModelProto, metadata: Mapping[str, Any]) -> onnx.ModelProto:
    """The model, its metadata replaced and what tells of the machine it was made on left out."""
    del model.metadata_props[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    for name, value in metadata.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        model.metadata_props.add(key=name, value=text)
    return model


@contextmanager
def silent_exporter() -> Iterator[None]:
    """The exporter tells of every optional library that it does not find."""
    loggers = [
        logging.getLogger(name) for name in ("torch.onnx", "torch.onnx._internal.exporter", "onnxscript")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
