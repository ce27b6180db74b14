"""What is measured and how: the recipe's `[evaluation]`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pocketbert.evaluation.suite_names import split_suite_name


class EvaluationSettings(BaseModel):
    """Robustness suites, intervals, and what the report shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    suites: Literal["all", "none"] | tuple[str, ...] = Field(
        "all",
        description="Robustness suites to score: all, none, or names such as typo@2 (operator@severity).",
    )
    seed: int = Field(0, ge=0, description="Seed of the perturbed texts and of the bootstrap.")
    bootstrap_samples: int = Field(1000, ge=100, le=100_000, description="Resamples behind each interval.")
    confidence: float = Field(0.95, gt=0.5, lt=1.0, description="Share of resamples that an interval holds.")
    examples: int = Field(
        12, ge=0, le=200, description="Texts shown in the report of each kind; 0 keeps all texts out of it."
    )

    @field_validator("suites", mode="before")
    @classmethod
    def _one_name_is_a_list(cls, value: object) -> object:
        names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        if isinstance(names, list | tuple):
            return names[0] if len(names) == 1 and names[0] in ("all", "none") else tuple(names)
        return names

    @field_validator("suites")
    @classmethod
    def _known_suites(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(value, tuple):
            for name in value:
                split_suite_name(name)
        return value
