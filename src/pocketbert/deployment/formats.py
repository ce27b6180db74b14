"""The formats of model files: what each is called, needs and can do, and who makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from pocketbert.deployment.gate import LIMITS, Precision
from pocketbert.errors import ArgumentError, unknown_name

if TYPE_CHECKING:
    import numpy as np

    from pocketbert.data import Encoder
    from pocketbert.data.batches import EncodedRows
    from pocketbert.deployment.attempts import Attempt
    from pocketbert.deployment.calibration import Inputs
    from pocketbert.deployment.graph import FoldedClassifier
    from pocketbert.tasks import Task

Quantisation = Literal["dynamic", "static"]


class FilePredictor(Protocol):
    """A finished file in its own run time."""

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text, in the order given.  *Shape:* (rows, labels)"""
        ...

    def answering(self, tokens: int, rows: int = 1) -> Callable[[], object]:
        """What answers rows of so many tokens each time it is called."""
        ...


class TokenPredictor(FilePredictor, Protocol):
    """A finished file that reads tokens."""

    encoder: Encoder

    def read(self, rows: EncodedRows) -> list[np.ndarray]:
        """The logits of each row, in their order.  *Shape:* (labels,), of answer spans (2, tokens) of the row"""
        ...

    def logits(self, inputs: dict[str, Any]) -> np.ndarray:
        """Logits of encoded rows.

        *Shape:* each input (rows, length) -> (rows, labels), of answer spans (rows, 2, length)
        """
        ...


@dataclass(frozen=True)
class Material:
    """What a file is made from, and how it is asked for."""

    folded: FoldedClassifier
    calibration: Sequence[Inputs]
    encoder: Encoder
    task: Task
    metadata: Mapping[str, Any]
    precision: Precision
    quantisation: Quantisation
    reads_text: bool
    lengths: tuple[int, ...]
    """Of formats with fixed ones; none are the usual ones."""


class Maker(Protocol):
    """Makes files of one format from one material."""

    def attempts(self) -> list[Attempt]:
        """Ways to make the file, the smallest and fastest first; each builds its content."""
        ...

    def predictor(self, content: bytes, threads: int = 0) -> FilePredictor:
        """A file in its run time."""
        ...

    def beside(self, content: bytes) -> dict[str, bytes]:
        """Further model files made of a finished one, by their names."""
        ...

    def limits(self, content: bytes, texts: Sequence[tuple[str, ...]]) -> list[str]:
        """What its card says of its format's limits, some of it found on texts."""
        ...


@dataclass(frozen=True)
class Format:
    """A format of model files."""

    title: str
    file: str
    precisions: tuple[Precision, ...]
    quantisations: tuple[Quantisation, ...]
    maker: Callable[[Material], Maker]
    libraries: tuple[str, ...] = ()
    """Modules beyond the core install, of the extra that has the format's name."""
    fixed_lengths: bool = False
    reads_text: bool = False
    """Whether the tokenizer can be inside the file."""


def _onnx(material: Material) -> Maker:
    from pocketbert.deployment.onnx_maker import OnnxMaker

    return OnnxMaker(material)


def _litert(material: Material) -> Maker:
    from pocketbert.deployment.litert_maker import LitertMaker

    return LitertMaker(material)


def _executorch(material: Material) -> Maker:
    from pocketbert.deployment.executorch_maker import ExecutorchMaker

    return ExecutorchMaker(material)


LITERT = ("litert_torch", "ai_edge_quantizer", "ai_edge_litert", "mediapipe")
WEB = "web"
"""A site, which `publish` writes around ONNX files."""
FORMATS = {
    "onnx": Format(
        "ONNX", "model.onnx", ("fp32", "fp16", "int8"), get_args(Quantisation), _onnx, reads_text=True
    ),
    "litert": Format(
        "LiteRT", "model.tflite", ("fp32", "fp16", "int8"), ("dynamic",), _litert, LITERT, fixed_lengths=True
    ),
    "executorch": Format(
        "ExecuTorch", "model.pte", ("fp32", "int8"), ("dynamic",), _executorch, ("executorch", "torchao")
    ),
}


def check_format(
    to: str, precision: str, quantisation: str, lengths: Sequence[int], *, reads_text: bool
) -> Format:
    """The format, if it can do what is asked of it.

    Raises ArgumentError where it cannot, or where its libraries are not installed.
    """
    if to == WEB:
        raise ArgumentError("a web site is more than a file; publish(run, folder) writes one")
    if to not in FORMATS:
        raise ArgumentError(unknown_name("format", to, [*FORMATS, WEB]))
    asked = FORMATS[to]
    if precision not in LIMITS:
        raise ArgumentError(unknown_name("precision", precision, LIMITS))
    if precision not in asked.precisions:
        raise ArgumentError(f"{asked.title} files are {' or '.join(asked.precisions)} here, not {precision}")
    if quantisation not in get_args(Quantisation):
        raise ArgumentError(unknown_name("quantisation", quantisation, get_args(Quantisation)))
    if quantisation not in asked.quantisations:
        raise ArgumentError(f"{asked.title} files are quantised dynamically alone; leave out --quantisation")
    if reads_text and not asked.reads_text:
        raise ArgumentError(f"{asked.title} files read tokens; leave out --tokenizer, or export --to onnx")
    if lengths and not asked.fixed_lengths:
        raise ArgumentError(f"{asked.title} files read texts of any length; leave out --length")
    require_libraries(to)
    return asked


def require_libraries(name: str) -> None:
    """Raises ArgumentError where a format's libraries are not installed."""
    if any(find_spec(library) is None for library in FORMATS[name].libraries):
        title = FORMATS[name].title
        raise ArgumentError(f"{title} files need libraries of their own; pip install 'pocketbert[{name}]'")
