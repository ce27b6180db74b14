"""Texts to draw views of: tasks' own training rows where their files are at hand, else those of the demo."""

from __future__ import annotations

import csv
from pathlib import Path

ROOT = Path(__file__).parents[2]
TASK_FILES = ROOT.parent / "shared" / "data"
DEMO = ROOT / "src" / "pocketbert" / "assets" / "demo" / "train.csv"

# What a guard may stumble over; none of it is common in the tasks' rows.
HARD = [
    "I can't say that I don't like it, but it isn't what they hadn't promised, and nobody won't complain.",
    "Not one of the 14 parts fitted, and neither the first nor the second shop had 3.5 mm screws, i.e. no luck.",
    "Anna Smith of New Hope wasn't there at 10:30, nor was she at the Grand Hotel by 12/05/2021; she'd not call.",
    "it does n't matter that it 's not 100 % true , there is n't a film that 's never been cut to 90 minutes .",
    "He cannot pay $1,200.50 (or 5% of it), so don't ask him; write to help@bank.example or see https://a.example/b.",
    "You shouldn't use foo_bar() unless it's not None: `if x != 0: return -1` never fails without -v2.",
    "Without treatment, fewer than ten of twenty patients survived, and none of those who did had no symptoms.",
    "THE TRAIN DID NOT STOP, AND NO ONE COULD SAY WHY IT HADN'T.",
    "dont tell me you cant do it, its not hard and i havent got two hours",
    "He said that he did not, could not and would not sell more than half of the house to his brother or sister.",
]


def training_texts(data: Path = TASK_FILES) -> dict[str, list[str]]:
    """SST-2's and the medical abstracts' training rows in `data`, or the demo's, and some that are hard."""
    texts = {name: list(dict.fromkeys(_rows(name, data))) for name in ("sst2", "medical_abstracts")}
    texts = {name: rows for name, rows in texts.items() if rows}
    if not texts:
        with DEMO.open(encoding="utf-8", newline="") as file:
            texts["demo"] = [row["text"] for row in csv.DictReader(file)]
    return {**texts, "hard": HARD}


def _rows(task: str, data: Path) -> list[str]:
    """The rows of a task's training split, no other's; none where its files are missing."""
    from pocketbert.data import DataSettings
    from pocketbert.data.loading import load
    from pocketbert.errors import PocketBertError

    folder = data / {"sst2": "glue/SST-2"}.get(task, task)
    if not folder.is_dir():
        return []
    try:
        return [text.strip() for text in load(DataSettings(source=task, data_dir=folder)).train["text"]]
    except PocketBertError as error:
        raise SystemExit(f"{folder}: {error}") from None
