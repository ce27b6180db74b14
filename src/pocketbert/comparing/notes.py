"""What a reader of a comparison should know besides its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING

from pocketbert.data import check
from pocketbert.evaluating import NO_TEST_ROWS
from pocketbert.runs import read_metrics

if TYPE_CHECKING:
    from pocketbert.comparing.differences import Family
    from pocketbert.comparing.grid import Grid
    from pocketbert.comparing.words import Words
    from pocketbert.data import Splits
    from pocketbert.evaluation import EvaluationSettings
    from pocketbert.training.folder import RunFolder

FAR = 5.0
"""A gain of so many standard deviations of seeds is asked for by few comparisons of a few seeds."""
NO_WORDS = "no TF-IDF row: it answers no questions of this kind"


def notes_of(grid: Grid, splits: Splits, words: Words | None) -> Iterator[str]:
    """What a reader should know besides."""
    if splits.test is None:
        yield NO_TEST_ROWS
    if words is None:
        yield NO_WORDS
    if len(grid.seeds) == 1:
        yield "one seed: intervals and tests cover the choice of rows only, not that of the seed"
    if len(grid.seeds) == 2:
        yield "two seeds leave intervals very wide (Student's t with one degree of freedom); take three or more"
    methods = {variant.method for variant in grid.variants if variant.role == "grid"}
    chosen = {
        variant.method: variant.recipe.stages[0].learning_rate
        for variant in grid.variants
        if variant.role == "grid" and variant.recipe.stages[0].learning_rate is not None
    }
    for method, rate in chosen.items():
        if others := sorted(methods - {method}):
            yield f"the learning rate {rate:g} was given for {method}; {' and '.join(others)} took one that suits them"


def notes_of_families(families: Sequence[Family], seeds: int, settings: EvaluationSettings) -> Iterator[str]:
    """What so many comparisons, seeds and resamples leave out of reach, whatever the variants are worth."""
    from scipy.stats import t

    alpha = 1 - settings.confidence
    largest = max((len(family.contrasts) * len(family.inputs) for family in families), default=0)
    if not largest:
        return
    needed = ceil(2 * largest / alpha)
    if settings.bootstrap_samples < needed:
        yield (
            f"{largest} comparisons are corrected together: with {settings.bootstrap_samples:,} resamples none of them "
            "can show a difference; raise evaluation.bootstrap_samples"
        )
    if seeds > 2 and (spreads := float(t.ppf(1 - alpha / largest / 2, seeds - 1)) / sqrt(seeds)) > FAR:
        yield (
            f"{seeds} seeds and {largest} comparisons that are corrected together: of single suites only a gain of "
            f"{spreads:.0f} times the spread of seeds would be shown; read the averages and McNemar's test of these "
            "seeds, or take five seeds or more"
        )


def notes_of_rows(grid: Grid, splits: Splits) -> Iterator[str]:
    """What the rows themselves warn of, such as test rows that are trained on; no text where none is asked for."""
    from pocketbert.backbone import load_backbone

    recipe = grid.variants[0].recipe
    findings = check(splits, load_backbone(recipe.backbone).tokenizer, recipe.data.max_length)
    yield from (findings if recipe.evaluation.examples else findings.without_texts()).warnings


def notes_of_runs(runs: Mapping[str, Sequence[RunFolder]]) -> Iterator[str]:
    """What measuring the runs gave cause to say, once where all say it."""
    said: dict[str, list[str]] = {}
    folders = [folder for cells in runs.values() for folder in cells]
    for folder in folders:
        for note in next(iter(read_metrics(folder)["splits"].values()))["notes"]:
            said.setdefault(note, []).append(folder.path.name)
    for note, names in said.items():
        yield note if len(names) == len(folders) else f"{', '.join(names)}: {note}"
