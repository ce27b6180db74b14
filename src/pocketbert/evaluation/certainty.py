"""What labelled rows show of a model's probabilities: how far off they are, and what it is worth to leave rows out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pocketbert.evaluation.calibration import (
    brier_score,
    calibration_error,
    label_calibration_error,
    label_probabilities,
    probabilities,
)
from pocketbert.evaluation.confidence import SHOWN
from pocketbert.evaluation.intervals import proportion

if TYPE_CHECKING:
    from pocketbert.evaluation.confidence import Confidence
    from pocketbert.evaluation.schema import CalibrationMetrics, CoveragePoint, PromiseMetrics

COVERAGES = tuple(part / 20 for part in range(2, 21))
"""Shares of the rows, the surest first, whose accuracy is told."""


def calibration_metrics(logits: np.ndarray, labels: np.ndarray, temperature: float) -> CalibrationMetrics:
    """Errors of the probabilities as the model gives them and at a temperature.

    *Shape:* logits (rows, labels), labels (rows,)
    """
    raw, scaled = probabilities(logits), probabilities(logits, temperature)
    return {
        "temperature": temperature,
        "ece": calibration_error(scaled, labels),
        "brier": brier_score(scaled, labels),
        "unscaled_ece": calibration_error(raw, labels),
        "unscaled_brier": brier_score(raw, labels),
    }


def label_calibration_metrics(
    over: np.ndarray, labels: np.ndarray, temperature: float, thresholds: np.ndarray
) -> CalibrationMetrics:
    """The same of several labels a row, by how far scaled logits lie over their thresholds.

    *Shape:* over and labels (rows, labels), thresholds (labels,)
    """
    scaled = over + thresholds
    raw, shares = label_probabilities(scaled * temperature), label_probabilities(scaled)
    return {
        "temperature": temperature,
        "ece": label_calibration_error(shares, labels),
        "brier": brier_score(shares, labels),
        "unscaled_ece": label_calibration_error(raw, labels),
        "unscaled_brier": brier_score(raw, labels),
    }


def coverage_curve(logits: np.ndarray, labels: np.ndarray, temperature: float) -> list[CoveragePoint]:
    """Accuracy of the surest rows, by their share of all (El-Yaniv and Wiener 2010, risk-coverage curve).

    Rows that are equally sure count in equal parts.  *Shape:* logits (rows, labels), labels (rows,)
    """
    shares = probabilities(logits, temperature)
    sure, place = np.unique(-shares.max(axis=1).round(9), return_inverse=True)
    rows = np.bincount(place, minlength=len(sure))
    right = np.bincount(place, weights=shares.argmax(axis=1) == labels, minlength=len(sure))
    wanted = np.array(COVERAGES) * len(labels)
    answered = np.interp(wanted, np.append(0, rows.cumsum()), np.append(0, right.cumsum()))
    return [
        {"coverage": coverage, "accuracy": float(accuracy)}
        for coverage, accuracy in zip(COVERAGES, answered / wanted, strict=True)
    ]


def promises_tried(
    confidence: Confidence, logits: np.ndarray, labels: np.ndarray, level: float
) -> list[PromiseMetrics]:
    """What thresholds of the validation rows come to on these: how many are answered, and how many of them right.

    *Shape:* logits (rows, labels), labels (rows,)
    """
    shares = probabilities(logits, confidence.temperature)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == labels
    return [
        {
            "wanted": promise.accuracy,
            "threshold": promise.threshold,
            "coverage": float((sure >= promise.threshold).mean()),
            "accuracy": proportion(right[sure >= promise.threshold], level),
        }
        for promise in map(confidence.promise, SHOWN)
        if promise is not None
    ]
