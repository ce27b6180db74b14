"""Pools: engines whose plans hold other proposals for the same texts, and that take turns every few epochs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pocketbert.augmentation.engine import Engine, View
from pocketbert.augmentation.policy import Policy
from pocketbert.text.edits import Span

POOLS = 4
"""More than these are not made: they come round again."""


@dataclass(frozen=True)
class Pools:
    """Draws views as an engine does, by one of `engines` for so many `epochs` and then by the next."""

    engines: tuple[Engine, ...]
    epochs: int

    @property
    def policy(self) -> Policy:
        return self.engines[0].policy

    def weighted(self, weights: Mapping[str, float]) -> "Pools":
        """The same pools, drawing operators by other weights."""
        return replace(self, engines=tuple(engine.weighted(weights) for engine in self.engines))

    def view(
        self,
        texts: tuple[str, ...],
        *,
        epoch: int,
        row: int,
        view: int = 0,
        progress: float = 1.0,
        kept: Sequence[tuple[int, Span]] = (),
    ) -> View:
        """The view of an example, as `Engine.view` draws it, from the pool of its epoch."""
        engine = self.engines[epoch // self.epochs % len(self.engines)]
        return engine.view(texts, epoch=epoch, row=row, view=view, progress=progress, kept=kept)


def pools_for(epochs: int, refresh: int) -> int:
    """How many pools a training of so many epochs draws from; `refresh`: epochs of each, 0 for one pool in all."""
    return min(POOLS, max(1, -(-epochs // refresh))) if refresh else 1
