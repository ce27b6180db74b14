"""The policy of augmentation that the studies use, chosen on rows held back from training.

Each policy trains full and LoRA, three seeds, on two tasks.  Another than the package's own is taken only if its
average over *seen* suites is clearly better: the unseen suites, which the studies are about, have no say.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path
from statistics import mean
from typing import Any

from recipes import base
from study_answers import Record, minus, on_seen, seen, value
from ten_tasks import TASKS, StudyTask

from pocketbert.data import DataSettings, load
from pocketbert.recipe import Recipe, resolve
from pocketbert.tasks import load_task

SCORED = 600
EPOCHS = 6
METHODS = ("full", "lora")
STRONG = {"augmentation.ramp": 0.2, "augmentation.magnitude": 0.8}
POLICIES: dict[str, dict[str, Any]] = {
    "usual": {},
    "stronger": STRONG | {"augmentation.second": 0.5},
    "strongest": STRONG | {"augmentation.second": 0.8, "augmentation.clean_share": 0.2},
    "adaptive": {"augmentation.adaptive": True},
    "consistent": {"training.consistency": 1.0},
}
"""By name, what differs from the package's defaults; the first is the baseline."""
TITLES = {
    "usual": "the package's own",
    "stronger": "full strength from a fifth of training on and 0.8, a second operator in half of the views",
    "strongest": "the same, a second operator in 80 % of the views, 20 % of an epoch's texts clean",
    "adaptive": "after each epoch more of the operators that change answers to validation rows",
    "consistent": "consistency training with weight 1: each text beside its view, twice the work",
}


def policy_recipes(task: StudyTask, fields: dict[str, Any], folder: Path) -> dict[str, Recipe]:
    """Every policy and method, by name; scored on rows of the training split that none of them trains on."""
    train, held_back = divided(task, fields, folder)
    fields = base(task, {"evaluation.suites": "medium"} | fields)
    fields = {
        **{name: given for name, given in fields.items() if name != "data.data_dir"},
        "data.text": ("text",),
        "data.label": "label",
        "data.test": held_back,
        "data.limit": None,
        "augmentation.preset": load_task(task.task).augmentation,
        "training.patience": EPOCHS,
    }
    stage = {"epochs": EPOCHS, "data": "augmented"}
    return {
        f"{method}-{name}": resolve(
            str(train),
            fields | policy,
            stage | {"method": method},
        )
        for name, policy in POLICIES.items()
        for method in METHODS
    }


def divided(task: StudyTask, fields: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Training rows of a task in two files, to train on and to score: drawn once."""
    files = folder / "train.csv", folder / "held-back.csv"
    if not all(file.is_file() for file in files):
        splits = load(DataSettings(source=task.task, data_dir=fields["data.data_dir"]))
        rows = [(row["text"], splits.task.labels[row["label"]]) for row in splits.train]
        drawn = random.Random(0).sample(rows, min(len(rows), fields["data.limit"] + SCORED))
        folder.mkdir(parents=True, exist_ok=True)
        for file, part in zip(files, (drawn[SCORED:], drawn[:SCORED]), strict=True):
            with file.open("w", encoding="utf-8", newline="") as opened:
                csv.writer(opened).writerows([("text", "label"), *part])
    return files


def policy_table(known: dict[str, Record]) -> str:
    """A row for each policy and method, by task: clean text and the average over seen suites."""
    if not known:
        return "Not run yet."
    lines = [
        "| policy | method | " + " | ".join(f"{TASKS[name].title}: clean | seen" for name in known) + " |",
        "|---|---|" + "--:|--:|" * len(known),
    ]
    for name, title in TITLES.items():
        for method in METHODS if tried_on(known, name) else ():
            variant = f"{method}-{name}"
            cells = [
                cell
                for record in known.values()
                for cell in (value(record, variant, "clean"), on_seen(record, variant))
            ]
            lines.append(f"| {title} | {method} | " + " | ".join(cells) + " |")
    told = ", ".join(
        f"{name} {minus(f'{gain_on_seen(known, name):+.1f}')}"
        for name in list(POLICIES)[1:]
        if tried_on(known, name)
    )
    return "\n".join([*lines, "", f"On seen suites, on average, in points beside the package's own: {told}."])


def gain_on_seen(known: dict[str, Record], policy: str) -> float:
    """Points over the first policy, averaged over methods and the tasks that it was tried on."""
    first = next(iter(POLICIES))
    return mean(
        seen(record, f"{method}-{policy}") - seen(record, f"{method}-{first}")
        for record in tried_on(known, policy)
        for method in METHODS
    )


def tried_on(known: dict[str, Record], policy: str) -> list[Record]:
    """What is known of the tasks that a policy was tried on."""
    return [record for record in known.values() if f"{METHODS[0]}-{policy}" in record["variants"]]
