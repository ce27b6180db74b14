"""A teacher and a student as a recipe names them: how they map, and which stages that makes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pocketbert.distillation.course import share_of_rate, split_steps
from pocketbert.distillation.embeddings import check_embeddings
from pocketbert.distillation.mapping import ANSWERS_ALONE, Mapping, Shape, check_tokenizers, map_layers
from pocketbert.distillation.models import as_teacher, check_head, with_head
from pocketbert.distillation.schedule import StagePlan, plan_stages
from pocketbert.distillation.settings import BottleneckShape, DistillationRecipe
from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from pocketbert.backbone import Backbone
    from pocketbert.backbone.masked_lm import MaskedLanguageModel
    from pocketbert.backbone.stock_head import LanguageModel

UNLIMITED = 1_000_000  # tokens: encoders whose positions are relative read any length


@dataclass(frozen=True)
class Pair:
    """Who learns from whom.

    `teacher`, `start`: the backbones that the recipe names for the teacher and for what the student starts from.
    """

    recipe: DistillationRecipe
    teacher: Backbone | None
    start: Backbone | None
    tokenizer: PreTrainedTokenizerBase

    def check(self) -> None:
        """Raise ArgumentError, before anything is done, for a pair or a number of updates that cannot be."""
        if self.teacher and self.start:
            check_tokenizers(self.start.tokenizer, self.teacher.tokenizer)
        if self.teacher and self.recipe.schedule.wants_soft_targets:
            check_head(self.teacher)
            self._check_vocabularies(self.teacher)
        longest = max(self.recipe.training.lengths)
        for name, most in (("student", self.student_positions), ("teacher", self.teacher_positions)):
            if most < longest:
                raise ArgumentError(
                    f"the {name} reads at most {most} tokens, but training.lengths has {longest}; choose {most} or less"
                )
        _ = self.mapping, self.stages
        if self.recipe.takes_embeddings:
            self._check_embeddings()
        if self.start:
            self._check_layers(self.start)

    @cached_property
    def teacher_model(self) -> LanguageModel | None:
        """The teacher named, with its masked-LM head."""
        return as_teacher(self.teacher) if self.teacher else None

    @cached_property
    def start_model(self) -> MaskedLanguageModel | None:
        """What the student starts from, with its masked-LM head."""
        return with_head(self.start) if self.start else None

    @property
    def student_positions(self) -> int:
        """The longest text that the student reads, in tokens."""
        return positions_of(self.start, self.recipe.student.shape)

    @property
    def teacher_positions(self) -> int:
        """The longest text that the teacher reads, in tokens; of none, what the student reads."""
        if self.teacher is None and not self.recipe.trains_teacher:
            return self.student_positions
        return positions_of(self.teacher, self.recipe.teacher.shape)

    @property
    def student_shape(self) -> Shape:
        return shape_of(self.start, self.recipe.student.shape)

    @property
    def teacher_shape(self) -> Shape:
        return shape_of(self.teacher, self.recipe.teacher.shape)

    def _check_embeddings(self) -> None:
        """A new student takes over the teacher's, whether that is there yet or not."""
        tokens, sizes = len(self.tokenizer), self.recipe.teacher.shape
        known = self.teacher.encoder.get_input_embeddings().weight.shape if self.teacher else None
        check_embeddings((tokens, self.recipe.student.shape.embedding), known or (tokens, sizes.embedding))

    def _check_layers(self, start: Backbone) -> None:
        """Where one layer learns after another, each must have weights of its own."""
        names = [f"encoder.{name}" for name, _ in start.encoder.named_parameters()]
        if not all(any(share_of_rate(plan, name) for name in names) for plan, _, _ in self.stages):
            raise ArgumentError(
                f"the weights of the student {start.name} do not tell by their names which layer is theirs, so layers "
                "cannot learn one after another; set schedule.kind = 'joint'"
            )

    def _check_vocabularies(self, teacher: Backbone) -> None:
        """Scores of both models are compared token by token."""
        ours = self.start.encoder.config.vocab_size if self.start else len(self.tokenizer)
        theirs = teacher.encoder.config.vocab_size
        if ours != theirs:
            raise ArgumentError(
                f"the teacher scores {theirs:,} tokens, the student {ours:,}, so its answers cannot be soft targets; "
                "set schedule.true_share = 1"
            )

    @cached_property
    def mapping(self) -> Mapping | None:
        """Which of the teacher's layers each of the student's learns from; None without a teacher.

        Raises ArgumentError when they cannot be mapped.
        """
        recipe = self.recipe
        if not recipe.needs_teacher:
            return None
        if not recipe.schedule.transfer:
            return ANSWERS_ALONE
        return map_layers(
            self.student_shape,
            self.teacher_shape,
            attention=recipe.schedule.attention > 0,
            layers=recipe.schedule.layers,
        )

    @cached_property
    def stages(self) -> tuple[tuple[StagePlan, int, int], ...]:
        """The student's stages, each with its first update and how many it has.

        Raises ArgumentError when one has none.
        """
        plans = plan_stages(self.recipe.schedule, self.student_shape.layers)
        spans = split_steps(self.recipe.training.steps, plans)
        return tuple((plan, *span) for plan, span in zip(plans, spans, strict=True))


def shape_of(backbone: Backbone | None, planned: BottleneckShape) -> Shape:
    """The sizes of a model that exists, or of one that is to be made."""
    if backbone is not None:
        return Shape.of(backbone.encoder.config)
    return Shape(planned.layers, planned.heads, planned.hidden)


def positions_of(backbone: Backbone | None, planned: BottleneckShape) -> int:
    """The longest text that a model reads, that exists or is to be made."""
    if backbone is not None:
        return int(getattr(backbone.encoder.config, "max_position_embeddings", 0)) or UNLIMITED
    return planned.positions
