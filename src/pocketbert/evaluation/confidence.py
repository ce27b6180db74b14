"""How sure a model's answers are, as its validation rows show: a temperature, and when to say "not sure"."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pocketbert.evaluation.calibration import fit_temperature, probabilities

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
MOST_ROWS = 20_000
"""Validation rows that a run keeps the probability of."""
DOUBT = 0.1
"""How often a threshold may promise too much: in one run of ten."""
SHOWN = (0.8, 0.9, 0.95, 0.98, 0.99)
"""Accuracies whose thresholds are written out for people and tried on test rows."""


class Promise(NamedTuple):
    """A threshold of probability for a wanted accuracy, and the share of validation rows at or above it."""

    accuracy: float
    threshold: float
    coverage: float


@dataclass(frozen=True)
class Confidence:
    """What validation rows say of a model's probabilities.

    *Shape:* probability and right (rows,): of each answer on validation, the lowest probability first
    """

    temperature: float
    probability: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, logits: np.ndarray, labels: np.ndarray) -> Confidence:
        """Fitted on validation rows.  *Shape:* logits (rows, labels), labels (rows,)"""
        temperature = fit_temperature(logits, labels)
        shares = probabilities(logits, temperature)
        sure, right = shares.max(axis=1), shares.argmax(axis=1) == labels
        order = np.argsort(sure, kind="stable")
        if len(order) > MOST_ROWS:
            order = order[np.linspace(0, len(order) - 1, MOST_ROWS).round().astype(int)]
        return cls(temperature, sure[order].round(6), right[order])

    def promise(self, accuracy: float) -> Promise | None:
        """The threshold above which answers reach an accuracy, with the largest coverage found; None if none does.

        Nine times in ten the promise holds for new rows like the validation ones: each threshold tried must keep it
        under a binomial bound (Geifman and El-Yaniv 2017, Selective Classification, algorithm 1).
        """
        rows = len(self.right)
        steps = max(1, math.ceil(math.log2(max(2, rows))))
        low, high, best = 0, rows - 1, None
        for _ in range(steps):
            if low > high:
                break
            middle = (low + high) // 2
            threshold = float(self.probability[middle])
            kept = self.right[self.probability >= threshold]
            if _most_errors(int((~kept).sum()), len(kept), DOUBT / steps) <= 1 - accuracy:
                best, high = Promise(accuracy, threshold, len(kept) / rows), middle - 1
            else:
                low = middle + 1
        return best

    def highest(self) -> Promise | None:
        """The highest of whole percents that can be promised."""
        return next(filter(None, (self.promise(percent / 100) for percent in range(99, 0, -1))), None)

    def write(self) -> str:
        """As `confidence.json`."""
        promises = [made._asdict() for made in map(self.promise, SHOWN) if made]
        content = {
            "schema": SCHEMA,
            "fitted_on": "validation",
            "rows": len(self.right),
            "temperature": self.temperature,
            "thresholds": promises,
            "probability": self.probability.tolist(),
            "right": "".join("01"[int(one)] for one in self.right),
        }
        return json.dumps(content)

    @classmethod
    def read(cls, path: Path) -> Confidence:
        """Raises OSError, ValueError, KeyError or TypeError for a file that is missing or damaged."""
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        probability = np.array(content["probability"], np.float64)
        right = np.array([one == "1" for one in content["right"]], bool)
        temperature = float(content["temperature"])
        if probability.shape != right.shape or not 0 < temperature < math.inf:
            raise ValueError(path)
        return cls(temperature, probability, right)


def _most_errors(errors: int, rows: int, doubt: float) -> float:
    """Upper bound of Clopper and Pearson (1934) on the rate of errors."""
    from scipy.stats import beta

    return 1.0 if errors >= rows else float(beta.ppf(1 - doubt, errors + 1, rows - errors))
