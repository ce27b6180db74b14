"""What the training loop is told of a stage: its updates, what it minimises, how it is scored, who hears of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pocketbert.training.checkpoint import Checkpoints
from pocketbert.training.objective import Batch, Objective
from pocketbert.training.operator_weights import Adaptation
from pocketbert.training.optimizer import same_for_all
from pocketbert.training.settings import TrainingSettings

if TYPE_CHECKING:
    import torch


class Updates(Protocol):
    """What a stage trains on: its updates, each the batches whose gradients are added up."""

    @property
    def epochs(self) -> int: ...
    @property
    def updates_per_epoch(self) -> int: ...
    def updates(self, start: int = 0) -> Generator[Sequence[Batch], None, None]:
        """Updates from number `start` of the whole stage on: the same ones whatever came before."""


class Score(Protocol):
    """Validation metrics of a model; the loop chooses checkpoints by the first of them."""

    def __call__(self, model: torch.nn.Module, /) -> dict[str, float]: ...


class Listener(Protocol):
    """Hears how training goes: what a progress bar shows."""

    def __call__(self, step: int, steps: int, figures: dict[str, float]) -> None: ...


@dataclass(frozen=True)
class StageRun:
    """What the loop needs to know of one stage."""

    data: Updates
    objective: Objective
    score: Score
    learning_rate: float
    settings: TrainingSettings
    precision: str
    checkpoints: Checkpoints
    history: Path
    listener: Listener
    share_of_rate: Callable[[str], float] = same_for_all
    """The share of the learning rate that a parameter, by name, trains at."""
    adaptation: Adaptation | None = None
    """What is learned between two epochs of the operators that views are drawn by."""
