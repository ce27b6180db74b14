"""What can be scored: anything that turns texts into logits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pocketbert.errors import PocketBertError

if TYPE_CHECKING:
    from pocketbert.tasks import Task


class Predictor(Protocol):
    """A model, an exported file, or a table of answers: whatever is scored by the same code."""

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text, in the order given; a regression's single column is its value.

        *Shape:* (rows, labels)
        """
        ...


def answers_to(predictor: Predictor, task: Task, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
    """Logits of every text.  *Shape:* (rows, labels)

    Raises PocketBertError when the predictor answers another task, or not every text.
    """
    logits = np.asarray(predictor.predict(texts))
    if len(logits.shape) != 2 or len(logits) != len(texts):
        raise PocketBertError(
            f"the model gives answers of shape {logits.shape} to {len(texts):,} texts; "
            "it must give each text one row, in order"
        )
    expected = (len(texts), max(1, len(task.labels)))
    if logits.shape != expected:
        raise PocketBertError(
            f"the model answers in the shape {logits.shape} where task '{task.name}' needs {expected}; "
            "it was trained for another task"
        )
    return logits
