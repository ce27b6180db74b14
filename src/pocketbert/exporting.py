"""A finished run to a folder that a phone's run time reads: fold, export, judge, describe."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pocketbert.deployment.card import Facts
from pocketbert.deployment.folder import degraded_name, fill
from pocketbert.deployment.formats import FORMATS, FilePredictor, Maker, Material, TokenPredictor
from pocketbert.deployment.gate import PADDED_ROWS, Verdict
from pocketbert.deployment.latency import processor
from pocketbert.deployment.request import Request
from pocketbert.errors import ArgumentError, DiskError, PocketBertError, disk_refusal
from pocketbert.evaluation import Predictor, Scored, Suite, build_suites, score, summarise
from pocketbert.evaluation.label_thresholds import ThresholdPredictor
from pocketbert.recipe import Recipe, read_recipe
from pocketbert.reporter import Reporter, Silent, tell_progress
from pocketbert.training.answering import AnswerSearch
from pocketbert.writing import whole, whole_folder

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.data import Splits
    from pocketbert.deployment.attempts import Attempt
    from pocketbert.deployment.calibration import Inputs
    from pocketbert.deployment.graph import FoldedClassifier
    from pocketbert.evaluation.schema import SplitMetrics
    from pocketbert.runs import Run

MOST_ROWS = 1000
"""Validation rows that the gate reads at most."""
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


@dataclass(frozen=True)
class _Rows:
    """What every attempt is judged on: rows, suites, and PyTorch's answers to them."""

    dataset: Dataset
    suites: tuple[Suite, ...]
    torch: Scored


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
    refuses it; then nothing is left behind.
    """
    request = Request.of(to, precision, quantisation, lengths, reads_text=tokenizer)
    positions = getattr(run.model.config, "max_position_embeddings", run.encoder.max_length)
    request.check(run.task, run.encoder, positions)
    _check_out(out)
    exporting = _Exporting(run, request, reporter or Silent())
    try:
        exported = exporting.write(allow_degraded=allow_degraded)
        if out is not None:
            with whole(degraded_name(out, exported.verdict)) as file:
                shutil.copyfile(exported.file, file)
    except OSError as error:
        raise DiskError(f"cannot write the export: {disk_refusal(error)} and try again") from None
    return exported


def _check_out(out: Path | None) -> None:
    if out is not None and out.is_dir():
        raise ArgumentError(f"--out {out} is a folder; name a file")
    if out is not None and not out.parent.is_dir():
        raise ArgumentError(f"--out {out}: no folder {out.parent}")


@dataclass(frozen=True)
class _Judged:
    """A file that is not written yet, and what the gate said of it."""

    made: str
    content: bytes
    verdict: Verdict
    split: SplitMetrics | None
    """None where answers were no numbers."""
    milliseconds: dict[int, float]


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
        rows = self._rows()
        maker = self.format.maker(self._material(folded, calibration))
        judged = self._best(maker, rows)
        if judged.split is None or not (judged.verdict.passed or allow_degraded):
            raise PocketBertError(
                f"no {self.request.precision} file answers as the model does: {_reasons(judged.verdict)}; nothing was "
                f"written: take a safer --precision"
                f"{', more validation rows, which these bounds hang on' if judged.verdict.only_bounds_fail else ''}"
                f"{', or --allow-degraded' if judged.split else ''}"
            )
        if judged.verdict.warning:
            self.reporter.warn(judged.verdict.warning)
        from pocketbert.data import texts_of

        limits = maker.limits(judged.content, texts_of(rows.dataset[:]))
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
        from pocketbert.data.batching import EncodedRows

        train = self.splits.train
        count = min(CALIBRATION_ROWS, -(-CALIBRATION_TOKENS // self.run.encoder.max_length), len(train))
        chosen = np.linspace(0, len(train) - 1, count).round().astype(int).tolist()
        rows = EncodedRows.of(self.run.encoder(texts_of(train[chosen])))
        pad = self.run.encoder.pad_token_id
        inputs = [rows.padded(np.array([row]), pad) for row in range(len(chosen))]
        return [
            {**row, "attention_mask": row["input_ids"].new_ones(row["input_ids"].shape)} for row in inputs
        ]

    def _rows(self) -> _Rows:
        """Validation rows, their suites, and PyTorch's answers to both."""
        rows = self.splits.validation
        rows = rows.select(range(min(MOST_ROWS, len(rows))))
        tell = partial(tell_progress, self.reporter)
        suites = build_suites(self.run.task, rows, self.recipe.evaluation, self.run.folder.suites, tell)
        return _Rows(rows, suites, score(self.run.predictor, self.run.task, rows, suites, tell))

    def _best(self, maker: Maker, rows: _Rows) -> _Judged:
        """The first attempt that passes the gate, else the last."""
        attempts = maker.attempts()
        for number, attempt in enumerate(attempts):
            judged = self._judge(maker, attempt, rows)
            if judged.verdict.passed or number == len(attempts) - 1:
                return judged
            next_one = attempts[number + 1].name
            self.reporter.warn(f"{attempt.name}: {_reasons(judged.verdict)}; trying {next_one}")
        raise AssertionError("there is an attempt at every precision")

    def _judge(self, maker: Maker, attempt: Attempt, rows: _Rows) -> _Judged:
        from pocketbert.data import texts_of
        from pocketbert.deployment.gate import judge, padding_difference
        from pocketbert.deployment.latency import milliseconds

        tell = partial(tell_progress, self.reporter)
        tell(f"making {self.format.title}, {attempt.name}", 0, 1)
        content = attempt.build()
        tell(f"making {self.format.title}, {attempt.name}", 1, 1)
        predictor = maker.predictor(content)
        scored = score(self._as_the_run(predictor), self.run.task, rows.dataset, rows.suites, tell)
        padding = None
        if not self.request.reads_text:
            padding = padding_difference(
                cast(TokenPredictor, predictor), texts_of(rows.dataset[:PADDED_ROWS])
            )
        verdict = judge(self.request.precision, rows.torch, scored, padding, self.recipe.evaluation)
        finite = verdict.checks[0].passed
        split = summarise(scored, rows.suites, self.recipe.evaluation) if finite else None
        latency = milliseconds(maker.predictor(content, threads=1), self._longest)
        return _Judged(attempt.name, content, verdict, split, latency)

    def _as_the_run(self, predictor: FilePredictor) -> Predictor:
        """A file asked as the run is: for labels over their thresholds, for spans in all windows of a context."""
        run = self.run
        if run.thresholds is not None:
            return ThresholdPredictor(predictor, run.thresholds)
        if run.task.kind == "spans":
            reads = cast(TokenPredictor, predictor)
            return AnswerSearch(reads.read, reads.encoder, run.task.unanswerable, run.threshold)
        return predictor

    @property
    def _longest(self) -> int:
        return max(self.request.lengths, default=self.run.encoder.max_length)

    def _facts(self, judged: _Judged, split: SplitMetrics, limits: Sequence[str]) -> Facts:
        run = self.run
        return Facts(
            task=run.task,
            made=judged.made,
            backbone=self.recipe.backbone.name,
            data=f"{len(self.splits.train):,} rows of {Path(self.recipe.data.source).name}",
            format=self.request.to,
            max_length=self._longest,
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


def _reasons(verdict: Verdict) -> str:
    return "; ".join(map(str, verdict.failed))
