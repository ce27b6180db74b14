"""What a reader of a comparison should know besides its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pocketbert.data import check
from pocketbert.evaluating import NO_TEST_ROWS
from pocketbert.runs import read_metrics

if TYPE_CHECKING:
    from pocketbert.comparing.grid import Grid
    from pocketbert.comparing.words import Words
    from pocketbert.data import Splits
    from pocketbert.training.folder import RunFolder

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
