"""Training a list of tasks, a run each, and one table of them with published rows beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pocketbert.errors import ArgumentError, PocketBertError, StoppedError
from pocketbert.evaluation.report.wording import METRIC_TITLES
from pocketbert.pipeline import run
from pocketbert.recipe import Recipe
from pocketbert.reporter import Reporter, Silent
from pocketbert.runs import read_metrics
from pocketbert.tasks.glue import Column, columns_of, published
from pocketbert.training.folder import RunFolder, write_whole
from pocketbert.wording import counted

SCHEMA = 1
OURS = "these runs"
NOTE = (
    "Ours are of each task's test split (the development set where no labelled test set was published), one seed; a "
    "cell of a paper is empty where it reports none, or another metric."
)


@dataclass(frozen=True)
class Cell:
    """A figure in percent (of a correlation times a hundred), of ours with its interval over rows."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class TaskTable:
    """One row of ours and those of papers; a cell is None where there is nothing to compare."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    folder: Path

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for `--json` and `table.json`."""
        return {
            "schema": SCHEMA,
            "columns": [column.model_dump() for column in self.columns],
            "rows": [
                {"title": title, "cells": [None if cell is None else asdict(cell) for cell in cells]}
                for title, cells in self.rows
            ],
            "note": NOTE,
        }

    def as_markdown(self) -> str:
        """The same as a table for a paper."""
        header = ["", *(f"{column.title} ({METRIC_TITLES[column.metric]})" for column in self.columns)]
        lines = [header, ["---", *("---:" for _ in self.columns)]]
        lines += [[title, *map(shown, cells)] for title, cells in self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{NOTE}\n"


def shown(cell: Cell | None) -> str:
    """A cell in words; empty where there is none."""
    return "" if cell is None else f"{cell.value:.1f}"


def train_tasks(recipes: Mapping[str, Recipe], out: Path, reporter: Reporter | None = None) -> TaskTable:
    """Train every task, by name, under `out`, and write the table; a task that fails does not stop the others.

    Raises PocketBertError at once when the work is stopped, and at the end when a task failed.
    """
    reporter = reporter or Silent()
    if out.is_file():
        raise ArgumentError(f"--out {out} is a file; name a folder")
    failed: dict[str, PocketBertError] = {}
    for number, (name, recipe) in enumerate(recipes.items(), 1):
        reporter.say(f"task {number} of {len(recipes)}: {name}")
        try:
            run(recipe, out / name, reporter)
        except StoppedError:
            raise
        except PocketBertError as error:
            failed[name] = error
            reporter.warn(f"{name}: {error}")
    done = {name: read_metrics(RunFolder(out / name)) for name in recipes if name not in failed}
    table = table_of(tuple(recipes), done, out)
    if done:
        write_whole(out / "table.json", json.dumps(table.as_dict(), indent=1))
        write_whole(out / "table.md", table.as_markdown())
    if failed:
        name, first = next(iter(failed.items()))
        raise type(first)(
            f"{counted(len(failed), 'task')} of {len(recipes)} failed; {name}: {first}; then the same command goes on"
        )
    return table


def table_of(names: Sequence[str], metrics: Mapping[str, Mapping[str, Any]], folder: Path) -> TaskTable:
    """Our figures by column, then those of papers that have any in these columns."""
    columns = columns_of(names)
    rows = [(OURS, tuple(_own(column, metrics.get(column.task)) for column in columns))]
    for row in published().rows:
        cells = tuple(None if (value := row.cell(column)) is None else Cell(value) for column in columns)
        if any(cells):
            rows.append((row.title, cells))
    return TaskTable(columns, tuple(rows), folder)


def _own(column: Column, metrics: Mapping[str, Any] | None) -> Cell | None:
    """Our figure of a column; None where the task failed, or did not measure it."""
    if metrics is None:
        return None
    splits = metrics["splits"]
    split = splits.get(column.split) if column.split else next(iter(splits.values()))
    if split is None or column.metric not in split["clean"]:
        return None
    found = split["clean"][column.metric]
    return Cell(*(100 * found[end] for end in ("value", "low", "high")))
