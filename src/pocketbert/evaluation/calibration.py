"""Probabilities that mean what they say: temperature scaling, and how far off probabilities are."""

from __future__ import annotations

import numpy as np

BINS = 15
COLDEST, HOTTEST = 0.05, 20.0
"""Temperatures that are tried: a model without a mistake would ask for 0, one that knows nothing for infinity."""


def probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Softmax of logits / temperature.  *Shape:* (rows, labels) -> (rows, labels), each row adding up to 1"""
    from scipy.special import softmax

    return np.asarray(softmax(logits.astype(np.float64) / temperature, axis=1))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature under which the labels are likeliest (Guo et al. 2017, On Calibration, section 4.2).

    It changes no answer, only how sure the answers are.  One row in (rows + 2) counts as wrong, so that a few rows
    without a mistake do not ask for certainty (as in Platt 1999, section 2.2).
    *Shape:* logits (rows, labels), labels (rows,)
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rows, exact = np.arange(len(labels)), logits.astype(np.float64)
    wrong = 1 / (len(labels) + 2)

    def loss(log_temperature: float) -> float:
        likelihood = log_softmax(exact / np.exp(log_temperature), axis=1)
        of_label = likelihood[rows, labels]
        of_others = (likelihood.sum(axis=1) - of_label) / max(1, exact.shape[1] - 1)
        return float(-((1 - wrong) * of_label + wrong * of_others).mean())

    bounds = (np.log(COLDEST), np.log(HOTTEST))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def calibration_error(shares: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error: how far the probability of answers lies from their accuracy, over equal bins.

    Guo et al. 2017, section 2.  *Shape:* shares (rows, labels), labels (rows,)
    """
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == labels
    place = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=sure - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def brier_score(shares: np.ndarray, labels: np.ndarray) -> float:
    """Mean squared distance of probabilities from the truth, added up over labels: 0 at best, 2 at worst (Brier 1950).

    *Shape:* shares (rows, labels), labels (rows,)
    """
    truth = np.eye(shares.shape[1])[labels]
    return float(((shares - truth) ** 2).sum(axis=1).mean())
