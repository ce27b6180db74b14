"""Where the windows of an epoch lie in a stream of tokens, and in which order they are read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pocketbert.augmentation import permutation
from pocketbert.augmentation.draw import Draws, key_of, number_of

_SHIFT, _CELLS, _WITHIN = (number_of(name) for name in ("window shift", "window cells", "window order"))


@dataclass(frozen=True)
class Windows:
    """A partition of the stream into windows, other every epoch.

    The stream, read as a ring from a drawn place on, is cut into cells that hold the text of a longest window.
    The cells, in drawn order, are dealt to the updates; the cells of all updates of one shorter length are cut
    into such windows, which are dealt out again, so that neighbours in the text meet in no update but by chance.
    `special`: tokens of a window that are not text.
    """

    tokens: int
    lengths: tuple[int, ...]
    special: int
    batch_size: int
    seed: int

    @property
    def cell(self) -> int:
        """Tokens of text in a longest window."""
        return max(self.lengths) - self.special

    @property
    def updates_per_epoch(self) -> int:
        """Whole updates; the cells that are left over are others every epoch."""
        return self.tokens // self.cell // self.batch_size

    def update(self, epoch: int, number: int) -> tuple[np.ndarray, int]:
        """Where the text of each window of an update starts in the stream, and the length of these windows.

        *Shape:* (windows,)
        """
        length = self.lengths[number % len(self.lengths)]
        rank = sum(self.lengths[at % len(self.lengths)] == length for at in range(number % len(self.lengths)))
        rank += number // len(self.lengths) * self.lengths.count(length)
        starts = epoch_starts(self, epoch, length)
        rows = self.batch_size * (max(self.lengths) // length)
        return starts[rank * rows : (rank + 1) * rows], length


@lru_cache(maxsize=8)
def epoch_starts(windows: Windows, epoch: int, length: int) -> np.ndarray:
    """Starts of all windows of one length in an epoch, in the order they are read.  *Shape:* (windows,)"""
    shift = Draws(key_of(windows.seed, _SHIFT, epoch)).below(windows.tokens)
    cells = permutation(windows.tokens // windows.cell, seed=key_of(windows.seed, _CELLS), epoch=epoch)
    turn = np.array(windows.lengths)[np.arange(windows.updates_per_epoch) % len(windows.lengths)]
    updates = np.flatnonzero(turn == length)
    own = cells[: windows.updates_per_epoch * windows.batch_size].reshape(-1, windows.batch_size)[updates]
    a_cell = max(windows.lengths) // length
    inside = np.arange(a_cell) * (length - windows.special)
    starts = (own.reshape(-1, 1) * windows.cell + inside).ravel()
    if a_cell > 1:
        starts = starts[permutation(len(starts), seed=key_of(windows.seed, _WITHIN, length), epoch=epoch)]
    ordered: np.ndarray = (starts + shift) % windows.tokens
    return ordered
