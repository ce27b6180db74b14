"""A list of tasks trained one after another, and what papers report of them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pocketbert.errors import ArgumentError, unknown_name
from pocketbert.tasks.task import Metric, load_task, task_names

GLUE = "glue"
FOLDERS = {
    "cola": "CoLA", "sst2": "SST-2", "mrpc": "MRPC", "stsb": "STS-B", "qqp": "QQP", "mnli": "MNLI",
    "qnli": "QNLI", "rte": "RTE", "wnli": "WNLI", "boolq": "BoolQ",
}  # fmt: skip
"""What the folders of GLUE's own download are called."""


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Declared):
    """A column of the table: a metric of a task on one of its splits, the main one where none is named."""

    task: str
    title: str
    metric: Metric
    split: str | None = None


class Figure(_Declared):
    """A published figure and the metric that it is of."""

    column: str
    metric: Metric
    value: float


class PublishedRow(_Declared):
    """What a paper reports, in the columns' units: percent, of correlations times a hundred."""

    title: str
    reference: str
    figures: tuple[Figure, ...]

    def cell(self, column: Column) -> float | None:
        """Its figure of a column; None where it reports none, or one of another metric."""
        same = (one for one in self.figures if (one.column, one.metric) == (column.title, column.metric))
        return next((one.value for one in same), None)


class Published(_Declared):
    """The table's layout, and the rows of papers."""

    columns: tuple[Column, ...]
    rows: tuple[PublishedRow, ...]


@cache
def published() -> Published:
    """What MobileBERT's paper reports."""
    file = resources.files("pocketbert.tasks") / "published.toml"
    return Published.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


def listed_tasks(source: str) -> tuple[str, ...]:
    """The tasks that `glue`, or names with commas between them, stand for; none where the source is something else.

    Raises ArgumentError for a name among them that is no task.
    """
    if source == GLUE and not Path(source).exists():
        return tuple(dict.fromkeys(column.task for column in published().columns))
    if "," not in source or Path(source).exists():
        return ()
    names = [name.strip() for name in source.split(",") if name.strip()]
    for name in names:
        if name not in task_names():
            raise ArgumentError(unknown_name("task", name, task_names()))
    return tuple(dict.fromkeys(names))


def columns_of(names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of these tasks: GLUE's as the paper has them, of others their main metric."""
    known = [column for column in published().columns if column.task in names]
    others = [name for name in names if all(column.task != name for column in known)]
    return (*known, *(Column(task=name, title=name, metric=load_task(name).main_metric) for name in others))


def folder_of(name: str, data_dir: Path | None) -> Path | None:
    """Where a task's files lie in a folder of several tasks: under the task's name, or as GLUE calls it."""
    if data_dir is None:
        return None
    places = [data_dir / name, data_dir / FOLDERS.get(name, name)]
    return next((place for place in places if place.is_dir()), places[-1])
