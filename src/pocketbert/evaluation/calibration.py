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


def label_probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Sigmoid of logits / temperature, of several labels a row.  *Shape:* any"""
    from scipy.special import expit

    return np.asarray(expit(logits.astype(np.float64) / temperature))


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


def fit_label_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The same where rows have several labels: under the binary cross-entropy of each label; 1 without rows.

    *Shape:* logits and labels (rows, labels)
    """
    from scipy.optimize import minimize_scalar

    if not logits.size:
        return 1.0
    exact = logits.astype(np.float64)
    wrong = 1 / (len(labels) + 2)
    wanted = (1 - wrong) * labels + wrong * (1 - labels)

    def loss(log_temperature: float) -> float:
        scaled = exact / np.exp(log_temperature)
        return float((np.logaddexp(0, scaled) - wanted * scaled).mean())

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
    """Mean squared distance of probabilities from the truth, added up over labels: 0 at best (Brier 1950).

    At worst it is 2, where rows may have several labels their number.
    *Shape:* shares (rows, labels), labels (rows,), of several a row (rows, labels)
    """
    truth = np.eye(shares.shape[1])[labels] if labels.ndim == 1 else labels
    return float(((shares - truth) ** 2).sum(axis=1).mean())


def label_calibration_error(shares: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error of several labels a row: how far their probabilities lie from how often they are
    right, over equal bins of all labels of all rows.

    *Shape:* shares and labels (rows, labels)
    """
    place = np.minimum((shares.ravel() * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=(shares - labels).ravel(), minlength=bins)
    return float(np.abs(gaps).sum() / labels.size)
