"""A text in the words of the tiny backbone, and recipes of seconds."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from commands import ADJECTIVES, DAYS, NOUNS
from pocketbert.distillation.settings import DistillationRecipe

Recipes = Callable[..., DistillationRecipe]
SHAPE = {
    "layers": 2, "heads": 2, "hidden": 24, "bottleneck": 16, "embedding": 8, "feed_forward": 12,
    "feed_forward_networks": 2, "positions": 64,
}  # fmt: skip


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = Random(0)
    adjectives = sorted(sum(ADJECTIVES.values(), ()))
    lines = [
        f"the {random.choice(NOUNS)} was {random.choice(adjectives)} on {random.choice(DAYS)}."
        for _ in range(400)
    ]
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def recipes(text: Path, tiny_backbone: Path) -> Recipes:
    """A distillation of a few updates; each argument is a section's fields, set over the others'."""

    def recipe(**sections: dict[str, Any]) -> DistillationRecipe:
        content: dict[str, dict[str, Any]] = {
            "text": {"sources": (str(text),)},
            "teacher": {"name": str(tiny_backbone)},
            "student": {"shape": SHAPE},
            "schedule": {"true_share": 1.0},
            "training": {
                "steps": 12, "batch_size": 4, "lengths": (16,), "threads": 1, "checkpoint_seconds": 0,
                "learning_rate": 5e-3,
            },
        }  # fmt: skip
        for name, fields in sections.items():
            content[name] = content.get(name, {}) | fields
        return DistillationRecipe.model_validate(content)

    return recipe
