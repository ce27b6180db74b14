"""The policy: how much augmentation, of which kinds, what stays protected (`[augmentation]` of a recipe)."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pocketbert.augmentation.operators import OPERATORS
from pocketbert.errors import ArgumentError, unknown_name

EVERYTHING = "everything"
"""The only preset that may train on held-out operators."""


class Preset(BaseModel):
    """What a kind of task allows; the presets are data, in `presets.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    operators: dict[str, float]
    protect: tuple[str, ...]
    sides: Literal["each", "one"]
    strength: float
    changes_labels: tuple[str, ...] = ()


@cache
def presets() -> Mapping[str, Preset]:
    """Every preset by its name."""
    tables = tomllib.loads(files(__package__).joinpath("presets.toml").read_text("utf-8"))
    return {name: Preset(**table) for name, table in tables.items()}


class Policy(BaseModel):
    """How training text is varied, epoch by epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(default=True, description="Vary training text afresh every epoch.")
    preset: str = Field(
        default="default",
        description="What the task allows: default, grammar, inference, paraphrase, sentiment, qa or everything.",
    )
    clean_share: float = Field(
        default=0.3, ge=0, le=1, description="Share of each epoch's examples left as they are."
    )
    warm_up: float = Field(
        default=0.1, ge=0, le=1, description="First share of training in which all text is clean."
    )
    ramp: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of training after which strength is full; it rises evenly until then.",
    )
    magnitude: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Full strength, 0 to 1, in place of the preset's; above 0.9 stop words become noise.",
    )
    second: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Chance, at full strength, that a second operator varies the same text.",
    )
    operators: dict[str, float] = Field(
        default_factory=dict,
        description="Operators to draw from, with weights or as a list, in place of the preset's.",
    )
    adaptive: bool = Field(
        default=False,
        description="After each epoch, more of the operators that change the model's answers to validation rows, "
        "less of those whose proposals the guards reject.",
    )
    context_guard: str | None = Field(
        default=None,
        min_length=1,
        description="Model that rejects words which do not fit their sentence, before views are drawn: `bundled`, a "
        "folder or a model of the hub, with a masked-LM head; left out, no model is asked.",
    )
    masked_lm: str = Field(
        default="bundled",
        min_length=1,
        description="Model with a masked-LM head that proposes words, where `operators` names masked-lm.",
    )
    masked_lm_refresh: int = Field(
        default=3,
        ge=0,
        description="Epochs after which masked-lm proposes words for other places of long texts; 0: it never does.",
    )
    translators: tuple[str, str] | None = Field(
        default=None,
        description="Two sequence-to-sequence models of the hub, or folders, one into another language and one back, "
        "where `operators` names back-translation.",
    )
    agreement: str | None = Field(
        default=None,
        min_length=1,
        description="Folder of a run on the same task, trained on clean text: a view that it answers unlike the text "
        "is drawn again, then left out.",
    )
    protected: tuple[str, ...] = Field(
        default=(), description="Words and phrases of your own that are never changed."
    )
    protected_patterns: tuple[str, ...] = Field(
        default=(), description="Regular expressions; what they match is never changed."
    )

    @field_validator("operators", mode="before")
    @classmethod
    def _weigh_alike(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = [value]
        return dict.fromkeys(value, 1.0) if isinstance(value, (list, tuple)) else value

    @model_validator(mode="after")
    def _check(self) -> "Policy":
        if self.preset not in presets():
            raise ArgumentError(unknown_name("augmentation preset", self.preset, presets()))
        for name, weight in self.operators.items():
            if name not in OPERATORS:
                raise ArgumentError(unknown_name("augmentation operator", name, OPERATORS))
            if not 0 < weight < float("inf"):
                raise ArgumentError(
                    f"augmentation.operators: the weight of '{name}' is {weight}; give one above 0"
                )
            if OPERATORS[name].held_out and self.preset != EVERYTHING:
                raise ArgumentError(
                    f"augmentation.operators: '{name}' is held out for robustness suites; "
                    f"only preset '{EVERYTHING}' trains on it"
                )
            if OPERATORS[name].resources and name in presets()[self.preset].changes_labels:
                raise ArgumentError(
                    f"augmentation.operators: '{name}' could change labels under preset '{self.preset}'; leave it out"
                )
        if "back-translation" in self.operators and self.translators is None:
            raise ArgumentError(
                "augmentation.operators: 'back-translation' needs two models; name them, as in "
                'augmentation.translators = ["Helsinki-NLP/opus-mt-en-de", "Helsinki-NLP/opus-mt-de-en"]'
            )
        if self.ramp < self.warm_up:
            raise ArgumentError(
                f"augmentation.ramp: {self.ramp} comes before warm_up {self.warm_up}; raise it"
            )
        if any(not word.strip() for word in self.protected):
            raise ArgumentError("augmentation.protected: an empty word; remove it")
        for pattern in self.protected_patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ArgumentError(
                    f"augmentation.protected_patterns: '{pattern}' is no regular expression: {error}"
                ) from error
        return self

    @property
    def asks_models(self) -> bool:
        """Whether views hang on models, which this room does not load."""
        named = self.context_guard is not None or self.agreement is not None
        return named or any(OPERATORS[name].resources for name in self.weights)

    def placed(self) -> "Policy":
        """The same, naming the same folders from any working directory."""
        named = {name: getattr(self, name) for name in ("context_guard", "masked_lm", "agreement")}
        folders = {
            name: Path(value).expanduser() for name, value in named.items() if value not in (None, "bundled")
        }
        moved = [Path(name).expanduser() for name in self.translators or ()]
        there = {"translators": tuple(str(path.absolute() if path.is_dir() else path) for path in moved)}
        return self.model_copy(
            update=(there if moved else {})
            | {name: str(path.absolute()) for name, path in folders.items() if path.is_dir()}
        )

    @property
    def weights(self) -> Mapping[str, float]:
        """The operators this policy draws from, with their weights."""
        return self.operators or presets()[self.preset].operators

    @property
    def full_strength(self) -> float:
        """The strength reached when the ramp ends."""
        return presets()[self.preset].strength if self.magnitude is None else self.magnitude

    def strength(self, progress: float) -> float:
        """Strength at this share of training: 0 while warming up, then a ramp from a quarter to full."""
        if progress < self.warm_up:
            return 0.0
        if progress >= self.ramp:
            return self.full_strength
        return self.full_strength * (0.25 + 0.75 * (progress - self.warm_up) / (self.ramp - self.warm_up))
