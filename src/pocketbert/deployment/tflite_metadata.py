"""What MediaPipe's text classifier and other clients read in a `.tflite`: the meaning of its tensors, words, labels.

A buffer of the model holds the description (metadata_schema.fbs); the files that it names are a ZIP archive behind the
model, which readers of either part pass over.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pocketbert.deployment.litert import signature
from pocketbert.deployment.phone import INPUTS
from pocketbert.deployment.silence import silence
from pocketbert.deployment.tflite import read_tflite, write_tflite

METADATA = "TFLITE_METADATA"
PARSER = "1.0.0"
WORDS, LABELS = "vocab.txt", "labels.txt"
MEANINGS = {
    "ids": "Ids of the tokens [CLS] ... [SEP], then 0",
    "mask": "1 for a token, 0 for what fills up",
    "segment_ids": "0 for the first text, 1 for the second",
}
OUTPUT = "score"
VALUE = "The value"
SPANS = "Logits of each token as the first and as the last of the answer"


@dataclass(frozen=True)
class Description:
    """What a file says of itself."""

    name: str
    description: str
    version: str
    words: Sequence[str]
    labels: Sequence[str]
    """Empty where it answers with a value or with spans."""
    output: str = VALUE
    """What its output is, where it has no labels."""


def with_metadata(file: bytes, description: Description) -> bytes:
    """The file with its description, words and labels; names inside that nobody reads are left out."""
    with silence():
        from ai_edge_litert import schema_py_generated as schema
    model = read_tflite(file)
    buffers, metadata = list(model.buffers), [*(model.metadata or [])]
    metadata = [entry for entry in metadata if entry.name not in (METADATA, METADATA.encode())]
    model.description = description.name
    for graph in model.subgraphs:
        known = {*graph.inputs, *graph.outputs}
        for number, tensor in enumerate(graph.tensors):
            if number not in known:
                tensor.name = ""
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = _packed(description, _order_of_inputs(model))
    entry.name, entry.buffer = METADATA, len(buffers)
    model.buffers, model.metadata = [*buffers, buffer], [*metadata, entry]
    return write_tflite(model) + _archive(description)


def only(file: bytes, length: int) -> bytes:
    """The file with nothing but its signature for a length, for clients that read one."""
    model = read_tflite(file)
    (kept,) = [one for one in model.signatureDefs if _text(one.signatureKey) == signature(length)]
    model.subgraphs, model.signatureDefs = [model.subgraphs[kept.subgraphIndex]], [kept]
    kept.subgraphIndex = 0
    used = {tensor.buffer for tensor in model.subgraphs[0].tensors}
    used |= {entry.buffer for entry in model.metadata or []}
    for number, buffer in enumerate(model.buffers):
        if number not in used:
            buffer.data = None
    return write_tflite(model)


def _order_of_inputs(model: Any) -> list[str]:
    """Names of the inputs in the order in which the model has them."""
    signature, inputs = model.signatureDefs[0], list(model.subgraphs[0].inputs)
    names = {entry.tensorIndex: _text(entry.name) for entry in signature.inputs}
    return [names[number] for number in inputs]


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _packed(description: Description, inputs: Sequence[str]) -> bytes:
    import flatbuffers

    with silence():
        from mediapipe.tasks.metadata import metadata_schema_py_generated as schema
    assert sorted(inputs) == sorted(INPUTS)
    model, graph = schema.ModelMetadataT(), schema.SubGraphMetadataT()
    model.name, model.description = description.name, description.description
    model.version, model.minParserVersion = description.version, PARSER
    graph.inputTensorMetadata = [_tensor(schema, name, MEANINGS[name]) for name in inputs]
    graph.outputTensorMetadata = [_output(schema, description)]
    graph.inputProcessUnits = [_tokenizer(schema)]
    model.subgraphMetadata = [graph]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), file_identifier=b"M001")
    return bytes(builder.Output())


def _tensor(schema: Any, name: str, meaning: str) -> Any:
    tensor, content = schema.TensorMetadataT(), schema.ContentT()
    tensor.name, tensor.description = name, meaning
    content.contentPropertiesType = schema.ContentProperties.FeatureProperties
    content.contentProperties = schema.FeaturePropertiesT()
    tensor.content = content
    return tensor


def _output(schema: Any, description: Description) -> Any:
    if not description.labels:
        return _tensor(schema, "value", description.output)
    tensor = _tensor(schema, OUTPUT, "Probability of each label")
    tensor.associatedFiles = [
        _file(schema, LABELS, "Labels, one a line", schema.AssociatedFileType.TENSOR_AXIS_LABELS)
    ]
    return tensor


def _tokenizer(schema: Any) -> Any:
    unit, options = schema.ProcessUnitT(), schema.BertTokenizerOptionsT()
    options.vocabFile = [
        _file(schema, WORDS, "Word pieces, one a line", schema.AssociatedFileType.VOCABULARY)
    ]
    unit.optionsType = schema.ProcessUnitOptions.BertTokenizerOptions
    unit.options = options
    return unit


def _file(schema: Any, name: str, meaning: str, kind: int) -> Any:
    file = schema.AssociatedFileT()
    file.name, file.description, file.type = name, meaning, kind
    return file


def _archive(description: Description) -> bytes:
    """The files the description names, the same bytes whenever they are written."""
    files = {WORDS: description.words, **({LABELS: description.labels} if description.labels else {})}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, lines in files.items():
            archive.writestr(zipfile.ZipInfo(name), "".join(f"{line}\n" for line in lines))
    return content.getvalue()
