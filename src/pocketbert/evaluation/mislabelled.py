"""Rows whose label a model doubts: confident learning (Northcutt, Jiang and Chuang 2021, section 3).

It holds for rows that the model was not trained on: one that it was, it has learned with its wrong label.  Tried on
1,000 validation rows of SST-2 and of banking77 with labels turned at random: with 2 to 10 in a hundred turned, 64 to 77
of a hundred turned rows are named; of the first twelve rows named 6 to 12 are turned ones on SST-2 (a model right
8 times in 10), all twelve on banking77.  With none turned it names rows too: mistakes of the model, or of the people
who labelled.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pocketbert.evaluation.calibration import probabilities


class Doubt(NamedTuple):
    """A row, the label that the model would give it, and the probabilities of the label it has and of that one."""

    row: int
    likely: int
    share_of_label: float
    share_of_likely: float


def doubted_labels(logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> tuple[Doubt, ...]:
    """Rows that are sure enough of another label, the least likely label first.

    Sure enough: as probable as that label is on average in the rows that have it.
    *Shape:* logits (rows, labels), labels (rows,)
    """
    shares = probabilities(logits, temperature)
    counts = np.bincount(labels, minlength=shares.shape[1])
    own = np.bincount(labels, weights=shares[np.arange(len(labels)), labels], minlength=shares.shape[1])
    enough = np.divide(own, counts, out=np.full(len(counts), np.inf), where=counts > 0)
    possible = np.where(shares >= enough, shares, -1.0)
    likely, of_label = possible.argmax(axis=1), shares[np.arange(len(labels)), labels]
    doubted = np.flatnonzero((possible.max(axis=1) >= 0) & (likely != labels))
    order = doubted[np.argsort(of_label[doubted], kind="stable")]
    return tuple(
        Doubt(int(row), int(likely[row]), float(of_label[row]), float(shares[row, likely[row]]))
        for row in order
    )
