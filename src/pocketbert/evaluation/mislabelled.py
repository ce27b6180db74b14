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
    """A row, the label that the model would give it, and the probabilities of the label it has and of that one.

    Where rows may have several labels, `likely` is the label in question, `share_of_likely` its probability if the row
    lacks it, else that of lacking it.
    """

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


def doubted_of_several(logits: np.ndarray, labels: np.ndarray) -> tuple[Doubt, ...]:
    """Rows with a label too many or one too few, the least likely first, each row once with what is doubted most.

    Every label is a question of its own, with the answers yes and no; one that all rows have, or none, is not asked.
    *Shape:* logits, scaled, and labels (rows, labels)
    """
    found: dict[int, Doubt] = {}
    for label in np.flatnonzero(labels.any(axis=0) & ~labels.all(axis=0)).tolist():
        both = np.stack([np.zeros(len(logits)), logits[:, label]], axis=1)
        for doubt in doubted_labels(both, labels[:, label].astype(int)):
            known = found.get(doubt.row)
            if known is None or doubt.share_of_label < known.share_of_label:
                found[doubt.row] = doubt._replace(likely=label)
    return tuple(sorted(found.values(), key=lambda one: (one.share_of_label, one.row)))
