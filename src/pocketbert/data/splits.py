"""The splits of a task as they go into training and evaluation."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pocketbert.tasks import Task

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True)
class Splits:
    """Rows with the columns `text`, `text_pair` (pairs only) and `label` (class number, or a measurement).

    `further` are labelled splits that are measured besides the test split, such as MNLI's mismatched rows.
    `notes` are one-line facts to tell the user; `left_out` counts the rows of each split that had no text.
    """

    task: Task
    train: "Dataset"
    validation: "Dataset"
    test: "Dataset | None"
    notes: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    further: dict[str, "Dataset"] = field(default_factory=dict)

    @property
    def named(self) -> dict[str, "Dataset"]:
        """The splits there are, by name."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test, **self.further}
        return {name: split for name, split in splits.items() if split is not None}
