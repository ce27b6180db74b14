"""The row without a neural network: words and word pairs weighted by TF-IDF, and a linear model on them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pocketbert.evaluation import compute_metrics
from pocketbert.evaluation.label_thresholds import shared_threshold

if TYPE_CHECKING:
    from pocketbert.data import Splits
    from pocketbert.tasks import Task

STRENGTHS = (1.0, 10.0, 100.0)
"""Inverse regularisation to choose from, on validation rows."""
BYTES_A_WEIGHT = 4
MOST_STEPS = 1000
CERTAIN = 10.0
"""Logit of a label that every training row has."""


@dataclass(frozen=True, eq=False)
class Words:
    """A linear model on TF-IDF, as something that can be scored."""

    task: Task
    vectoriser: Any
    model: Any
    strength: float
    seconds: float

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text.  *Shape:* (rows, labels)"""
        return _logits(self.task, self.model, _features(self.vectoriser, texts))

    @property
    def weights(self) -> int:
        """How many numbers it learned."""
        return (
            int(self.model.coef_.size + np.size(self.model.intercept_)) if hasattr(self.model, "coef_") else 0
        )

    @property
    def size(self) -> int:
        """Bytes of its weights, of four each, and of its words."""
        words = sum(len(word.encode()) + 1 for word in self.vectoriser.vocabulary_)
        return BYTES_A_WEIGHT * (self.weights + len(self.vectoriser.vocabulary_)) + words


def fit_words(splits: Splits) -> Words:
    """Logistic regression, for each of several labels its own, of a number ridge regression; its strength is chosen on
    validation rows, and so is the threshold of several labels.

    Of a pair it reads product and distance of the two vectors: what the texts share, and what they do not.
    """
    from pocketbert.data import texts_of

    started, task = time.perf_counter(), splits.task
    train, validation = texts_of(splits.train[:]), texts_of(splits.validation[:])
    vectoriser = _vectoriser([side for sides in train for side in sides])
    rows, others = _features(vectoriser, train), _features(vectoriser, validation)
    labels, right = np.asarray(splits.train["label"]), np.asarray(splits.validation["label"])
    tried = []
    for strength in STRENGTHS:
        if task.kind == "multilabel":
            model = _model_of_each(strength, rows, labels).over_threshold(others, right)
        else:
            model = _linear_model(task, strength, labels).fit(rows, labels)
        quality = compute_metrics(task, _logits(task, model, others), right)[task.main_metric]
        tried.append((quality, -strength, model))
    _, least, model = max(tried, key=lambda one: one[:2])
    return Words(task, vectoriser, model, -least, time.perf_counter() - started)


@dataclass(frozen=True, eq=False)
class _EachLabel:
    """A linear model of each label: it is given above 0.  *Shape:* coef_ (labels, words), intercept_ (labels,)"""

    coef_: np.ndarray
    intercept_: np.ndarray

    def logits(self, rows: Any) -> np.ndarray:
        """*Shape:* rows (rows, words), sparse -> (rows, labels)"""
        return np.asarray(rows @ self.coef_.T + self.intercept_)

    def over_threshold(self, rows: Any, labels: np.ndarray) -> _EachLabel:
        """The same, above 0 from the threshold on that is best on these rows."""
        threshold = shared_threshold(self.logits(rows), labels)
        return _EachLabel(self.coef_, self.intercept_ - threshold)


def _model_of_each(strength: float, rows: Any, labels: np.ndarray) -> _EachLabel:
    """Logistic regressions; a label that all training rows have, or none, is given to all, or none.

    *Shape:* rows (rows, words), sparse; labels (rows, labels) of 0 and 1
    """
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((labels.shape[1], rows.shape[1]))
    intercepts = np.where(labels.any(axis=0), CERTAIN, -CERTAIN)
    for label in np.flatnonzero(labels.any(axis=0) & ~labels.all(axis=0)):
        model = LogisticRegression(C=strength, max_iter=MOST_STEPS).fit(rows, labels[:, label])
        weights[label], intercepts[label] = model.coef_[0], model.intercept_[0]
    return _EachLabel(weights, intercepts)


def _vectoriser(texts: Sequence[str]) -> Any:
    """Words and pairs of them; letters where no text has a word."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        return TfidfVectorizer(ngram_range=(1, 2)).fit(texts)
    except ValueError:
        return TfidfVectorizer(analyzer="char", ngram_range=(1, 2)).fit([*texts, "\N{REPLACEMENT CHARACTER}"])


def _linear_model(task: Task, strength: float, labels: np.ndarray) -> Any:
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LogisticRegression, Ridge

    if task.kind == "regression":
        return Ridge(alpha=1 / strength)
    if len(np.unique(labels)) < 2:
        return DummyClassifier()
    return LogisticRegression(C=strength, max_iter=MOST_STEPS)


def _features(vectoriser: Any, texts: Sequence[tuple[str, ...]]) -> Any:
    """*Shape:* (rows, words and pairs of words), of pairs of texts twice as wide; sparse"""
    from scipy.sparse import hstack

    sides = [vectoriser.transform(side) for side in zip(*texts, strict=True)]
    if len(sides) == 1:
        return sides[0].tocsr()
    first, second = sides
    return hstack([first.multiply(second), abs(first - second)]).tocsr()


def _logits(task: Task, model: Any, rows: Any) -> np.ndarray:
    """*Shape:* (rows, labels); a label that no training row has stands below all others"""
    if isinstance(model, _EachLabel):
        return model.logits(rows)
    if task.kind == "regression":
        return np.asarray(model.predict(rows), float)[:, None]
    if not hasattr(model, "decision_function"):
        scores = np.zeros((rows.shape[0], 1))
    else:
        scores = np.asarray(model.decision_function(rows))
        scores = np.stack([np.zeros_like(scores), scores], axis=1) if scores.ndim == 1 else scores
    logits = np.full((len(scores), len(task.labels)), scores.min(initial=0.0) - 10.0)
    logits[:, model.classes_] = scores
    return logits
