"""What a run's exports cost, beside what its user would do otherwise."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.deployment.formats import FORMATS, require_libraries
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.reporter import Reporter, tell_progress

if TYPE_CHECKING:
    from pocketbert.deployment.benchmark import Benchmark, Matrix
    from pocketbert.deployment.contestants import Contestant
    from pocketbert.runs import Run

LENGTHS = (16, 32, 64, 128)


def bench_run(run: Run, reporter: Reporter, *, quick: bool = False) -> Benchmark:
    """Latency, size and memory of every exported file that reads tokens, PyTorch and a stock export beside them.

    Files whose libraries are not installed, and such as read text, are named and left out.

    Raises PocketBertError for a run without exports.
    """
    from pocketbert.deployment.benchmark import measure

    files = exported_files(run, reporter)
    longest = run.encoder.max_length
    with tempfile.TemporaryDirectory() as work:
        return measure(
            [*_otherwise(run, Path(work), longest), *files],
            matrix_of(longest, quick),
            partial(tell_progress, reporter),
        )


def exported_files(run: Run, reporter: Reporter) -> list[Contestant]:
    """The run's exports, by the names of their folders.  Raises PocketBertError when there is none to measure."""
    from pocketbert.deployment.contestants import OnnxFile, PhoneFile

    files: list[Contestant] = []
    for to, given in FORMATS.items():
        for file in sorted((run.folder.path / "exports").glob(f"{to}-*/{given.file}")):
            try:
                require_libraries(to)
            except ArgumentError as error:
                reporter.warn(f"{file.parent.name} is left out: {error}")
                continue
            if "-text" in file.parent.name:
                reporter.say(f"{file.parent.name} is left out: it reads text, the others tokens")
                continue
            kind = OnnxFile if to == "onnx" else PhoneFile
            files.append(kind(file.parent.name, file))
    if not files:
        raise PocketBertError(
            f"{run.folder.path} has no exports to measure; make one: pocketbert export {run.folder.path}"
        )
    return files


def _otherwise(run: Run, work: Path, longest: int) -> list[Contestant]:
    """PyTorch itself, and the usual recipe for phones: `torch.onnx` at a fixed length."""
    from pocketbert.deployment.contestants import OnnxFile, TorchFolder, stock_export

    stock_export(run.folder.model, work / "stock.onnx", longest)
    return [
        TorchFolder("PyTorch", run.folder.model),
        OnnxFile(f"torch.onnx at {longest}", work / "stock.onnx", longest),
    ]


def matrix_of(longest: int, quick: bool) -> Matrix:
    """All lengths that fit, one thread and all, one text and 32; with `quick` one cell, measured once."""
    from pocketbert.deployment.benchmark import Matrix

    lengths = tuple(length for length in LENGTHS if length <= longest) or (longest,)
    if quick:
        return Matrix(lengths[:1], (1,), (1,), turns=1, answers_a_turn=2)
    return Matrix(lengths, tuple(sorted({1, os.cpu_count() or 1})))
