"""Scoring a run: on rows of its own or of a file, clean and perturbed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import ValidationError

from pocketbert.augmentation.policy import EVERYTHING
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluation import EvaluationSettings, Scored, Suite, build_suites, score, summarise
from pocketbert.evaluation.schema import SCHEMA
from pocketbert.evaluation.suite_files import GivenAnswers, GivenSuite, read_suite_files, score_given
from pocketbert.evaluation.suite_files.given import note_of_empty
from pocketbert.recipe import Recipe, read_recipe
from pocketbert.reporter import Reporter, tell_progress
from pocketbert.runs import Run

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.data import Splits
    from pocketbert.evaluation.schema import Metrics, OperatorMetrics, SplitMetrics, StageMetrics

SuiteChoice = str | Path | Sequence[str | Path | dict[str, Any]]
"""`all`, `none`, names and files, and tables that describe files."""
NO_TEST_ROWS = (
    "no test rows: the figures are of the rows that chose the checkpoint, a little too good; give --test"
)


def splits_of(recipe: Recipe) -> Splits:
    """The rows of a recipe.

    A task of the catalogue knows what keeps its labels true; of rows from a file the recipe's preset says it, for
    training and suites alike.
    """
    from pocketbert.data import load as load_splits

    splits = load_splits(recipe.data)
    if splits.task.hub is not None or splits.task.files:
        return splits
    return replace(splits, task=splits.task.model_copy(update={"augmentation": recipe.augmentation.preset}))


def scored_rows(splits: Splits) -> tuple[Literal["test", "validation"], Dataset]:
    """The rows that a run is measured on: the test split, or the validation split where there is no other."""
    return ("validation", splits.validation) if splits.test is None else ("test", splits.test)


@dataclass(frozen=True)
class Measured:
    """Answers to the rows of a split, clean and perturbed, and what they come to."""

    rows: Dataset
    scored: Scored
    suites: tuple[Suite, ...]
    given: tuple[GivenAnswers, ...]
    split: SplitMetrics


def measure(
    run: Run, rows: Dataset, recipe: Recipe, settings: EvaluationSettings, reporter: Reporter
) -> Measured:
    """Score a run on rows and on their robustness suites."""
    tell = partial(tell_progress, reporter)
    unseen_is_seen = recipe.augmentation.enabled and recipe.augmentation.preset == EVERYTHING
    suites = build_suites(
        run.task, rows, settings, run.folder.suites, tell, trained_on_everything=unseen_is_seen
    )
    scored = score(run.predictor, run.task, rows, suites, tell, run.temperature, run.label_thresholds)
    given = score_files(run, read_suite_files(settings.files, run.task), tell)
    return Measured(rows, scored, suites, given, summarise(scored, suites, settings, given, run.confidence))


def measure_further(
    run: Run, splits: Splits, settings: EvaluationSettings, reporter: Reporter
) -> dict[str, SplitMetrics]:
    """The further splits that a task publishes, on clean text."""
    tell, clean = partial(tell_progress, reporter), settings.model_copy(update={"suites": "none"})
    return {
        name: summarise(score(run.predictor, run.task, rows, (), tell, run.temperature), (), clean)
        for name, rows in splits.further.items()
    }


def score_files(
    run: Run, suites: Sequence[GivenSuite], tell: Callable[[str, int, int], None]
) -> tuple[GivenAnswers, ...]:
    """Answers of a run to suites from files."""
    answers = []
    for done, suite in enumerate(suites):
        tell("scoring files", done, len(suites))
        answers.append(score_given(run.predictor, run.task, suite))
    return tuple(answers)


def metrics_of(
    run: Run,
    split: str,
    measured: Measured,
    costs: list[dict[str, Any]],
    further: dict[str, SplitMetrics] | None = None,
    operators: dict[str, OperatorMetrics] | None = None,
) -> Metrics:
    """What `metrics.json` holds: the split that was measured, first, and further ones; what training took."""
    stages, splits = cast("list[StageMetrics]", costs), {split: measured.split, **(further or {})}
    metrics: Metrics = {"schema": SCHEMA, "task": run.task.name, "splits": splits, "stages": stages}
    return {**metrics, "operators": operators} if operators else metrics


def evaluate_run(
    run: Run,
    data: str | Path | None,
    text: Sequence[str],
    label: str | None,
    suites: SuiteChoice,
    reporter: Reporter,
) -> Metrics:
    """Score a finished run on a labelled file, or on its own rows."""
    from pocketbert.data import read_examples, texts_of

    try:
        recipe = read_recipe(run.folder.recipe)
    except ArgumentError as error:
        raise PocketBertError(f"the run is damaged: {error}") from None
    stages = run.metrics["stages"]
    settings = with_suites(recipe.evaluation, suites)
    further: dict[str, SplitMetrics] = {}
    if data is None:
        splits = splits_of(recipe)
        split, rows = scored_rows(splits)
        further = measure_further(run, splits, settings, reporter)
        if split == "validation":
            reporter.warn(NO_TEST_ROWS)
    else:
        split, rows = "test", read_examples(data, run.task, text=tuple(text), label=label)
        for note in note_of_empty(texts_of(rows[:]), str(data)):
            reporter.warn(note)
    measured = measure(run, rows, recipe, settings, reporter)
    return metrics_of(run, split, measured, stages, further, run.metrics.get("operators"))


def with_suites(settings: EvaluationSettings, suites: SuiteChoice) -> EvaluationSettings:
    """The settings with other suites.  Raises ArgumentError for a name that means none."""
    try:
        return EvaluationSettings.model_validate(settings.model_dump() | {"suites": suites})
    except ValidationError as error:
        raise ArgumentError(f"--suite: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
