"""The operators' weights that a run learns, epoch by epoch: the state of an adaptive policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pocketbert.augmentation.adaptive import adapted

if TYPE_CHECKING:
    import torch


@dataclass
class OperatorWeights:
    """What views of the epoch at hand are drawn by; it changes between two epochs alone.

    `flip_rates`: the share of held-out answers of a model that each operator changes.  `accepted`: the share of each
    operator's proposals that pass the guards.
    """

    usual: Mapping[str, float]
    flip_rates: Callable[[torch.nn.Module], Mapping[str, float]]
    accepted: Mapping[str, float] = field(default_factory=dict)
    current: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restore(self.current)

    def restore(self, weights: Mapping[str, float]) -> None:
        """Go on with what was learned before; with nothing, from the usual weights."""
        self.current = dict(weights) or dict(self.usual)


@dataclass(frozen=True)
class Adaptation:
    """Operators' weights that follow what one model stumbles over."""

    weights: OperatorWeights
    model: torch.nn.Module

    def learned(self) -> dict[str, dict[str, float]]:
        """The `weights` of the next epoch, and the `flip_rates` that they follow from."""
        known, rates = self.weights, dict(self.weights.flip_rates(self.model))
        return {"weights": adapted(known.current, known.usual, rates, known.accepted), "flip_rates": rates}
