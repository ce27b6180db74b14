"""Task distillation: a fine-tuned teacher's answers and layers, learned beside the labels of a task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pocketbert.distillation import losses
from pocketbert.distillation.mapping import ANSWERS_ALONE, Mapping, Shape, check_tokenizers, map_layers
from pocketbert.distillation.objectives import (
    Answers,
    Labels,
    LayerTransfer,
    Term,
    WeightedTerms,
)
from pocketbert.distillation.reading import (
    Reading,
    Teacher,
    Wanted,
    given,
    read_classifier,
    read_task_learner,
)
from pocketbert.distillation.task_settings import TaskTeacherSettings
from pocketbert.errors import ArgumentError
from pocketbert.tasks import Task
from pocketbert.training.fingerprint import fingerprint_of_weights
from pocketbert.training.matrix_product import fast_linear_layers
from pocketbert.training.objective import Objective, Supervised
from pocketbert.training.processes import accelerator
from pocketbert.wording import spelt

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

    from pocketbert.data.batches import Batch

LABELS_NAMED = 3
MOST_TIMES_AS_WIDE = 2
"""How many times as wide the values of a regression may be in one file as in another that asks the same."""


@dataclass(frozen=True, eq=False)
class FineTuned:
    """A classifier or a regression as a run left it."""

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    task: Task


@dataclass(frozen=True)
class Reads:
    """What must fit between a student and its teacher: sizes, tokens, the longest text in tokens."""

    shape: Shape
    tokenizer: PreTrainedTokenizerBase
    max_length: int


@dataclass(frozen=True, eq=False)
class TaskDistillation:
    """A teacher of a task: a `Teaching` of the training room."""

    settings: TaskTeacherSettings
    teacher: FineTuned
    mapping: Mapping
    columns: tuple[int, ...]
    """Where the teacher's logits hold each of the student's labels."""
    seed: int

    @classmethod
    def of(
        cls, settings: TaskTeacherSettings, teacher: FineTuned, task: Task, student: Reads, seed: int
    ) -> TaskDistillation:
        """A teacher and a student who fit.

        Raises ArgumentError for another task, other labels or values, another tokenizer, or layers that cannot be
        mapped.
        """
        check_tokenizers(student.tokenizer, teacher.tokenizer)
        check_length(teacher.name, teacher.model.config, student.max_length)
        columns = columns_of(task, teacher)
        if settings.answers:
            check_scale(task, teacher)
        mapping = map_for_task(settings, student.shape, Shape.of(teacher.model.config))
        return cls(settings, teacher, mapping, columns, seed)

    @property
    def fingerprint(self) -> str:
        """Hash of the teacher's weights."""
        return fingerprint_of_weights(self.teacher.model)

    @property
    def description(self) -> str:
        """Whom a run learns from, and what, for people."""
        settings = self.settings
        terms = ", ".join(f"{spelt(name)} {weight:g}" for name, weight in settings.weights.items())
        softened = settings.answers > 0 and self.teacher.task.kind == "classification"
        return (
            f"{self.teacher.name}{f', at temperature {settings.temperature:g}' if softened else ''}: {terms}"
        )

    @contextmanager
    def lesson(
        self, model: torch.nn.Module, labels: Supervised
    ) -> Iterator[tuple[torch.nn.Module, Objective]]:
        """For one stage: the model with what transfer adds to it, and what that minimises."""
        from pocketbert.distillation.learner import (
            make_task_learner,
            show_attention,
            without_attention_dropout,
        )

        teacher = self.teacher.model.to(accelerator().device).eval().requires_grad_(False)
        if self.settings.attention:
            show_attention(teacher)
            show_attention(model)
            without_attention_dropout(model)
        projected = self._layers if self.settings.feature_maps and self.mapping.projected else ()
        with fast_linear_layers(teacher):
            yield make_task_learner(model, projected, self.mapping.hidden, self.seed), self.objective(labels)

    def objective(self, labels: Supervised) -> WeightedTerms:
        """The weighted terms, of a learner that `lesson` makes; the layers' are shared out over them."""
        layers, weights = self._layers, self.settings.weights
        terms: dict[str, Term] = {
            "labels": Labels(labels),
            "answers": Answers(labels, self.settings.temperature),
            "feature_maps": LayerTransfer(losses.feature_map_transfer, layers),
            "attention": LayerTransfer(losses.attention_transfer, layers, "attention"),
        }
        weights |= {
            name: weights[name] / len(layers) for name in weights.keys() & {"feature_maps", "attention"}
        }
        teacher = Teacher(self.teacher.model, self.mapping, self._read_teacher)
        return WeightedTerms(
            {name: (weight, terms[name]) for name, weight in weights.items()}, read_task_learner, teacher
        )

    @property
    def _layers(self) -> tuple[int, ...]:
        """The student's layers that learn from others, from 1."""
        return tuple(range(1, len(self.mapping.layers)))

    def _read_teacher(self, model: torch.nn.Module, batch: Batch, wanted: Wanted) -> Reading:
        """What the teacher makes of rows, its answers in the order of the student's labels."""
        reading = read_classifier(model, batch, wanted)
        return replace(reading, scores=given(reading.scores)[:, list(self.columns)])


def map_for_task(settings: TaskTeacherSettings, student: Shape, teacher: Shape) -> Mapping:
    """Which layers teach which.  Raises ArgumentError, naming the dimension, when they cannot be paired."""
    if not settings.teaches_layers:
        return ANSWERS_ALONE
    return map_layers(
        student, teacher, attention=settings.attention > 0, layers=settings.layers, section="teacher"
    )


def check_length(name: str, config: PreTrainedConfig, max_length: int) -> None:
    """Raise ArgumentError when a teacher cannot read the longest texts."""
    most = getattr(config, "max_position_embeddings", 0)
    if 0 < most < max_length:
        raise ArgumentError(
            f"the teacher {name} reads at most {most} tokens, not {max_length}; set data.max_length = {most}"
        )


def check_scale(task: Task, teacher: FineTuned) -> None:
    """Raise ArgumentError when a teacher's values are of another scale than those of a regression."""
    if task.label_range is None or teacher.task.label_range is None:
        return
    (low, high), (lowest, highest) = task.label_range, teacher.task.label_range
    narrow, wide = sorted((high - low, highest - lowest))
    if wide > MOST_TIMES_AS_WIDE * narrow or max(low, lowest) > min(high, highest):
        raise ArgumentError(
            f"the teacher {teacher.name} learned values from {lowest:g} to {highest:g}, the data has {low:g} to "
            f"{high:g}; name a run on the same scale, or set teacher.answers = 0"
        )


def columns_of(task: Task, teacher: FineTuned) -> tuple[int, ...]:
    """Where the teacher's logits hold each of a task's labels; the one value of a regression.

    Raises ArgumentError when the teacher answers another question.
    """
    theirs = teacher.task
    if theirs.kind != task.kind:
        raise ArgumentError(
            f"the teacher {teacher.name} was trained for a {theirs.kind}, the data is a {task.kind}; name a run on "
            "the same task"
        )
    if len(theirs.text) != len(task.text):
        sides = {1: "one text", 2: "pairs of texts"}
        raise ArgumentError(
            f"the teacher {teacher.name} reads {sides[len(theirs.text)]}, the data has {sides[len(task.text)]}; name a "
            "run on the same task"
        )
    lacking = [label for label in task.labels if label not in theirs.labels]
    foreign = [label for label in theirs.labels if label not in task.labels]
    if lacking or foreign:
        parts = [
            f"it lacks {_named(lacking)}" if lacking else "",
            f"it has {_named(foreign)}" if foreign else "",
        ]
        raise ArgumentError(
            f"the teacher {teacher.name} knows other labels than the data: {' and '.join(filter(None, parts))}; name a "
            "run on the same labels"
        )
    return tuple(theirs.labels.index(label) for label in task.labels) or (0,)


def _named(labels: list[str]) -> str:
    more = len(labels) - LABELS_NAMED
    shown = ", ".join(f"'{label:.40}'" for label in labels[:LABELS_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
