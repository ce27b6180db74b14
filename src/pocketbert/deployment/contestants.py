"""What a benchmark of latency sets side by side: PyTorch as it is, ONNX files of any origin, files for phones."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pocketbert.deployment.silence import silence

if TYPE_CHECKING:
    from transformers import PreTrainedModel

VOCABULARY = 100
"""Ids are drawn below it, as every model knows them; which ones they are makes no difference to the time."""

Answer = Callable[[], object]


def drawn(tokens: int, rows: int, padded: int | None = None) -> dict[str, np.ndarray]:
    """Inputs of so many tokens a row, padded to a length where it is given.  *Shape:* (rows, length) each"""
    ids = np.zeros((rows, padded or tokens), np.int64)
    ids[:, :tokens] = np.random.default_rng(0).integers(1, VOCABULARY, (rows, tokens))
    mask = (np.arange(ids.shape[1]) < tokens)[None].repeat(rows, axis=0).astype(np.int64)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


@dataclass(frozen=True)
class OnnxFile:
    """An ONNX file; one of a fixed length answers texts one by one, each padded to it."""

    name: str
    path: Path
    fixed: int | None = None

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size

    def open(self, threads: int) -> Callable[[int, int], Answer]:
        """Load it, for so many threads; what comes back makes an answer of (tokens, rows)."""
        from pocketbert.deployment.predictor import open_session

        session = open_session(self.path, threads=threads)
        names = [entry.name for entry in session.get_inputs()]

        def answering(tokens: int, rows: int) -> Answer:
            if self.fixed is None:
                inputs, times = drawn(tokens, rows), 1
            else:
                inputs, times = drawn(tokens, 1, self.fixed), rows
            feed = {name: inputs[name] for name in names}
            return lambda: [session.run(None, feed) for _ in range(times)]

        return answering


@dataclass(frozen=True)
class PhoneFile:
    """A LiteRT or ExecuTorch file, which answers texts one by one."""

    name: str
    path: Path

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size

    def open(self, threads: int) -> Callable[[int, int], Answer]:
        """Load it, for so many threads; what comes back makes an answer of (tokens, rows)."""
        if self.path.suffix == ".tflite":
            from pocketbert.deployment.litert import open_litert as opened_by
        else:
            from pocketbert.deployment.executorch import open_executorch as opened_by
        ask = opened_by(self.path.read_bytes(), threads)

        def answering(tokens: int, rows: int) -> Answer:
            inputs = [values.astype(np.int32) for values in drawn(tokens, 1).values()]
            return lambda: [ask(*inputs) for _ in range(rows)]

        return answering


@dataclass(frozen=True)
class TorchFolder:
    """A model's folder in PyTorch, eager, fp32."""

    name: str
    path: Path

    @property
    def bytes(self) -> int:
        return (self.path / "model.safetensors").stat().st_size

    def open(self, threads: int) -> Callable[[int, int], Answer]:
        """Load it, for so many threads; what comes back makes an answer of (tokens, rows)."""
        import torch

        model = _load(self.path)

        def answering(tokens: int, rows: int) -> Answer:
            inputs = _accepted(
                model, {name: torch.from_numpy(one) for name, one in drawn(tokens, rows).items()}
            )

            @torch.inference_mode()
            def answer() -> object:
                torch.set_num_threads(threads)
                return model(**inputs)

            return answer

        return answering


Contestant = OnnxFile | PhoneFile | TorchFolder


def stock_export(folder: Path, file: Path, fixed: int | None = None) -> None:
    """A model as `torch.onnx` exports it, for one text of a fixed length or for any rows and length."""
    import onnx
    import torch

    from pocketbert.backbone.quiet import quiet
    from pocketbert.deployment.onnx import OPSET, silent_exporter

    model = _load(folder, attn_implementation="eager")
    example = drawn(fixed or 8, 1 if fixed else 2)
    inputs = _accepted(model, {name: torch.from_numpy(one) for name, one in example.items()})
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with quiet(), silent_exporter():
        program = torch.onnx.export(
            model,
            kwargs=inputs,
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            dynamic_shapes=None if fixed else dict.fromkeys(inputs, free),
        )
    assert program is not None
    content = io.BytesIO()
    onnx.save_model(program.model_proto, content)
    file.write_bytes(content.getvalue())


def _load(folder: Path, **options: Any) -> PreTrainedModel:
    """A model with the head that it was trained with: for texts, or for the answers in them."""
    with silence():  # of torchao too, which transformers imports where it is installed
        from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoModelForSequenceClassification

        (kind,) = AutoConfig.from_pretrained(folder).architectures
        marks = kind.endswith("ForQuestionAnswering")
        opened_by = AutoModelForQuestionAnswering if marks else AutoModelForSequenceClassification
        model: PreTrainedModel = opened_by.from_pretrained(folder, **options).eval()
    return model


def _accepted(model: PreTrainedModel, inputs: dict[str, Any]) -> dict[str, Any]:
    """Those inputs that the model knows."""
    known = inspect.signature(model.forward).parameters
    return {name: values for name, values in inputs.items() if name in known}
