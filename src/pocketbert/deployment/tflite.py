"""A `.tflite` as an object and back.

Signatures share their weights, but each says anew how its tensors are quantised, and that is a scale and a zero point,
12 bytes, for every row of the word embeddings.  Here what is equal is written once, and the tensors point to it.
"""

from __future__ import annotations

from typing import Any

from pocketbert.deployment.silence import silence


def read_tflite(file: bytes) -> Any:
    """The model (`ModelT` of the TFLite schema)."""
    with silence():
        from ai_edge_litert.tools import flatbuffer_utils

        return flatbuffer_utils.read_model_from_bytearray(bytearray(file))


def write_tflite(model: Any) -> bytes:
    """The file; the model is spent."""
    import flatbuffers

    with silence():
        from ai_edge_litert.tools import flatbuffer_utils

        written: dict[bytes, _Once] = {}
        for graph in model.subgraphs:
            for tensor in graph.tensors:
                if tensor.quantization is not None:
                    alone = flatbuffers.Builder(0)
                    alone.Finish(tensor.quantization.Pack(alone))
                    tensor.quantization = written.setdefault(
                        bytes(alone.Output()), _Once(tensor.quantization)
                    )
        return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


class _Once:
    """A table of a file that is written when it is first asked for, and pointed to from then on."""

    def __init__(self, table: Any) -> None:
        self.table, self.place = table, 0

    def Pack(self, builder: Any) -> int:  # noqa: N802 - as the tables of the schema call it
        self.place = self.place or self.table.Pack(builder)
        return self.place
