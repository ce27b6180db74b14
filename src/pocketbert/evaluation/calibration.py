"""Probabilities that mean what they say: temperature scaling, and how far off the probabilities are."""

from __future__ import annotations

import numpy as np

BINS = 15


def probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Softmax of logits / temperature.  *Shape:* (rows, labels) -> (rows, labels), each row adding up to 1"""
    from scipy.special import softmax

    return np.asarray(softmax(logits.astype(np.float64) / temperature, axis=1))
