"""The recipe's `[teacher]` section: a fine-tuned model that a task is learned from, beside its labels."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from pocketbert.errors import ArgumentError

OWN = "own"


class TaskTeacherSettings(BaseModel):
    """Whose answers, and which of its layers, are learned with the labels."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    section: ClassVar[str] = "teacher"

    run: str | None = Field(
        None,
        min_length=1,
        description="Run folder of a larger model fine-tuned on the same labels; left out, the labels alone teach.",
    )
    labels: float = Field(0.5, ge=0, description="Weight of the labels.")
    answers: float = Field(
        0.5,
        ge=0,
        description="Weight of the teacher's answers: its softened probabilities, or the values of a regression.",
    )
    temperature: float = Field(
        2.0,
        ge=0.1,
        le=100,
        description="What both models' logits are divided by before their probabilities are compared.",
    )
    feature_maps: float = Field(
        0.0, ge=0, description="Weight of feature-map transfer, shared out over the layers."
    )
    attention: float = Field(
        0.0, ge=0, description="Weight of attention transfer, shared out over the layers."
    )
    layers: tuple[PositiveInt, ...] | None = Field(
        None,
        description="The teacher's layer for each of the student's, counted from 1; left out, evenly spread up to "
        "the last.",
    )

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the terms in use, by name."""
        every = {name: getattr(self, name) for name in ("labels", "answers", "feature_maps", "attention")}
        return {name: weight for name, weight in every.items() if weight}

    @property
    def teaches_layers(self) -> bool:
        """Whether anything within the models is learned, besides answers."""
        return self.feature_maps > 0 or self.attention > 0

    def placed(self) -> Self:
        """The same, naming the same folder from any working directory."""
        if self.run is None:
            return self
        return self.model_copy(update={"run": str(Path(self.run).expanduser().absolute())})

    @model_validator(mode="after")
    def _somebody_teaches_something(self) -> Self:
        if self.run is None and self.model_dump() != type(self).model_construct().model_dump():
            raise ArgumentError(
                f"what a teacher teaches is given, but no teacher: name its run folder, as in {self.section}.run = "
                '"runs/large"'
            )
        if not self.labels and not self.answers:
            raise ArgumentError(
                f"[{self.section}]: labels = 0 and answers = 0 teach no answer; give one of them a weight"
            )
        if not self.answers and not self.teaches_layers:
            raise ArgumentError(
                f"[{self.section}] teaches nothing; give answers, feature_maps or attention a weight, or leave out run"
            )
        if self.layers is not None and not self.teaches_layers:
            raise ArgumentError(
                f"{self.section}.layers is given, but no layer teaches; give feature_maps or attention a weight"
            )
        return self


class FinetuningTeacherSettings(TaskTeacherSettings):
    """The same where a distillation ends in a task: its own teacher may teach that too."""

    section: ClassVar[str] = "finetuning.teacher"
    run: str | None = Field(
        None,
        min_length=1,
        description="Run folder of a model fine-tuned on the same labels, or `own`: this run's teacher is fine-tuned "
        "first, by the same recipe, into `teacher-finetuning/`; left out, what the task's recipe says.",
    )

    @property
    def is_own(self) -> bool:
        """Whether the run's own teacher teaches the task."""
        return self.run == OWN

    def placed(self) -> Self:
        return self if self.is_own else super().placed()

    def taking(self, run: str) -> TaskTeacherSettings:
        """The same as a task's own recipe says it, of a teacher in a run folder."""
        return TaskTeacherSettings.model_validate(self.model_dump() | {"run": run})
