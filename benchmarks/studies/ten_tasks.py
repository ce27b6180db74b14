"""The tasks of the studies, their rows and how long each trains: the same for every variant."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pocketbert.data import DataSettings, load
from pocketbert.errors import PocketBertError

ROOT = Path(__file__).parents[2]
TASK_FILES = ROOT.parent / "shared" / "data"
MAX_LENGTH = 128
QUICK_ROWS = 64


@dataclass(frozen=True)
class StudyTask:
    """A row of the tables."""

    title: str
    task: str
    """Name in the catalogue."""
    folder: str
    epochs: int
    limit: int = 2000
    """Most training rows; fewer where texts are long."""
    test_rows: int | None = None
    """How many rows of the test split are drawn; left out, it is scored whole."""
    validation_rows: int | None = None
    """The same of a development split."""
    max_length: int = MAX_LENGTH


TASKS = {
    "sst2": StudyTask("SST-2", "sst2", "glue/SST-2", 6),
    "trec6": StudyTask("TREC-6", "trec6", "trec", 8),
    "subj": StudyTask("SUBJ", "subj", "subj", 4),
    "banking77": StudyTask(
        "banking77, 10 rows an intent", "banking77", "banking77", 20, limit=770, test_rows=1000
    ),
    "cola": StudyTask("CoLA, Matthews", "cola", "glue/CoLA", 6),
    "mrpc": StudyTask("MRPC", "mrpc", "glue/MRPC", 5, limit=1000, test_rows=300),
    "rte": StudyTask("RTE", "rte", "glue/RTE", 5, limit=1000),
    "stsb": StudyTask(
        "STS-B, Pearson", "stsb", "glue/STS-B", 6, limit=1000, test_rows=300, validation_rows=300
    ),
    "medical": StudyTask(
        "medical abstracts, macro F1", "medical_abstracts", "medical_abstracts", 4, limit=1000, max_length=64
    ),
    "unfair": StudyTask(
        "unfair terms, macro F1",
        "unfair_tos",
        "unfair_tos",
        4,
        limit=1000,
        test_rows=500,
        validation_rows=500,
    ),
}


def task_fields(task: StudyTask, files: Path, work: Path) -> dict[str, Any]:
    """Where a task's rows come from, as fields of a recipe.  Raises PocketBertError when they are not in `files`."""
    folder = files / task.folder
    if not folder.is_dir():
        raise PocketBertError(f"no folder {folder} with the files of {task.title}; name another with --data")
    fields: dict[str, Any] = {
        "data.data_dir": folder,
        "data.limit": task.limit,
        "data.max_length": task.max_length,
        "data.cache_dir": work / "cache",
    }
    for split, count in (("test", task.test_rows), ("validation", task.validation_rows)):
        if count is not None:
            fields[f"data.{split}"] = drawn_rows(task, split, count, folder, work)
    return fields


def drawn_rows(task: StudyTask, split: str, count: int, folder: Path, work: Path) -> Path:
    """A file of so many rows of a task's split, drawn once, in their order."""
    to = work / "rows" / f"{task.task}-{split}-{count}.csv"
    if not to.is_file():
        settings = DataSettings(source=task.task, data_dir=folder, cache_dir=work / "cache")
        splits = load(settings)
        names, columns, rows = splits.task.labels, splits.task.text, splits.named[split]
        drawn = sorted(random.Random(0).sample(range(len(rows)), count))
        to.parent.mkdir(parents=True, exist_ok=True)
        with to.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow([*columns, "label"])
            for row in rows.select(drawn):
                texts = [row[column] for column in ("text", "text_pair")[: len(columns)]]
                table.writerow([*texts, names[row["label"]] if names else row["label"]])
    return to
