"""When a model should say that there is no answer: a threshold chosen on validation rows, never on test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pocketbert.evaluation.answer_metrics import f1_tokens
from pocketbert.training.answering import FoundAnswer


def fit_threshold(found: np.ndarray, right: np.ndarray) -> float:
    """The threshold of the best mean F1: above that margin of no answer over the best span there is none.

    It lies halfway between two margins; of several that are equally good it is the one nearest to 0.

    *Shape:* found (rows, 1), of FoundAnswer; right (rows,), of tuples of right answers
    """
    answers: Sequence[FoundAnswer] = found[:, 0].tolist()
    margins = np.array([answer.margin for answer in answers])
    spans = [answer.candidates[0].text if answer.candidates else "" for answer in answers]
    gains = np.array(
        [f1_tokens(gold, span) - f1_tokens(gold, "") for gold, span in zip(right, spans, strict=True)]
    )
    order = np.argsort(margins, kind="stable")
    ordered = margins[order]
    totals = np.concatenate([[0.0], np.cumsum(gains[order])])  # with the first n answered
    bounds = np.concatenate([[-np.inf], ordered, [np.inf]])
    possible = bounds[:-1] < bounds[1:]  # equal margins are answered alike
    middles = np.array([_between(low, high) for low, high in pairwise(bounds.tolist())])
    best = possible & (totals >= totals[possible].max() - 1e-9)
    return float(min(middles[best], key=abs))


def at_threshold(found: np.ndarray, threshold: float) -> np.ndarray:
    """The same with another threshold.  *Shape:* (rows, 1), of FoundAnswer, both"""
    changed = np.empty_like(found)
    for row, answer in enumerate(found[:, 0]):
        changed[row, 0] = replace(answer, threshold=threshold)
    return changed


def _between(low: float, high: float) -> float:
    """0 where it lies between, else the middle, or a little beyond the only end there is."""
    if low < 0 < high:
        return 0.0
    if np.isinf(low) or np.isinf(high):
        return high - 1.0 if np.isinf(low) else low + 1.0
    return (low + high) / 2
