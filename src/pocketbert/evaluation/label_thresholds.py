"""From which probability on a label is given, where a text may have several: chosen on validation rows, never on test.

One threshold serves all labels, unless one a label does better on rows that it was not chosen on, by more than chance
(Fan and Lin 2007, A Study on Threshold Selection for Multi-label Classification: thresholds of rare labels overfit).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pocketbert.evaluation.calibration import fit_label_temperature

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pocketbert.evaluation.predictor import Predictor
    from pocketbert.training.inference import TorchPredictor

Fit = Callable[[np.ndarray, np.ndarray], np.ndarray]

SCHEMA = 1
FOLDS = 5
STANDARD_ERRORS = 2.0
"""By how many of the folds' gains one threshold a label must be better."""
FEWEST_ROWS = 10
"""Rows of a label from which on it may have a threshold of its own."""


@dataclass(frozen=True)
class LabelThresholds:
    """What the logit of each label, divided by the temperature, must exceed for it to be given.

    `shared` and `own`: micro F1 of one threshold and of one a label on rows they were not chosen on, the mean of folds.
    *Shape:* logits (labels,)
    """

    logits: np.ndarray
    shared: float = 0.0
    own: float = 0.0
    temperature: float = 1.0

    @classmethod
    def of(cls, logits: np.ndarray, labels: np.ndarray) -> LabelThresholds:
        """Chosen on validation rows.  *Shape:* logits and labels (rows, labels)"""
        temperature = fit_label_temperature(logits, labels)
        logits = logits / np.float64(temperature)
        shared, own = (_apart(logits, labels, fit) for fit in (shared_threshold, own_thresholds))
        gains = own - shared
        chance = gains.std(ddof=1) / np.sqrt(FOLDS)
        better = gains.mean() > max(STANDARD_ERRORS * chance, 0.0)
        chosen = (own_thresholds if better else shared_threshold)(logits, labels)
        return cls(chosen, float(shared.mean()), float(own.mean()), temperature)

    @property
    def of_scaled(self) -> LabelThresholds:
        """The same for logits that are divided by the temperature already, as those of an export."""
        return replace(self, temperature=1.0)

    @property
    def probabilities(self) -> np.ndarray:
        """*Shape:* (labels,)"""
        return np.asarray(1 / (1 + np.exp(-self.logits)))

    def over(self, logits: np.ndarray) -> np.ndarray:
        """How far scaled logits lie over their thresholds: labels above 0 are given.  *Shape:* (rows, labels) both"""
        return np.asarray((logits / self.temperature - self.logits).astype(logits.dtype))

    def write(self, labels: tuple[str, ...], rows: int) -> str:
        """As `thresholds.json`."""
        content = {
            "schema": SCHEMA,
            "chosen_on": "validation",
            "rows": rows,
            "temperature": self.temperature,
            "thresholds": dict(zip(labels, self.probabilities.tolist(), strict=True)),
            "logits": self.logits.tolist(),
            "one_for_all": len(set(self.logits.tolist())) == 1,
            "cross_validated_micro_f1": {"one_for_all": self.shared, "one_a_label": self.own},
        }
        return json.dumps(content, indent=1, ensure_ascii=False)

    @classmethod
    def read(cls, path: Path, labels: int) -> LabelThresholds:
        """Raises OSError, ValueError, KeyError or TypeError for a file that is missing or damaged."""
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        logits = np.array(content["logits"], np.float64)
        if logits.shape != (labels,) or not np.isfinite(logits).all():
            raise ValueError(path)
        temperature = float(content.get("temperature", 1.0))  # runs of before there was one
        if not 0 < temperature < np.inf:
            raise ValueError(path)
        tried = content["cross_validated_micro_f1"]
        return cls(logits, float(tried["one_for_all"]), float(tried["one_a_label"]), temperature)


@dataclass(frozen=True)
class ThresholdPredictor:
    """A model of several labels a text with its thresholds, as something that can be scored."""

    predictor: Predictor
    thresholds: LabelThresholds

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text over their thresholds, in the order given.  *Shape:* (rows, labels)"""
        return self.thresholds.over(self.predictor.predict(texts))

    def predict_with_states(self, texts: Sequence[tuple[str, ...]]) -> tuple[np.ndarray, np.ndarray]:
        """The same of a PyTorch model, and where every text stands.  *Shape:* (rows, labels), (rows, width)"""
        logits, states = cast("TorchPredictor", self.predictor).predict_with_states(texts)
        return self.thresholds.over(logits), states


def shared_threshold(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The one threshold of the best micro F1, for each label.  *Shape:* two (rows, labels) -> (labels,)"""
    return np.full(logits.shape[1], best_threshold(logits.ravel(), labels.ravel()))


def own_thresholds(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The threshold of each label's best F1; that of all for labels of few rows.

    *Shape:* two (rows, labels) -> (labels,)
    """
    chosen = shared_threshold(logits, labels)
    for label in np.flatnonzero(labels.sum(axis=0) >= FEWEST_ROWS):
        chosen[label] = best_threshold(logits[:, label], labels[:, label])
    return chosen


def best_threshold(logits: np.ndarray, labels: np.ndarray) -> float:
    """The threshold of the best F1: halfway between two logits, of equally good ones the nearest to 0.

    Where there is nothing to find it is 0.  *Shape:* logits, labels (n,)
    """
    if not labels.any():
        return 0.0
    order = np.argsort(-logits, kind="stable")
    ordered = logits[order].astype(np.float64)
    right = np.cumsum(labels[order])  # with the first n given
    scores = 2 * right / (np.arange(1, len(order) + 1) + right[-1])
    last = np.append(ordered[:-1] > ordered[1:], True)  # equal logits are given alike
    below = np.append(ordered[1:], ordered[-1] - 1.0)
    best = last & (scores >= scores[last].max() - 1e-12)
    cuts = np.where((below < 0) & (ordered > 0), 0.0, (ordered + below) / 2)[best]
    return float(cuts[np.argmin(np.abs(cuts))])


def micro_f1(given: np.ndarray, labels: np.ndarray) -> float:
    """*Shape:* two (rows, labels)"""
    several = given.sum() + labels.sum()
    return float(2 * (given * labels).sum() / several) if several else 0.0


def _apart(logits: np.ndarray, labels: np.ndarray, fit: Fit) -> np.ndarray:
    """Micro F1 on the rows of each fold, of thresholds chosen on those of the others.  *Shape:* (folds,)"""
    folds, scores = np.arange(len(logits)) % FOLDS, np.zeros(FOLDS)
    for fold in range(FOLDS):
        inside = folds == fold
        if inside.any() and not inside.all():
            given = logits[inside] > fit(logits[~inside], labels[~inside])
            scores[fold] = micro_f1(given, labels[inside])
    return scores
