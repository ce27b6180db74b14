"""What brings LoRA nearer to full tuning where the first study finds it more than a point behind."""

from __future__ import annotations

from typing import Any

from recipes import clean_text
from study_answers import Record, change, gain, saving, value
from ten_tasks import TASKS, StudyTask

from pocketbert.recipe import Recipe, resolve

REMEDY_TASKS = ("cola", "mrpc", "unfair")
TITLES = {
    "full": "full tuning",
    "lora": "LoRA as in the other studies: query and value, rank 8, rate 2e-3",
    "faster": "rate 5e-3",
    "wider": "on every matrix, rank 4",
    "feed-forwards": "on the feed-forwards, rank 8",
    "longer": "twice the epochs",
    "balanced": "labels weighed by how rare they are",
}
"""By name, first the baseline and what is to be mended, then the remedies."""


def remedy_recipes(task: StudyTask, fields: dict[str, Any]) -> dict[str, Recipe]:
    """Each variant on clean text, by name."""
    fields = clean_text(task, fields)
    changes: dict[str, dict[str, Any]] = {
        "wider": {"lora.preset": "all", "lora.rank": 4, "lora.alpha": 16.0},
        "feed-forwards": {"lora.preset": "ffn"},
        "longer": {"training.patience": 2 * task.epochs},
        "balanced": {"training.class_weights": "balanced"},
    }
    stages: dict[str, dict[str, Any]] = {
        "full": {"method": "full"},
        "faster": {"learning_rate": 5e-3},
        "longer": {"epochs": 2 * task.epochs},
    }
    usual = {"epochs": task.epochs, "data": "clean", "method": "lora"}
    return {
        name: resolve(task.task, fields | changes.get(name, {}), usual | stages.get(name, {}))
        for name in TITLES
    }


def remedy_table(known: dict[str, Record]) -> str:
    """Every variant on validation and test rows, and what validation rows would choose, task by task."""
    if not known:
        return "Not run yet."
    return "\n\n".join(one_table(TASKS[name].title, record) for name, record in known.items())


def one_table(title: str, record: Record) -> str:
    """A row for full tuning, for LoRA as it is and for each remedy."""
    lines = [
        f"| {title} | trains | time | validation | test | less full tuning |",
        "|---|--:|---|--:|--:|---|",
    ]
    for variant, told in TITLES.items():
        cost = record["variants"][variant]["cost"]
        cells = [
            f"{cost['trainable'] / cost['parameters']:.1%}",
            "" if variant == "full" else change(saving(record, variant, "seconds")),
            f"{100 * record['validation'][variant]:.1f}",
            value(record, variant, "clean"),
            gain(record, "cost", "full", variant, "clean"),
        ]
        lines.append(f"| {told} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"Validation rows choose: {TITLES[chosen(record)]}."])


def chosen(record: Record) -> str:
    """The adapter that does best on validation rows."""
    found: dict[str, float] = record["validation"]
    return max((name for name in TITLES if name != "full"), key=found.__getitem__)
