"""The tasks of the studies, their rows and how long each trains: the same for every variant."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pocketbert.errors import PocketBertError

ROOT = Path(__file__).parents[2]
TASK_FILES = ROOT.parent / "shared" / "data"
MAX_LENGTH = 128
MOST_TEST_ROWS = 1000
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
    """Most training rows."""
    test: str = ""
    """File and label column of a test split that has more than `MOST_TEST_ROWS`, of which as many are drawn."""


TASKS = {
    "sst2": StudyTask("SST-2", "sst2", "glue/SST-2", 6),
    "trec6": StudyTask("TREC-6", "trec6", "trec", 8),
    "subj": StudyTask("SUBJ", "subj", "subj", 4),
    "banking77": StudyTask(
        "banking77, 10 rows an intent", "banking77", "banking77", 20, limit=770, test="test.csv"
    ),
    "cola": StudyTask("CoLA, Matthews", "cola", "glue/CoLA", 6),
    "mrpc": StudyTask("MRPC", "mrpc", "glue/MRPC", 5),
    "rte": StudyTask("RTE", "rte", "glue/RTE", 5),
    "stsb": StudyTask("STS-B, Pearson", "stsb", "glue/STS-B", 6),
    "medical": StudyTask("medical abstracts, macro F1", "medical_abstracts", "medical_abstracts", 4),
    "unfair": StudyTask("unfair terms, macro F1", "unfair_tos", "unfair_tos", 4, test="test.csv"),
}


def task_fields(task: StudyTask, files: Path, work: Path) -> dict[str, Any]:
    """Where a task's rows come from, as fields of a recipe.  Raises PocketBertError when they are not in `files`."""
    folder = files / task.folder
    if not folder.is_dir():
        raise PocketBertError(f"no folder {folder} with the files of {task.title}; name another with --data")
    fields: dict[str, Any] = {
        "data.data_dir": folder,
        "data.limit": task.limit,
        "data.max_length": MAX_LENGTH,
        "data.cache_dir": work / "cache",
    }
    if task.test:
        fields["data.test"] = fewer_rows(folder / task.test, work / "rows" / f"{task.task}.csv")
    return fields


def fewer_rows(source: Path, to: Path) -> Path:
    """At most `MOST_TEST_ROWS` of a file's rows, drawn once, in their order."""
    with source.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    drawn = sorted(random.Random(0).sample(range(len(rows)), min(MOST_TEST_ROWS, len(rows))))
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(rows[place] for place in drawn)])
    return to
