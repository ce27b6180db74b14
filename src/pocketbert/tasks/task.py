"""A task: what the text columns, labels, splits and metrics of a data set are.  Data, never code."""

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pocketbert.errors import ArgumentError, unknown_name

Metric = Literal[
    "accuracy", "f1", "f1_micro", "f1_macro", "matthews", "pearson", "spearman", "exact_match", "f1_tokens"
]
USUAL_LENGTH = 128
"""Tokens that most texts fit into."""


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HubLayout(_Declared):
    """Where the Hugging Face hub keeps a task and what it calls its columns and splits."""

    repository: str = Field(description="Repository of the data set, `owner/name`.")
    config: str | None = Field(default=None, description="Configuration of the data set.")
    revision: str | None = Field(default=None, description="Branch or commit, where it is not the main one.")
    text: tuple[str, ...] = Field(description="Its text columns, one or two.")
    label: str = Field(description="Its label column.")
    values: dict[str, str] = Field(
        default={}, description="Label of each value in the label column, where they are not equal."
    )
    listed: tuple[str, str] | None = Field(
        default=None, description="For a column of lists: the label of an empty list and of any other."
    )
    train: str = Field(default="train", description="Its training split.")
    development: str | None = Field(default=None, description="Its labelled development split.")
    test: str | None = Field(default=None, description="Its labelled test split.")
    further: dict[str, str] = Field(
        default={}, description="Further labelled splits, each measured and reported by its name."
    )


class Part(_Declared):
    """One file of a split."""

    file: str = Field(description="File name inside the folder.")
    label: str | None = Field(default=None, description="The label of all its rows, where no column says it.")
    columns: tuple[str, ...] = Field(default=(), description="Column names of a file without header.")
    exclude: str | None = Field(default=None, description="File of keys whose rows are left out.")
    key: tuple[str, ...] = Field(default=(), description="Columns that make a row's key for `exclude`.")


class FilesLayout(_Declared):
    """The files in which a task was published, as they lie in a folder."""

    format: Literal["csv", "tsv", "jsonl", "lines", "squad"] = Field(description="How the files are written.")
    encoding: str = Field(default="utf-8", description="Their character encoding.")
    pattern: str | None = Field(
        default=None, description="For `lines`: regular expression whose named groups are the columns."
    )
    skip_ragged: bool = Field(
        default=False, description="Leave out rows with too few values, as the published set itself has some."
    )
    text: tuple[str, ...] = Field(description="Text columns, one or two.")
    label: str | None = Field(default=None, description="Label column.")
    separator: str | None = Field(
        default=None, description="What stands between the labels of a row, where it may have several."
    )
    values: dict[str, str] = Field(
        default={}, description="Label of each value in the label column, where they are not equal."
    )
    train: tuple[Part, ...] = Field(description="Files of the training split.")
    development: tuple[Part, ...] = Field(default=(), description="Files of the development split.")
    test: tuple[Part, ...] = Field(default=(), description="Files of the labelled test split.")
    further: dict[str, tuple[Part, ...]] = Field(
        default={}, description="Files of further labelled splits, each measured and reported by its name."
    )
    test_share: float | None = Field(
        default=None, description="Share of the rows that becomes the test split where none was published."
    )
    seed: int = Field(default=0, description="Seed of that split.")

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every file of every split."""
        return sum(self.further.values(), self.train + self.development + self.test)


class Task(_Declared):
    """What is to be learned: text columns, labels and metrics, with the layouts it is published in."""

    name: str = Field(description="Short name, as on the command line.")
    title: str = Field(description="One line that says what the task asks.")
    kind: Literal["classification", "multilabel", "regression", "spans"] = Field(
        description="One label, several or none, a number, or answers that are spans of the second text."
    )
    text: tuple[str, ...] = Field(description="Text columns, one or two.", min_length=1, max_length=2)
    label: str = Field(default="label", description="Label column.")
    labels: tuple[str, ...] = Field(default=(), description="Label names in the order of their numbers.")
    separator: str | None = Field(
        default=None, description="Of several labels: what stands between them in the label column."
    )
    label_range: tuple[float, float] | None = Field(
        default=None, description="Lowest and highest value of a regression."
    )
    unanswerable: bool = Field(
        default=False, description="Of spans: whether a question may have no answer in its context."
    )
    max_length: int = Field(
        default=USUAL_LENGTH, description="Longest input in tokens, where none is asked for."
    )
    metrics: tuple[Metric, ...] = Field(description="Metrics reported.", min_length=1)
    main_metric: Metric = Field(description="The metric that chooses the checkpoint.")
    augmentation: str = Field(default="default", description="Augmentation preset that keeps the label true.")
    reference: str = Field(default="", description="Where the data set comes from.")
    hub: HubLayout | None = Field(default=None, description="Its layout on the hub.")
    files: tuple[FilesLayout, ...] = Field(default=(), description="Its published files, best layout first.")

    @property
    def is_pair(self) -> bool:
        """Whether an example has two texts."""
        return len(self.text) == 2

    @model_validator(mode="after")
    def _consistent(self) -> "Task":
        if (self.kind in ("classification", "multilabel")) != bool(self.labels):
            raise ValueError("a classification has labels, a regression has none")
        if self.kind == "spans" and not self.is_pair:
            raise ValueError("answers are spans of the second of two texts, a question and its context")
        if self.unanswerable and self.kind != "spans":
            raise ValueError("only a question has no answer")
        if (self.kind == "regression") != (self.label_range is not None):
            raise ValueError("a regression has a label range, a classification has none")
        if self.main_metric not in self.metrics:
            raise ValueError(f"main metric '{self.main_metric}' is not among the metrics")
        for layout in (self.hub, *self.files):
            if layout is None:
                continue
            if len(layout.text) != len(self.text):
                raise ValueError("a layout must name as many text columns as the task")
            if foreign := set(layout.values.values()) - set(self.labels):
                raise ValueError(f"values map to labels that the task lacks: {sorted(foreign)}")
        return self


@cache
def task_names() -> list[str]:
    """Names of the tasks in the catalogue."""
    folder = resources.files("pocketbert.tasks") / "catalogue"
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


@cache
def load_task(name: str) -> Task:
    """The task of the catalogue called `name`.

    Raises:
        ArgumentError: no task has that name.
    """
    if name not in task_names():
        raise ArgumentError(unknown_name("task", name, task_names()))
    declaration = resources.files("pocketbert.tasks") / "catalogue" / f"{name}.toml"
    return Task.model_validate({"name": name, **tomllib.loads(declaration.read_text(encoding="utf-8"))})
