"""From answers, costs and histories to what a report says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pocketbert.evaluation.comparison import FLIP_RATE, compare, over_seeds
from pocketbert.evaluation.metrics import confusion_matrix, metric_names, per_class
from pocketbert.evaluation.report.content import (
    CalibrationRow,
    Certainty,
    ClassRow,
    Condition,
    ConfusionMatrix,
    DoubtedLabel,
    DoubtedLabels,
    Interval,
    Kind,
    Line,
    ReportContent,
)
from pocketbert.evaluation.report.examples import worst_flips
from pocketbert.evaluation.report.wording import (
    answer_of_comparison,
    answer_of_run,
    suite_title,
)
from pocketbert.evaluation.suites import changed_share

if TYPE_CHECKING:
    from pocketbert.evaluation.comparison import Difference
    from pocketbert.evaluation.mislabelled import Doubt
    from pocketbert.evaluation.schema import SplitMetrics
    from pocketbert.evaluation.scoring import Scored
    from pocketbert.evaluation.settings import EvaluationSettings
    from pocketbert.evaluation.suites import Suite, Texts
    from pocketbert.tasks import Task

UNSEEN_AVERAGE = "unseen"


def run_content(
    title: str,
    scored: Scored,
    suites: Sequence[Suite],
    split: SplitMetrics,
    texts: Sequence[Texts],
    settings: EvaluationSettings,
    *,
    split_name: Literal["test", "validation"] = "test",
    trained: Mapping[str, int] | None = None,
    **more: Any,
) -> ReportContent:
    """The report on one model; `trained`: training rows by label.

    `more` are further fields of ReportContent, such as curves and costs.
    """
    metric = split["main_metric"]
    conditions = [Condition("clean", "Clean text", "clean", (Interval.of(split["clean"][metric]),))]
    conditions += average_conditions(split)
    for suite in suites:
        measured = split["suites"][suite.name]
        low, high = measured["drop_interval"]["low"], measured["drop_interval"]["high"]
        conditions.append(
            Condition(
                suite.name,
                suite_title(suite.name),
                _kind(suite),
                (Interval.of(measured["metrics"][metric]),),
                change=Interval(-measured["drop"], -high, -low),
                verdict=measured["verdict"],
                flip_rates=(measured["flip_rate"],),
                changed=measured["changed"],
                sha256=measured["sha256"],
            )
        )
    return ReportContent(
        title=title,
        answer=answer_of_run(metric, conditions, split["n"], split["confidence"], split_name),
        certainty=certainty_of(split, conditions),
        file_suites=split.get("file_suites", {}),
        metric=metric,
        variants=("this model",),
        rows=split["n"],
        split=split_name,
        conditions=tuple(conditions),
        confidence=split["confidence"],
        bootstrap_samples=split["bootstrap_samples"],
        metrics=tuple((name, (Interval.of(value),)) for name, value in split["clean"].items()),
        confusion=pooled_confusion([scored]),
        classes=class_rows([scored], trained),
        flips=worst_flips(scored, texts, suites, settings.examples),
        **{"notes": tuple(split["notes"])} | more,
    )


AVERAGES = {"unseen": "Average of unseen suites", "seen": "Average of seen suites"}


def average_conditions(split: SplitMetrics) -> list[Condition]:
    """The averages over unseen and over seen suites, where a split has several of a kind."""
    averages = split.get("averages", {})
    return [
        Condition(
            f"average of {kind}",
            title,
            "average" if kind == "unseen" else "average of seen",
            (Interval(average["value"], average["low"], average["high"]),),
            change=Interval(
                -average["drop"], -average["drop_interval"]["high"], -average["drop_interval"]["low"]
            ),
            verdict=average["verdict"],
        )
        for kind, title in AVERAGES.items()
        if (average := averages.get(kind)) and average["suites"] > 1
    ]


def certainty_of(split: SplitMetrics, conditions: Sequence[Condition]) -> Certainty | None:
    """How much probabilities are worth on clean text and where it is worst; None where there are no labels."""
    if "calibration" not in split:
        return None
    measured: list[tuple[str, Any]] = [("Clean text", split)]
    measured += [(one.title, split["suites"][one.name]) for one in conditions if one.name in split["suites"]]
    rows = tuple(
        CalibrationRow(
            title,
            figures["calibration"]["unscaled_ece"],
            figures["calibration"]["ece"],
            figures["calibration"]["unscaled_brier"],
            figures["calibration"]["brier"],
            next((one["accuracy"] for one in figures.get("coverage", ()) if one["coverage"] == 0.5), None),
        )
        for title, figures in measured
    )
    worst = [
        (one.title, split["suites"][one.name]) for one in conditions if one.name == split.get("worst_suite")
    ]
    curves = tuple(
        Line(title, None, tuple((point["coverage"], point["accuracy"]) for point in figures["coverage"]))
        for title, figures in [*worst, measured[0]]
        if "coverage" in figures
    )
    return Certainty(split["calibration"]["temperature"], rows, curves, tuple(split.get("promises", ())))


def doubted_of(
    doubts: Sequence[Doubt], task: Task, texts: Sequence[Texts], labels: np.ndarray, limit: int
) -> DoubtedLabels | None:
    """The validation rows whose label the model doubts, the first `limit` of them with their texts."""
    if not doubts:
        return None
    shown = tuple(
        DoubtedLabel(
            tuple(texts[doubt.row]),
            *_doubted_names(task, doubt, labels[doubt.row]),
            doubt.share_of_label,
            doubt.share_of_likely,
        )
        for doubt in doubts[:limit]
    )
    return DoubtedLabels(len(texts), len(doubts), shown)


def _doubted_names(task: Task, doubt: Doubt, label: Any) -> tuple[str, str]:
    """What a row is labelled, and what it perhaps is: of several labels with or without the one in question."""
    likely = task.labels[doubt.likely]
    if task.kind != "multilabel":
        return task.labels[int(label)], likely
    return (likely, f"not {likely}") if label[doubt.likely] else (f"not {likely}", likely)


def comparison_content(
    title: str,
    variants: Mapping[str, Sequence[Scored]],
    suites: Sequence[Suite],
    texts: Sequence[Texts],
    settings: EvaluationSettings,
    *,
    headline: str = UNSEEN_AVERAGE,
    titles: Mapping[str, str] | None = None,
    **more: Any,
) -> ReportContent:
    """The report on two variants, the baseline first, each scored once for every seed on the same rows.

    `headline` names the suite of the sentence on top, `titles` gives suites words of their own, `more` are
    further fields of ReportContent.
    """
    (_, baseline), (_, variant) = variants.items()
    task, names = baseline[0].task, tuple(variants)
    words = {suite.name: suite_title(suite.name) for suite in suites} | dict(titles or {})
    conditions = comparison_conditions(baseline, variant, suites, settings, words)
    metrics = tuple(
        (
            name,
            tuple(Interval.of(over_seeds(scored, settings, metric=name)) for scored in (baseline, variant)),
        )
        for name in metric_names(task)
    )
    return ReportContent(
        title=title,
        answer=answer_of_comparison(task.main_metric, conditions, names, headline),
        headline=headline,
        metric=task.main_metric,
        variants=names,
        rows=len(baseline[0].labels),
        conditions=conditions,
        confidence=settings.confidence,
        bootstrap_samples=settings.bootstrap_samples,
        metrics=metrics,
        confusion=pooled_confusion(variant),
        classes=class_rows(variant),
        flips=worst_flips(variant[0], texts, suites, settings.examples),
        **more,
    )


def comparison_conditions(
    baseline: Sequence[Scored],
    variant: Sequence[Scored],
    suites: Sequence[Suite],
    settings: EvaluationSettings,
    titles: Mapping[str, str] | None = None,
) -> tuple[Condition, ...]:
    """Both variants and the gain on clean text, on unseen suites averaged, and on every suite."""
    words = titles or {}
    unseen = [suite.name for suite in suites if not suite.seen]
    rows: list[tuple[str, str, Kind, tuple[str | None, ...], Suite | None]] = [
        ("clean", "Clean text", "clean", (None,), None)
    ]
    if len(unseen) > 1:
        rows.append((UNSEEN_AVERAGE, "Average of unseen suites", "average", tuple(unseen), None))
    rows += [
        (suite.name, words.get(suite.name, suite_title(suite.name)), _kind(suite), (suite.name,), suite)
        for suite in suites
    ]
    conditions = []
    for name, title, kind, where, suite in rows:
        gain = compare(baseline, variant, settings, suites=where)
        flips = (
            compare(baseline, variant, settings, suites=where, metric=FLIP_RATE) if where != (None,) else None
        )
        conditions.append(
            Condition(
                name,
                title,
                kind,
                tuple(
                    Interval.of(over_seeds(scored, settings, suites=where)) for scored in (baseline, variant)
                ),
                change=_gain(gain),
                verdict=gain.verdict,
                flip_rates=(flips.baseline, flips.variant) if flips else (),
                changed=changed_share(suite) if suite else None,
                sha256=suite.sha256 if suite else "",
            )
        )
    return tuple(conditions)


def pooled_confusion(scored: Sequence[Scored]) -> ConfusionMatrix | None:
    """The confusion matrix of a variant, its seeds added up; None where there are no labels."""
    task = scored[0].task
    if task.kind != "classification":
        return None
    counts = sum(confusion_matrix(task, one.clean, one.labels) for one in scored)
    return ConfusionMatrix(task.labels, tuple(tuple(row) for row in np.asarray(counts).tolist()))


def class_rows(scored: Sequence[Scored], trained: Mapping[str, int] | None = None) -> tuple[ClassRow, ...]:
    """Precision, recall and F1 of each label, averaged over seeds; empty where there are no labels."""
    task = scored[0].task
    if not task.labels:
        return ()
    tables = [per_class(task, one.clean, one.labels) for one in scored]
    return tuple(
        ClassRow(
            label,
            precision=float(np.mean([table[label]["precision"] for table in tables])),
            recall=float(np.mean([table[label]["recall"] for table in tables])),
            f1=float(np.mean([table[label]["f1"] for table in tables])),
            support=tables[0][label]["support"],
            trained=None if trained is None else trained.get(label, 0),
        )
        for label in task.labels
    )


def _kind(suite: Suite) -> Kind:
    return "seen" if suite.seen else "unseen"


def _gain(difference: Difference) -> Interval:
    return Interval(difference.value, difference.low, difference.high)
