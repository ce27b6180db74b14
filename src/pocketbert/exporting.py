"""A finished run to a folder that a phone's run time reads: fold, export, judge, describe."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.backbone.settings import BUNDLED
from pocketbert.deployment.card import Facts
from pocketbert.deployment.folder import degraded_name, fill
from pocketbert.deployment.formats import FORMATS, Material
from pocketbert.deployment.gate import Verdict
from pocketbert.deployment.latency import processor
from pocketbert.deployment.request import Request
from pocketbert.errors import ArgumentError, DiskError, PocketBertError, disk_refusal
from pocketbert.judging import Judge, Judged, reasons
from pocketbert.recipe import Recipe, read_recipe
from pocketbert.reporter import Reporter, Silent
from pocketbert.writing import whole, whole_folder

if TYPE_CHECKING:
    from pocketbert.data import Splits
    from pocketbert.deployment.calibration import Inputs
    from pocketbert.deployment.graph import FoldedClassifier
    from pocketbert.evaluation.schema import SplitMetrics
    from pocketbert.runs import Run

CALIBRATION_ROWS = 64
CALIBRATION_TOKENS = 8192
"""And so fewer rows where texts are long."""


@dataclass(frozen=True)
class Exported:
    """A file that was written, and what the gate said of it."""

    file: Path
    made: str
    """How: `dynamic int8, 10% of the layers in fp32`."""
    verdict: Verdict
    split: SplitMetrics
    milliseconds: dict[int, float]

    @property
    def folder(self) -> Path:
        return self.file.parent

    @property
    def size(self) -> int:
        """Bytes of the model file."""
        return self.file.stat().st_size

    def as_dict(self) -> dict[str, Any]:
        """What `export --json` prints."""
        return {
            "schema": 1,
            "folder": str(self.folder),
            "file": str(self.file),
            "made": self.made,
            "bytes": self.size,
            "passed": self.verdict.passed,
            "rows": self.verdict.rows,
            "checks": [vars(check) for check in self.verdict.checks],
            "validation": self.split,
            "milliseconds": {str(tokens): value for tokens, value in self.milliseconds.items()},
        }


def export_run(
    run: Run,
    to: str,
    precision: str,
    *,
    out: Path | None = None,
    quantisation: str = "dynamic",
    tokenizer: bool = False,
    lengths: Sequence[int] = (),
    allow_degraded: bool = False,
    reporter: Reporter | None = None,
) -> Exported:
    """Write the run as a folder under its `exports/`, and the bare model file to `out` too.

    With `tokenizer` the model reads a text itself, in a run time with onnxruntime-extensions; `lengths` are those of
    a format that has fixed ones.
    Raises ArgumentError for what cannot be asked for, PocketBertError when no attempt passes the gate or the disk
    refuses it; then nothing is left behind, but the folder where only `out` is refused.
    """
    request = Request.of(to, precision, quantisation, lengths, reads_text=tokenizer)
    positions = getattr(run.model.config, "max_position_embeddings", run.encoder.max_length)
    request.check(run.task, run.encoder, positions)
    _check_out(out)
    exporting = _Exporting(run, request, reporter or Silent())
    try:
        exported = exporting.write(allow_degraded=allow_degraded)
    except OSError as error:
        raise DiskError(f"cannot write the export: {disk_refusal(error)} and try again") from None
    if out is not None:
        _copy(exported, out)
    return exported


def _copy(exported: Exported, out: Path) -> None:
    """The bare model file, where it was asked for."""
    try:
        with whole(degraded_name(out, exported.verdict)) as file:
            shutil.copyfile(exported.file, file)
    except OSError as error:
        raise DiskError(
            f"the export is in {exported.folder}, but not at --out {out}: {disk_refusal(error)} and copy it"
        ) from None


def _check_out(out: Path | None) -> None:
    if out is not None and out.is_dir():
        raise ArgumentError(f"--out {out} is a folder; name a file")
    if out is not None and not out.parent.is_dir():
        raise ArgumentError(f"--out {out}: no folder {out.parent}")
    if out is not None:
        try:
            with tempfile.TemporaryFile(dir=out.parent):
                pass
        except OSError as error:
            raise ArgumentError(f"--out {out}: cannot write there: {error.strerror or error}") from None


def backbone_facts(name: str) -> dict[str, str]:
    """What a card says of a backbone, and of its licence."""
    if name == BUNDLED:
        return {
            "backbone": f"the one that is bundled with PocketBERT {version('pocketbert')}",
            "licence": "The bundled backbone is under Apache-2.0, as its teacher all-MiniLM-L6-v2 is.",
        }
    place = f"in the folder {name}" if Path(name).is_dir() else f"on the hub's page of {name}"
    return {"backbone": name, "licence": f"That of the backbone, which stands {place}."}


class _Exporting:
    """One export, from the run to the folder."""

    def __init__(self, run: Run, request: Request, reporter: Reporter) -> None:
        from pocketbert.data import load as load_splits

        self.run, self.request, self.reporter = run, request, reporter
        self.format = FORMATS[request.to]
        try:
            self.recipe: Recipe = read_recipe(run.folder.recipe)
        except ArgumentError as error:
            raise PocketBertError(f"the run is damaged: {error}") from None
        self.splits: Splits = load_splits(self.recipe.data)

    def write(self, *, allow_degraded: bool) -> Exported:
        from pocketbert.deployment.attempts import padded_together
        from pocketbert.deployment.fold import fold

        calibration = self._calibration()
        folded = fold(self.run.model, padded_together(calibration), self.run.temperature)
        judge = Judge.of(
            self.run, self.request, self.recipe.evaluation, self.splits.validation, self.reporter
        )
        maker = self.format.maker(self._material(folded, calibration))
        judged = judge.best(maker)
        if judged.split is None or not (judged.verdict.passed or allow_degraded):
            raise PocketBertError(
                f"nothing was written, as no {self.request.precision} file answers as the model does: "
                f"{reasons(judged.verdict)}; take a safer --precision"
                f"{', more validation rows, which narrow these bounds,' if judged.verdict.only_bounds_fail else ''}"
                f"{' or --allow-degraded' if judged.split else ''}"
            )
        if judged.verdict.warning:
            self.reporter.warn(judged.verdict.warning)
        from pocketbert.data import texts_of

        limits = maker.limits(judged.content, texts_of(judge.rows[:]))
        facts = self._facts(judged, judged.split, limits)
        folder = degraded_name(self.run.folder.path / "exports" / self.request.folder_name, judged.verdict)
        with whole_folder(folder) as unfinished:
            files = {self.format.file: judged.content, **maker.beside(judged.content)}
            fill(unfinished, files, facts, self.run.encoder.tokenizer, self.run.folder.model)
        file = folder / self.format.file
        return Exported(file, judged.made, judged.verdict, judged.split, judged.milliseconds)

    def _material(self, folded: FoldedClassifier, calibration: Sequence[Inputs]) -> Material:
        asked, run = self.request, self.run
        return Material(
            folded, calibration, run.encoder, run.task, self._metadata(), asked.precision, asked.quantisation,
            asked.reads_text, asked.lengths,
        )  # fmt: skip

    def _calibration(self) -> list[Inputs]:
        """Training rows from all over the split, one by one."""
        import numpy as np

        from pocketbert.data import texts_of
        from pocketbert.data.batches import EncodedRows

        train = self.splits.train
        count = min(CALIBRATION_ROWS, -(-CALIBRATION_TOKENS // self.run.encoder.max_length), len(train))
        chosen = np.linspace(0, len(train) - 1, count).round().astype(int).tolist()
        rows = EncodedRows.of(self.run.encoder(texts_of(train[chosen])))
        pad = self.run.encoder.pad_token_id
        inputs = [rows.padded(np.array([row]), pad) for row in range(len(chosen))]
        return [
            {**row, "attention_mask": row["input_ids"].new_ones(row["input_ids"].shape)} for row in inputs
        ]

    def _facts(self, judged: Judged, split: SplitMetrics, limits: Sequence[str]) -> Facts:
        run = self.run
        return Facts(
            task=run.task,
            made=judged.made,
            **backbone_facts(self.recipe.backbone.name),
            data=f"{len(self.splits.train):,} rows of {Path(self.recipe.data.source).name}",
            format=self.request.to,
            max_length=self.request.longest(run.encoder),
            stride=run.encoder.stride,
            thresholds=() if run.thresholds is None else tuple(run.thresholds.probabilities.tolist()),
            no_answer=run.threshold,
            reads_text=self.request.reads_text,
            size=len(judged.content),
            verdict=judged.verdict,
            split=split,
            milliseconds=judged.milliseconds,
            limits=tuple(limits),
            processor=processor(),
            version=version("pocketbert"),
        )

    def _metadata(self) -> dict[str, Any]:
        run, task = self.run, self.run.task
        answers: dict[str, Any] = {}
        if run.thresholds is not None:
            answers = {"thresholds": run.thresholds.probabilities.tolist()}
        elif task.kind == "spans":
            answers = {"stride": str(run.encoder.stride), "no_answer_threshold": f"{run.threshold:.6g}"}
        return {
            "task": task.name,
            "kind": task.kind,
            "labels": list(task.labels),
            **answers,
            "max_length": str(run.encoder.max_length),
            "temperature": f"{run.temperature:.4g}",
            "made_by": f"PocketBERT {version('pocketbert')}",
        }
