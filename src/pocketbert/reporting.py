"""What the report of a run says: what was measured, and what its data and its training show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pocketbert.evaluation.report import (
    DoubtedLabels,
    ReportContent,
    Sample,
    answered_questions,
    costs_of,
    curves_of,
    doubted_of,
    operator_rows,
    run_content,
)
from pocketbert.evaluation.report.wording import METRIC_TITLES, figure
from pocketbert.recipe import Recipe, to_toml
from pocketbert.variation import Guards, full_engine, varies

if TYPE_CHECKING:
    from pocketbert.calibrating import Calibrated
    from pocketbert.data import CheckReport, Splits
    from pocketbert.evaluating import Measured
    from pocketbert.evaluation.schema import Metrics
    from pocketbert.runs import Run

SAMPLED_ROWS = 200


def report_content(
    told: Calibrated,
    recipe: Recipe,
    splits: Splits,
    findings: CheckReport,
    measured: Measured,
    metrics: Metrics,
) -> ReportContent:
    """What the report of a run says; of no row the text, where the recipe asks for no examples."""
    from pocketbert.data import texts_of

    run, examples = told.run, recipe.evaluation.examples
    metric, seed, name = run.task.main_metric, recipe.training.seed, "this model"
    return run_content(
        run.task.title,
        measured.scored,
        measured.suites,
        measured.split,
        texts_of(measured.rows[:]),
        recipe.evaluation,
        split_name="validation" if splits.test is None else "test",
        trained=findings.label_counts.get("train"),
        seeds=(seed,),
        curves=curves_of({(name, seed): run.folder.read_history()}, metric),
        costs=costs_of({name: [metrics.get("stages", [])]}),
        operators=operator_rows(metrics.get("operators", {})),
        samples=augmentation_samples(recipe, splits) if examples else (),
        questions=answered_questions(measured.scored, measured.rows, examples),
        doubted=doubted_rows(told, splits, examples),
        warnings=tuple((findings if examples else findings.without_texts()).warnings),
        facts=threshold_facts(run)
        + tuple(
            (
                f"{name.capitalize()} rows, {METRIC_TITLES[metric]}",
                figure(metric, one["clean"][metric]["value"]),
            )
            for name, one in metrics["splits"].items()
            if name in splits.further
        ),
        recipe=to_toml(recipe),
    )


def threshold_facts(run: Run) -> tuple[tuple[str, str], ...]:
    """From which probability on labels are given, where a text may have several."""
    if run.thresholds is None:
        return ()
    low, high = run.thresholds.probabilities.min(), run.thresholds.probabilities.max()
    told = f"{low:.2f} to {high:.2f}, one a label" if low < high else f"{low:.2f} for every label"
    return (("Probability from which on a label is given", told),)


def doubted_rows(told: Calibrated, splits: Splits, limit: int) -> DoubtedLabels | None:
    """The validation rows whose label the run doubts."""
    from pocketbert.data import texts_of
    from pocketbert.data.batching import labels_of

    if not told.doubts:
        return None
    texts, labels = texts_of(splits.validation[:]), labels_of(splits.validation)
    return doubted_of(told.doubts, splits.task, texts, labels, limit)


def augmentation_samples(recipe: Recipe, splits: Splits) -> tuple[Sample, ...]:
    """Some training texts with the views that training made of them at full strength."""
    from pocketbert.data import texts_of
    from pocketbert.data.question_rows import sentences_kept

    if not varies(recipe):
        return ()
    rows, samples = splits.train[:SAMPLED_ROWS], []
    examples = texts_of(rows)
    guards = Guards.of_words(recipe.augmentation, recipe.data.cache_dir)
    engine = full_engine(recipe, [side for texts in examples for side in texts], guards)
    kept = sentences_kept(rows) if splits.task.kind == "spans" else [()] * len(examples)
    for row, texts in enumerate(examples):
        view = engine.view(texts, epoch=0, row=row, progress=1.0, kept=kept[row])
        if view.texts != texts:
            samples.append(Sample(texts, view.texts, view.operators))
    return tuple(samples[: recipe.evaluation.examples])
