"""What is measured: tasks with their bars, methods, and the settings that are tried on validation rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.data import DataSettings
    from pocketbert.tasks import Task

ROOT = Path(__file__).parents[2]
TASK_FILES = ROOT.parent / "shared" / "data"
MAX_LENGTH = 128
QUICK_ROWS = 64


@dataclass(frozen=True)
class Question:
    """A row of the table: which task, from how many rows, how long, and how good it has to be."""

    title: str
    task: str
    """Name in the catalogue."""
    folder: str
    epochs: tuple[int, ...]
    """Numbers of epochs to choose from."""
    limit: int | None = None
    at_least: float | None = None
    goal: float | None = None
    on_development_rows: bool = False
    """The catalogue chooses by the development rows where there is a test set; here they are what is measured."""


QUESTIONS = {
    "sst2": Question("SST-2", "sst2", "glue/SST-2", (3,), at_least=0.85, goal=0.88),
    "sst2-2000": Question(
        "SST-2, 2,000 rows", "sst2", "glue/SST-2", (6,), limit=2000, at_least=0.80, goal=0.82
    ),
    "trec6": Question("TREC-6", "trec6", "trec", (8,), at_least=0.94, goal=0.965),
    "subj": Question("SUBJ", "subj", "subj", (4,), at_least=0.935, goal=0.955),
    "banking77": Question("banking77", "banking77", "banking77", (12,), at_least=0.895, goal=0.92),
    "mrpc": Question("MRPC", "mrpc", "glue/MRPC", (6,), None, 0.71, 0.78, on_development_rows=True),
    "stsb": Question(
        "STS-B, Pearson", "stsb", "glue/STS-B", (6,), None, 0.72, 0.82, on_development_rows=True
    ),
    "rte": Question("RTE", "rte", "glue/RTE", (6,)),
}
SMALL_FIRST = ("sst2-2000", "trec6", "subj", "mrpc", "stsb", "rte", "banking77", "sst2")

RATES = {
    "full": ((1e-4, 10.0), (2e-4, 5.0), (5e-4, 1.0)),
    "qv": ((2e-3, 1.0), (5e-3, 1.0)),
    "attention": ((1e-3, 1.0), (3e-3, 1.0)),
    "ffn": ((1e-3, 1.0), (3e-3, 1.0)),
    "all": ((7e-4, 1.0), (2e-3, 1.0)),
}
"""Peak learning rates and how many times that the embeddings of tokens get, to choose from, by method: `full`, or LoRA
with the preset of that name, which trains no embeddings."""


@dataclass(frozen=True)
class Cell:
    """One run: everything that tells its result from another's but the backbone."""

    question: str
    method: str
    learning_rate: float
    embedding_rate: float
    epochs: int
    seed: int
    limit: int | None

    @property
    def name(self) -> str:
        rows = f"-{self.limit}-rows" if self.limit else ""
        rates = f"{self.learning_rate:g}x{self.embedding_rate:g}"
        return f"{self.question}{rows}-{self.method}-{rates}-{self.epochs}-seed-{self.seed}"


def tried(question: str, method: str, limit: int | None) -> list[Cell]:
    """The settings to choose from, all with the first seed."""
    settings = product(RATES[method], QUESTIONS[question].epochs)
    return [Cell(question, method, *rates, epochs, 0, limit) for rates, epochs in settings]


def data_settings(name: str, limit: int | None, files: Path, work: Path) -> DataSettings:
    """The rows of a question: validation is always a hashed share of the training rows.

    Raises PocketBertError when the task's files are not in `files`.
    """
    from pocketbert.data import DataSettings, load

    question = QUESTIONS[name]
    published = DataSettings(
        source=question.task,
        data_dir=files / question.folder,
        limit=min((rows for rows in (limit, question.limit) if rows), default=None),
        max_length=MAX_LENGTH,
        cache_dir=work / "cache",
    )
    if not question.on_development_rows:
        return published
    folder = work / "rows" / name
    train, development = folder / "train.csv", folder / "development.csv"
    if not development.is_file():
        splits = load(published.model_copy(update={"limit": None}))
        folder.mkdir(parents=True, exist_ok=True)
        write_rows(splits.train, splits.task, train)
        write_rows(splits.validation, splits.task, development)
    return published.model_copy(
        update={
            "source": str(train),
            "data_dir": None,
            "text": ("text", "text_pair"),
            "label": "label",
            "test": development,
        }
    )


def write_rows(rows: Dataset, task: Task, path: Path) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("text", "text_pair", "label"))
        for row in rows:
            label = task.labels[row["label"]] if task.labels else row["label"]
            table.writerow((row["text"], row["text_pair"], label))
    partial.replace(path)
