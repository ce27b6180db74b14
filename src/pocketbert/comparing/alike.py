"""Whether variants can be compared: one set of rows, labels and suites for all, asked before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pocketbert.errors import ArgumentError
from pocketbert.evaluating import scored_rows, splits_of
from pocketbert.evaluation.suites import Examples
from pocketbert.recipe import with_absolute_paths
from pocketbert.runs import read_metrics

if TYPE_CHECKING:
    from pocketbert.comparing.folder import ComparisonFolder
    from pocketbert.comparing.grid import Grid, Variant
    from pocketbert.data import Splits
    from pocketbert.evaluation import EvaluationSettings
    from pocketbert.evaluation.suite_files import GivenSuite


def refuse_unlike(grid: Grid, splits: Splits) -> None:
    """Raise ArgumentError for a recipe that is scored on other rows, labels or suites than the first, whose rows are
    `splits`.
    """
    first, *others = grid.variants
    for other in others:
        if _scored_as(other) != _scored_as(first):
            raise ArgumentError(
                f"{other.title} is not scored as {first.title} is; give all recipes the same [evaluation]"
            )
        if _rows_hang_on(other) != _rows_hang_on(first):
            _refuse_other_rows(other, first, splits)


def _scored_as(variant: Variant) -> EvaluationSettings:
    """All of the settings that figures hang on."""
    settings = with_absolute_paths(variant.recipe).evaluation
    return settings.model_copy(update={"examples": 0})


def _rows_hang_on(variant: Variant) -> tuple[object, str]:
    return with_absolute_paths(variant.recipe).data, variant.recipe.augmentation.preset


def _refuse_other_rows(other: Variant, first: Variant, splits: Splits) -> None:
    found = splits_of(other.recipe)
    if found.task.labels != splits.task.labels or found.task.kind != splits.task.kind:
        raise ArgumentError(
            f"{other.title} learns other labels than {first.title}; compare recipes of one task"
        )
    hashes = [Examples.of(scored_rows(rows)[1]).sha256 for rows in (found, splits)]
    if hashes[0] != hashes[1]:
        raise ArgumentError(
            f"{other.title} is scored on other rows than {first.title}; give both the same test file"
        )
    if found.task.augmentation != splits.task.augmentation and other.recipe.evaluation.operators:
        raise ArgumentError(
            f"{other.title} has other suites than {first.title}: augmentation.preset says what keeps labels true in "
            "them too; give both the same one"
        )


def refuse_changed_files(grid: Grid, folder: ComparisonFolder, given: Sequence[GivenSuite]) -> None:
    """Raise ArgumentError where a suite's file is no longer what a finished run was scored on."""
    for cell in grid.cells:
        run = folder.run(cell)
        if not run.finished:
            continue
        known = next(iter(read_metrics(run)["splits"].values())).get("file_suites", {})
        for suite in given:
            if suite.name in known and known[suite.name]["sha256"] != suite.sha256:
                raise ArgumentError(
                    f"{suite.file} changed since {run.path.name} was scored on it; put it back, or name a new --out "
                    "folder"
                )
