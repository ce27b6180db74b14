"""Attempts at a model file, each scored in its own run time and judged beside the run that it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from pocketbert.deployment.formats import FORMATS, FilePredictor, Maker, TokenPredictor
from pocketbert.deployment.gate import PADDED_ROWS, Verdict
from pocketbert.deployment.request import Request
from pocketbert.evaluation import (
    EvaluationSettings,
    Predictor,
    Scored,
    Suite,
    build_suites,
    score,
    summarise,
)
from pocketbert.evaluation.label_thresholds import ThresholdPredictor
from pocketbert.reporter import Reporter, tell_progress
from pocketbert.training.answering import AnswerSearch

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.deployment.attempts import Attempt
    from pocketbert.evaluation.schema import SplitMetrics
    from pocketbert.runs import Run

MOST_ROWS = 1000
"""Validation rows that the gate reads at most."""


@dataclass(frozen=True)
class Judged:
    """A file that is not written yet, and what the gate said of it."""

    made: str
    """How: `dynamic int8, 10% of the layers in fp32`."""
    content: bytes
    verdict: Verdict
    split: SplitMetrics | None
    """None where answers were no numbers."""
    milliseconds: dict[int, float]
    """By number of tokens: of one text on one thread."""


@dataclass(frozen=True)
class Judge:
    """What every attempt is judged on: validation rows, their suites, and the run's own answers to both."""

    run: Run
    request: Request
    settings: EvaluationSettings
    reporter: Reporter
    rows: Dataset
    suites: tuple[Suite, ...]
    answers: Scored

    @classmethod
    def of(
        cls, run: Run, request: Request, settings: EvaluationSettings, validation: Dataset, reporter: Reporter
    ) -> Judge:
        """Builds the suites, and asks the run."""
        rows = validation.select(range(min(MOST_ROWS, len(validation))))
        tell = partial(tell_progress, reporter)
        suites = build_suites(run.task, rows, settings, run.folder.suites, tell)
        answers = score(run.predictor, run.task, rows, suites, tell)
        return cls(run, request, settings, reporter, rows, suites, answers)

    def best(self, maker: Maker) -> Judged:
        """The first attempt that passes the gate, else the last."""
        attempts = maker.attempts()
        for number, attempt in enumerate(attempts):
            judged = self._judged(maker, attempt)
            if judged.verdict.passed or number == len(attempts) - 1:
                return judged
            next_one = attempts[number + 1].name
            self.reporter.warn(f"{attempt.name}: {reasons(judged.verdict)}; trying {next_one}")
        raise AssertionError("there is an attempt at every precision")

    def _judged(self, maker: Maker, attempt: Attempt) -> Judged:
        from pocketbert.data import texts_of
        from pocketbert.deployment.gate import judge, padding_difference
        from pocketbert.deployment.latency import milliseconds

        tell, title = partial(tell_progress, self.reporter), FORMATS[self.request.to].title
        tell(f"making {title}, {attempt.name}", 0, 1)
        content = attempt.build()
        tell(f"making {title}, {attempt.name}", 1, 1)
        predictor = maker.predictor(content)
        scored = score(self._as_the_run(predictor), self.run.task, self.rows, self.suites, tell)
        padding = None
        if not self.request.reads_text:
            padding = padding_difference(cast(TokenPredictor, predictor), texts_of(self.rows[:PADDED_ROWS]))
        verdict = judge(self.request.precision, self.answers, scored, padding, self.settings)
        finite = verdict.checks[0].passed
        split = summarise(scored, self.suites, self.settings) if finite else None
        longest = self.request.longest(self.run.encoder)
        latency = milliseconds(maker.predictor(content, threads=1), longest)
        return Judged(attempt.name, content, verdict, split, latency)

    def _as_the_run(self, predictor: FilePredictor) -> Predictor:
        """A file asked as the run is: for labels over their thresholds, for spans in all windows of a context."""
        run = self.run
        if run.thresholds is not None:
            return ThresholdPredictor(predictor, run.thresholds.of_scaled)
        if run.task.kind == "spans":
            reads = cast(TokenPredictor, predictor)
            return AnswerSearch(reads.read, reads.encoder, run.task.unanswerable, run.threshold)
        return predictor


def reasons(verdict: Verdict) -> str:
    """What failed, in one line."""
    return "; ".join(map(str, verdict.failed))
