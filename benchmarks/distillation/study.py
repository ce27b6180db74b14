"""What is compared: one teacher, students that differ in what they learn from it, and the tasks they are tried on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
TEXT = SHARED / "corpus" / "wikipedia.txt.xz"
SEEDS = 3
TEACHER = "teacher"

WITHOUT_TRANSFER = {"attention": 0.0, "feature_maps": 0.0}


@dataclass(frozen=True)
class Student:
    """A row of the table: what a student learns from its teacher, in the words of the recipe's `[schedule]`."""

    title: str
    schedule: dict[str, Any]
    teacher_embeddings: bool = True


STUDENTS = {
    "alone": Student("no teacher", WITHOUT_TRANSFER | {"true_share": 1.0}, teacher_embeddings=False),
    "embeddings": Student("the teacher's embeddings alone", WITHOUT_TRANSFER | {"true_share": 1.0}),
    "answers": Student("pre-training distillation", WITHOUT_TRANSFER),
    "feature-maps": Student("+ feature maps, progressive", {"kind": "progressive", "attention": 0.0}),
    "progressive": Student("+ feature maps and attention, progressive", {"kind": "progressive"}),
    "joint": Student("+ feature maps and attention, joint", {"kind": "joint"}),
    "auxiliary": Student("+ feature maps and attention, auxiliary", {"kind": "auxiliary"}),
}

CONTRASTS: dict[str, dict[str, int]] = {
    "the teacher's embeddings": {"embeddings": 1, "alone": -1},
    "the teacher's answers": {"answers": 1, "embeddings": -1},
    "feature maps": {"feature-maps": 1, "answers": -1},
    "attention": {"progressive": 1, "feature-maps": -1},
    "feature maps, more than answers": {"feature-maps": 1, "answers": -2, "embeddings": 1},
    "feature maps, more than attention": {"feature-maps": 2, "answers": -1, "progressive": -1},
    "progressive, not joint": {"progressive": 1, "joint": -1},
    "progressive, not auxiliary": {"progressive": 1, "auxiliary": -1},
    "all that a teacher gives": {"progressive": 1, "alone": -1},
}
"""What is compared: students that differ in what is named, or two such differences."""

EXPECTED = {
    "Feature maps help most": (
        "feature maps",
        "feature maps, more than answers",
        "feature maps, more than attention",
    ),
    "Attention adds": ("attention",),
    "Progressive is best": ("progressive, not joint", "progressive, not auxiliary"),
}
"""What the paper (MobileBERT, section 4.6) has, and the contrasts that must all be gains for it to be seen here."""


@dataclass(frozen=True)
class Tried:
    """A task that every model is fine-tuned on."""

    title: str
    task: str
    """Name in the catalogue."""
    folder: str
    epochs: int
    limit: int | None = None


TASKS = {
    "sst2": Tried("SST-2", "sst2", "glue/SST-2", 4, limit=4000),
    "trec6": Tried("TREC-6", "trec6", "trec", 6),
}
RATES = (5e-4, 1e-3, 2e-3)
"""Peak learning rates of fine-tuning to choose from, for each model on validation rows with its first seed."""


@dataclass(frozen=True)
class Scale:
    """How large everything is: students of one shape and one number of tokens."""

    budget: int = 3_000_000
    """Tokens that a student reads, over all its stages."""
    teacher_budgets: int = 4
    """Budgets of tokens that the teacher reads."""
    windows: int = 32
    length: int = 64
    learning_rate: float = 1e-3
    held_out_windows: int = 512
    layers: int = 4
    heads: int = 4
    hidden: int = 192
    embedding: int = 96
    teacher_bottleneck: int = 256
    teacher_feed_forward: int = 512
    bottleneck: int = 64
    feed_forward: int = 256
    feed_forward_networks: int = 2
    limit: int | None = None
    """Train on at most so many rows of each task."""
    epochs: int | None = None
    """Epochs of every fine-tuning, in place of the task's own."""

    @property
    def steps(self) -> int:
        """Updates of a student."""
        return max(1, round(self.budget / (self.windows * self.length)))

    @property
    def shape(self) -> dict[str, int]:
        """The student's sizes, as the recipe names them."""
        shared = {name: getattr(self, name) for name in ("layers", "heads", "hidden", "embedding")}
        own = {name: getattr(self, name) for name in ("bottleneck", "feed_forward", "feed_forward_networks")}
        return shared | own | {"positions": self.length}

    @property
    def teacher_shape(self) -> dict[str, int]:
        wide = {"bottleneck": self.teacher_bottleneck, "feed_forward": self.teacher_feed_forward}
        return self.shape | wide | {"feed_forward_networks": 1}


def quick(scale: Scale) -> Scale:
    """The same with next to nothing to do."""
    small = replace(scale, budget=512, windows=1, length=32, held_out_windows=4, limit=32, epochs=1)
    return replace(small, layers=2, hidden=32, embedding=16, teacher_bottleneck=32, teacher_feed_forward=32,
                   bottleneck=16, feed_forward=32)  # fmt: skip


@dataclass(frozen=True)
class Pretraining:
    """One run of `distill`: the teacher, or a student with a seed."""

    model: str
    seed: int = 0

    @property
    def name(self) -> str:
        return self.model if self.model == TEACHER else f"{self.model}-seed-{self.seed}"


@dataclass(frozen=True)
class Tuning:
    """One fine-tuning of a pre-trained model."""

    model: Pretraining
    task: str
    learning_rate: float

    @property
    def name(self) -> str:
        return f"{self.model.name}-{self.task}-{self.learning_rate:g}"

    @property
    def record(self) -> dict[str, Any]:
        """What tells its line in the results from another's."""
        return {**asdict(self.model), "task": self.task, "learning_rate": self.learning_rate}
