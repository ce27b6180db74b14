"""Small tasks and models for these tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pocketbert.tasks import Task


@pytest.fixture
def classification() -> Callable[..., Task]:
    """A classification task: `classification("yes", "no", metrics=("accuracy",))`."""

    def make(*labels: str, metrics: tuple[str, ...] = ("accuracy",), pair: bool = False) -> Task:
        return Task(
            name="example",
            title="An example",
            kind="classification",
            text=("text", "text_pair") if pair else ("text",),
            labels=labels,
            metrics=metrics,
            main_metric=metrics[0],
        )

    return make


@pytest.fixture
def similarity() -> Task:
    """A regression from 0 to 5."""
    return Task(
        name="similarity",
        title="How alike two sentences are",
        kind="regression",
        text=("text", "text_pair"),
        label_range=(0.0, 5.0),
        metrics=("pearson", "spearman"),
        main_metric="pearson",
    )


class LengthPredictor:
    """Answers by the text alone: the more letters "o", the surer of the second label."""

    def __init__(self) -> None:
        self.texts_seen = 0

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        self.texts_seen += len(texts)
        score = np.array([sum(side.count("o") for side in sides) - 2.5 for sides in texts])
        return np.stack([-score, score], axis=1)


@pytest.fixture
def predictor() -> LengthPredictor:
    return LengthPredictor()
