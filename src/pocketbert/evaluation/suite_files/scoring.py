"""What a model makes of suites from files, against what it does on the clean rows of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.evaluation.certainty import calibration_metrics
from pocketbert.evaluation.intervals import (
    Outcomes,
    difference_of_shares,
    interval,
    proportion,
    resamples,
    wilson,
)
from pocketbert.evaluation.metrics import METRICS, flips, is_right, label_notes, metric_names, metric_notes
from pocketbert.evaluation.predictor import answers_to
from pocketbert.evaluation.suite_files.behaviour import failures, rates_by_test
from pocketbert.evaluation.suite_files.given import Checklist, GivenSuite, LabelledSuite
from pocketbert.evaluation.verdict import verdict

if TYPE_CHECKING:
    from pocketbert.evaluation.predictor import Predictor
    from pocketbert.evaluation.schema import CategoryMetrics, FileSuiteMetrics, Measured
    from pocketbert.evaluation.settings import EvaluationSettings
    from pocketbert.tasks import Task

OF_CATEGORIES = "matthews"
"""What GLUE scores the categories of its diagnostic set by, beside the task's own metrics."""


@dataclass(frozen=True)
class GivenAnswers:
    """Answers to a suite from a file, and to its texts before they were changed where it has them.

    *Shape:* logits and originals (rows, labels)
    """

    suite: GivenSuite
    logits: np.ndarray
    originals: np.ndarray | None = None


def score_given(predictor: Predictor, task: Task, suite: GivenSuite) -> GivenAnswers:
    """Answers of a model to a suite from a file."""
    assert isinstance(suite, LabelledSuite | Checklist)
    logits = answers_to(predictor, task, suite.texts)
    originals = getattr(suite, "originals", ())
    return GivenAnswers(suite, logits, answers_to(predictor, task, originals) if originals else None)


def summarise_given(
    answers: GivenAnswers, clean: Outcomes, settings: EvaluationSettings, temperature: float = 1.0
) -> FileSuiteMetrics:
    """What `metrics.json` says of a suite from a file; probabilities are at a temperature."""
    if isinstance(answers.suite, Checklist):
        labelled = clean.task.kind == "classification"
        logits = answers.logits / temperature if labelled else answers.logits
        return _of_checklist(answers.suite, logits, clean.task, settings)
    assert isinstance(answers.suite, LabelledSuite)
    metrics = _of_rows(answers.suite, answers, clean, settings)
    if clean.task.kind == "classification":
        metrics["calibration"] = calibration_metrics(answers.logits, answers.suite.labels, temperature)
    return metrics


def _of_checklist(
    suite: Checklist, logits: np.ndarray, task: Task, settings: EvaluationSettings
) -> FileSuiteMetrics:
    results = failures(suite, task, logits)
    by_test, by_type = rates_by_test(suite, results, settings.confidence)
    return {
        "kind": "checklist",
        "file": suite.file,
        "sha256": suite.sha256,
        "n": len(suite.cases),
        "failure_rates": by_type,
        "tests": by_test,
        "notes": list(suite.notes),
    }


def _of_rows(
    suite: LabelledSuite, answers: GivenAnswers, clean: Outcomes, settings: EvaluationSettings
) -> FileSuiteMetrics:
    task, names = clean.task, metric_names(clean.task)
    outcomes = Outcomes.of(task, answers.logits, suite.labels)
    draws = _draws(outcomes, names, suite.groups, settings)
    measured = {name: interval(outcomes.value(name), draws[name], settings.confidence) for name in names}
    main = names[0]
    drop = interval(
        clean.value(main) - outcomes.value(main),
        _clean_draws(clean, main, settings) - draws[main],
        settings.confidence,
    )
    if "accuracy" in names:
        measured["accuracy"] = _accuracy(outcomes, suite.groups, settings)
        if main == "accuracy":
            drop = difference_of_shares(_accuracy(clean, None, settings), measured["accuracy"])
    metrics: FileSuiteMetrics = {
        "kind": "rows" if suite.groups is None else "groups",
        "file": suite.file,
        "sha256": suite.sha256,
        "n": len(suite.labels),
        "metrics": measured,
        "drop": drop["value"],
        "drop_interval": {"low": drop["low"], "high": drop["high"]},
        "verdict": verdict(-drop["high"], -drop["low"]),
        "notes": [
            *suite.notes,
            *label_notes(task, suite.labels),
            *metric_notes(task, answers.logits, suite.labels),
        ],
    }
    if answers.originals is not None:
        before = Outcomes.of(task, answers.originals, suite.labels).predictions
        metrics["flip_rate"] = proportion(flips(task, before, outcomes.predictions), settings.confidence)
    if suite.groups is not None:
        metrics["consistency"] = consistency(outcomes, suite.groups, settings.confidence)
        metrics["groups"] = int(suite.groups.max()) + 1
    if suite.categories:
        metrics["categories"] = {
            column: {value: _category(outcomes, rows, names) for value, rows in values.items()}
            for column, values in suite.categories.items()
        }
    return metrics


def consistency(outcomes: Outcomes, groups: np.ndarray, confidence: float) -> Measured:
    """Share of groups of which every row is right (Gardner et al. 2020, section 2: contrast consistency)."""
    wrong = flips(outcomes.task, outcomes.labels, outcomes.predictions)
    return proportion(np.bincount(groups, weights=wrong) == 0, confidence)


def _accuracy(outcomes: Outcomes, groups: np.ndarray | None, settings: EvaluationSettings) -> Measured:
    """With Wilson's interval: files of a few rows are common, and a bootstrap of rows all right has no width.

    Rows of a group may all depend on each other, so that a group counts as one case.
    """
    right = is_right(outcomes.task, outcomes.labels, outcomes.predictions)
    cases = len(right) if groups is None else int(groups.max()) + 1
    return wilson(float(right.mean()), cases, settings.confidence)


def _category(outcomes: Outcomes, rows: np.ndarray, names: Sequence[str]) -> CategoryMetrics:
    scored = names if outcomes.task.kind == "regression" else dict.fromkeys((*names, OF_CATEGORIES))
    labels, predictions = outcomes.labels[rows], outcomes.predictions[rows]
    return {"n": len(rows), "metrics": {name: METRICS[name](labels, predictions) for name in scored}}


def _draws(
    outcomes: Outcomes, names: Sequence[str], groups: np.ndarray | None, settings: EvaluationSettings
) -> dict[str, np.ndarray]:
    """Each metric on every resample; rows of a group are drawn together, as they are not independent."""
    units = len(outcomes.labels) if groups is None else int(groups.max()) + 1
    blocks: dict[str, list[np.ndarray]] = {name: [] for name in names}
    # Another seed than the clean rows': these are other rows, and must not be drawn in step with them.
    for drawn in resamples(units, settings.bootstrap_samples, settings.seed + 1):
        counts = drawn if groups is None else drawn[:, groups]
        for name in names:
            blocks[name].append(outcomes.values(name, counts))
    return {name: np.concatenate(values) for name, values in blocks.items()}


def _clean_draws(clean: Outcomes, metric: str, settings: EvaluationSettings) -> np.ndarray:
    blocks = resamples(len(clean.labels), settings.bootstrap_samples, settings.seed)
    return np.concatenate([clean.values(metric, counts) for counts in blocks])
