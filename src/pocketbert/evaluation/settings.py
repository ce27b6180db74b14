"""What is measured and how: the recipe's `[evaluation]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pocketbert.evaluation.suite_files.settings import SuiteFile
from pocketbert.evaluation.suite_names import MEDIUM_SUITES, SUITES, split_suite_name

ALL, MEDIUM, NONE = "all", "medium", "none"


class EvaluationSettings(BaseModel):
    """Robustness suites, intervals, and what the report shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    suites: Literal["all", "medium", "none"] | tuple[SuiteFile | str, ...] = Field(
        "all",
        description="Robustness suites to score: all, medium (each operator once), none, names such as typo@2 "
        "(operator@severity), and files.",
    )
    seed: int = Field(0, ge=0, description="Seed of the perturbed texts and of the bootstrap.")
    bootstrap_samples: int = Field(1000, ge=100, le=100_000, description="Resamples behind each interval.")
    confidence: float = Field(0.95, gt=0.5, lt=1.0, description="Share of resamples that an interval holds.")
    examples: int = Field(
        12, ge=0, le=200, description="Texts shown in the report of each kind; 0 keeps all texts out of it."
    )

    @field_validator("suites", mode="before")
    @classmethod
    def _entries(cls, value: object) -> object:
        """A line of names becomes a list, a file's name or description a suite file, one group of suites a word."""
        if isinstance(value, str):
            value = [name.strip() for name in value.split(",")]
        if not isinstance(value, list | tuple):
            return value
        suites = tuple(suite for entry in value for suite in map(SuiteFile.of, _names(entry)))
        return suites[0] if len(suites) == 1 and suites[0] in (ALL, MEDIUM, NONE) else suites

    @field_validator("suites")
    @classmethod
    def _known_suites(cls, value: str | tuple[SuiteFile | str, ...]) -> str | tuple[SuiteFile | str, ...]:
        for name in value if isinstance(value, tuple) else ():
            if name == NONE:
                raise ValueError("'none' stands alone; leave it out, or the other suites")
            if isinstance(name, str) and name not in (ALL, MEDIUM):
                split_suite_name(name)
        return value

    @property
    def operators(self) -> tuple[str, ...]:
        """Names of the suites that operators make."""
        chosen = (self.suites,) if isinstance(self.suites, str) else self.suites
        groups = {ALL: SUITES, MEDIUM: MEDIUM_SUITES, NONE: ()}
        names = (groups.get(name, (name,)) for name in chosen if isinstance(name, str))
        return tuple(dict.fromkeys(name for group in names for name in group))

    @property
    def files(self) -> tuple[SuiteFile, ...]:
        """Suites that somebody wrote."""
        return tuple(suite for suite in self.suites if isinstance(suite, SuiteFile))

    def placed(self) -> EvaluationSettings:
        """The same, naming the same files from any working directory."""
        if not self.files:
            return self
        suites = (suite.placed() if isinstance(suite, SuiteFile) else suite for suite in self.suites)
        return self.model_copy(update={"suites": tuple(suites)})


def _names(entry: object) -> Sequence[object]:
    """An entry, or several names that stand in it; a file's name may hold a comma."""
    one = not isinstance(entry, str) or isinstance(SuiteFile.of(entry), SuiteFile)
    return [entry] if one else [name.strip() for name in str(entry).split(",")]
