"""What answers to a split and its suites come to: metrics with intervals, drops, calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.evaluation.answer_metrics import answer_notes
from pocketbert.evaluation.certainty import (
    calibration_metrics,
    coverage_curve,
    label_calibration_metrics,
    promises_tried,
)
from pocketbert.evaluation.intervals import (
    Outcomes,
    flip_rates,
    interval,
    proportion,
    resamples,
    row_noise,
)
from pocketbert.evaluation.metrics import (
    confusion_matrix,
    flips,
    is_right,
    label_notes,
    metric_names,
    metric_notes,
    per_class,
)
from pocketbert.evaluation.scoring import Scored, score
from pocketbert.evaluation.significance import smallest_p
from pocketbert.evaluation.suite_files.scoring import GivenAnswers, summarise_given
from pocketbert.evaluation.suite_names import held_out, is_suite_name, split_suite_name
from pocketbert.evaluation.suites import (
    Progress,
    Suite,
    build_suites,
    changed_share,
    silent,
    suite_names,
)
from pocketbert.evaluation.verdict import NO_DIFFERENCE, verdict

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.evaluation.confidence import Confidence
    from pocketbert.evaluation.predictor import Predictor
    from pocketbert.evaluation.schema import (
        AverageMetrics,
        Bounds,
        CalibrationMetrics,
        Confusion,
        Drop,
        Measured,
        SplitMetrics,
        SuiteMetrics,
    )
    from pocketbert.evaluation.settings import EvaluationSettings
    from pocketbert.tasks import Task


def evaluate(
    predictor: Predictor,
    task: Task,
    dataset: Dataset,
    settings: EvaluationSettings,
    suites_folder: Path,
    progress: Progress = silent,
    *,
    trained_on_everything: bool = False,
) -> SplitMetrics:
    """Metrics of a split, clean and on its suites: what `metrics.json` says of it.

    A caller that also wants the report makes the same three steps: build_suites, score, summarise.

    Raises PocketBertError when the split is empty or the model's answers are not numbers.
    """
    suites = build_suites(
        task, dataset, settings, suites_folder, progress, trained_on_everything=trained_on_everything
    )
    return summarise(score(predictor, task, dataset, suites, progress), suites, settings)


def summarise(
    scored: Scored,
    suites: Sequence[Suite],
    settings: EvaluationSettings,
    given: Sequence[GivenAnswers] = (),
    confidence: Confidence | None = None,
) -> SplitMetrics:
    """What `metrics.json` says of a split: metrics with intervals, per label, and each suite against clean.

    All figures but those of suites from files come from the same resamples of rows, so a drop's interval is that of
    a paired comparison.  `confidence`: what validation rows say of the model's probabilities.
    """
    task, names = scored.task, metric_names(scored.task)
    clean = scored.outcomes()
    perturbed = {suite.name: scored.outcomes(suite.name) for suite in suites}
    draws = _draws(clean, perturbed, names, settings)
    measured: dict[str, SuiteMetrics] = {}
    for suite in suites:
        measured[suite.name] = _suite_metrics(suite, clean, perturbed[suite.name], draws, names, settings)
    classification = task.kind == "classification"
    for name, metrics in measured.items():
        if calibration := _calibration(scored, scored.suites[name]):
            metrics["calibration"] = calibration
        if classification:
            metrics["coverage"] = coverage_curve(scored.suites[name], scored.labels, scored.temperature)
    split: SplitMetrics = {
        "n": len(scored.labels),
        "main_metric": names[0],
        "confidence": settings.confidence,
        "bootstrap_samples": settings.bootstrap_samples,
        "seed": settings.seed,
        "clean": _measured(clean, None, draws, names, settings),
        "per_class": per_class(task, scored.clean, scored.labels) if task.labels else {},
        "confused": confused(task, scored.clean, scored.labels) if classification else [],
        "suites": measured,
        "notes": [
            *label_notes(task, scored.labels),
            *metric_notes(task, scored.clean, scored.labels),
            *_notes_on_suites(scored),
            *(answer_notes(clean.labels, clean.predictions) if task.unanswerable else []),
            *suite_names(task, settings)[1],
            *(["trained on everything: no suite is unseen"] if any(map(_was_held_out, suites)) else []),
        ],
    }
    worst = max(measured, key=lambda name: measured[name]["drop"], default=None)
    if worst is not None and measured[worst]["drop"] > 0:
        split["worst_suite"] = worst
    if operator := _worst_operator(measured):
        split["worst_operator"] = operator
    if suites:
        split["averages"] = _averages(clean, suites, perturbed, draws, names[0], settings)
    if calibration := _calibration(scored, scored.clean):
        split["calibration"] = calibration
    if classification:
        split["coverage"] = coverage_curve(scored.clean, scored.labels, scored.temperature)
    if classification and confidence is not None:
        split["promises"] = promises_tried(confidence, scored.clean, scored.labels, settings.confidence)
    if given:
        split["file_suites"] = {
            answers.suite.name: summarise_given(answers, clean, settings, scored.temperature)
            for answers in given
        }
    return split


def _calibration(scored: Scored, answers: np.ndarray) -> CalibrationMetrics | None:
    """How far probabilities lie from the truth; None where answers have none.  *Shape:* answers (rows, labels)"""
    if scored.task.kind == "classification":
        return calibration_metrics(answers, scored.labels, scored.temperature)
    if scored.task.kind == "multilabel" and scored.thresholds is not None:
        return label_calibration_metrics(answers, scored.labels, scored.temperature, scored.thresholds)
    return None


def confused(task: Task, logits: np.ndarray, labels: np.ndarray) -> list[Confusion]:
    """Pairs of labels taken for each other, most frequent first."""
    counts = confusion_matrix(task, logits, labels)
    np.fill_diagonal(counts, 0)
    pairs = sorted(zip(*np.nonzero(counts), strict=True), key=lambda pair: (-counts[pair], pair))
    return [
        {"label": task.labels[row], "predicted": task.labels[column], "count": int(counts[row, column])}
        for row, column in pairs
    ]


def _notes_on_suites(scored: Scored) -> list[str]:
    """Suites on which a metric is undefined that clean text defines, a line for each kind."""
    known = metric_notes(scored.task, scored.clean, scored.labels)
    suites: dict[str, list[str]] = {}
    for name, logits in scored.suites.items():
        for note in metric_notes(scored.task, logits, scored.labels):
            if note not in known:
                suites.setdefault(note, []).append(name)
    return [f"on {', '.join(names)}: {note}" for note, names in suites.items()]


def _was_held_out(suite: Suite) -> bool:
    """Whether training has seen what is otherwise kept for suites."""
    return suite.seen and is_suite_name(suite.name) and held_out(suite.name)


def _worst_operator(suites: Mapping[str, SuiteMetrics]) -> str | None:
    """The operator that lowers the main metric most, on average over its severities; None where none does."""
    drops: dict[str, list[float]] = {}
    for name, metrics in suites.items():
        if is_suite_name(name):
            drops.setdefault(split_suite_name(name)[0], []).append(metrics["drop"])
    means = {operator: float(np.mean(values)) for operator, values in drops.items()}
    worst = max(means, key=means.__getitem__, default=None)
    return worst if worst is not None and means[worst] > 0 else None


def _averages(
    clean: Outcomes,
    suites: Sequence[Suite],
    perturbed: Mapping[str, Outcomes],
    draws: Draws,
    metric: str,
    settings: EvaluationSettings,
) -> dict[str, AverageMetrics]:
    """The main metric over the suites that training may have seen and over the unseen ones."""
    averages: dict[str, AverageMetrics] = {}
    for kind, seen in (("seen", True), ("unseen", False)):
        names = [suite.name for suite in suites if suite.seen is seen]
        if not names:
            continue
        value = float(np.mean([perturbed[name].value(metric) for name in names]))
        measured = interval(
            value, np.mean([draws[name, metric] for name in names], axis=0), settings.confidence
        )
        averages[kind] = {
            "suites": len(names),
            **measured,
            **_drop(
                clean,
                [perturbed[name] for name in names],
                metric,
                np.mean([draws[name, "drop"] for name in names], axis=0),
                settings,
            ),
        }
    return averages


def _drop(
    clean: Outcomes,
    perturbed: Sequence[Outcomes],
    metric: str,
    draws: np.ndarray,
    settings: EvaluationSettings,
) -> Drop:
    """What a suite, or several on average, cost against clean text; the same corrections for few rows that are answered
    otherwise as in a comparison of two models.  *Shape:* draws (samples,)
    """
    rows, samples = len(clean.labels), settings.bootstrap_samples
    value = clean.value(metric) - float(np.mean([one.value(metric) for one in perturbed]))
    drop = interval(value, draws + row_noise(rows, samples, settings.seed), settings.confidence)
    otherwise = np.any([clean.differs_from(one) for one in perturbed], axis=0)
    shown = smallest_p(int(otherwise.sum())) < 1 - settings.confidence
    return {
        "drop": drop["value"],
        "drop_interval": _bounds(drop),
        "verdict": verdict(-drop["high"], -drop["low"]) if shown else NO_DIFFERENCE,
    }


Draws = dict[tuple[str | None, str], np.ndarray]
"""By suite (None: clean) and metric, "drop" or "flip_rate": the figure on every resample."""


def _draws(
    clean: Outcomes, perturbed: Mapping[str, Outcomes], names: tuple[str, ...], settings: EvaluationSettings
) -> Draws:
    blocks: dict[tuple[str | None, str], list[np.ndarray]] = {}
    for counts in resamples(len(clean.labels), settings.bootstrap_samples, settings.seed):
        of_clean = {name: clean.values(name, counts) for name in names}
        for name, values in of_clean.items():
            blocks.setdefault((None, name), []).append(values)
        for suite, outcomes in perturbed.items():
            of_suite = {name: outcomes.values(name, counts) for name in names}
            of_suite["drop"] = of_clean[names[0]] - of_suite[names[0]]
            of_suite["flip_rate"] = flip_rates(clean, outcomes, counts)
            for name, values in of_suite.items():
                blocks.setdefault((suite, name), []).append(values)
    return {key: np.concatenate(values) for key, values in blocks.items()}


def _suite_metrics(
    suite: Suite,
    clean: Outcomes,
    perturbed: Outcomes,
    draws: Draws,
    names: tuple[str, ...],
    settings: EvaluationSettings,
) -> SuiteMetrics:
    changed = flips(clean.task, clean.predictions, perturbed.predictions)
    flip_rate = interval(float(changed.mean()), draws[suite.name, "flip_rate"], settings.confidence)
    drop = _drop(clean, [perturbed], names[0], draws[suite.name, "drop"], settings)
    return {
        "metrics": _measured(perturbed, suite.name, draws, names, settings),
        "drop": drop["drop"],
        "drop_interval": drop["drop_interval"],
        "verdict": drop["verdict"],
        "flip_rate": flip_rate["value"],
        "flip_rate_interval": _bounds(flip_rate),
        "seen": suite.seen,
        "sha256": suite.sha256,
        "changed": changed_share(suite),
    }


def _measured(
    outcomes: Outcomes, suite: str | None, draws: Draws, names: tuple[str, ...], settings: EvaluationSettings
) -> dict[str, Measured]:
    measured = {
        name: interval(outcomes.value(name), draws[suite, name], settings.confidence) for name in names
    }
    if measured.get("accuracy", {"value": 0.5})["value"] in (0.0, 1.0):
        # Every resample of rows that are all right is all right too, which would leave a few rows no doubt.
        right = is_right(outcomes.task, outcomes.labels, outcomes.predictions)
        measured["accuracy"] = proportion(right, settings.confidence)
    return measured


def _bounds(measured: Measured) -> Bounds:
    return {"low": measured["low"], "high": measured["high"]}
