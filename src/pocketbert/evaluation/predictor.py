"""What can be scored: anything that turns texts into logits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


class Predictor(Protocol):
    """A model, an exported file, or a table of answers: whatever is scored by the same code."""

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text, in the order given; a regression's single column is its value.

        *Shape:* (rows, labels)
        """
        ...
