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
MOST_TEST_ROWS = 1500
QUICK_ROWS = 64


@dataclass(frozen=True)
class StudyTask:
    """A row of the tables."""

    title: str
    task: str
    """Name in the catalogue."""
    folder: str
    limit: int = 3000
    """Most training rows."""
    epochs: int = 8
    test: str = ""
    """File and label column of a test split that has more than `MOST_TEST_ROWS`, of which as many are drawn."""


TASKS = {
    "sst2": StudyTask("SST-2, 2,000 rows", "sst2", "glue/SST-2", limit=2000),
    "trec6": StudyTask("TREC-6", "trec6", "trec"),
    "subj": StudyTask("SUBJ", "subj", "subj"),
    "banking77": StudyTask("banking77, 10 rows an intent", "banking77", "banking77", 770, 30, "test.csv"),
    "cola": StudyTask("CoLA, Matthews", "cola", "glue/CoLA"),
    "mrpc": StudyTask("MRPC", "mrpc", "glue/MRPC"),
    "rte": StudyTask("RTE", "rte", "glue/RTE"),
    "stsb": StudyTask("STS-B, Pearson", "stsb", "glue/STS-B"),
    "medical": StudyTask("medical abstracts, macro F1", "medical_abstracts", "medical_abstracts"),
    "unfair": StudyTask("unfair terms, macro F1", "unfair_tos", "unfair_tos", test="test.csv"),
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
