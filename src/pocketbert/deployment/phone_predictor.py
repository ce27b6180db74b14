"""Files for phones as something that `evaluate` can score: one text at a time, as on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pocketbert.data.batches import EncodedRows
from pocketbert.deployment.predictor import without_padding

if TYPE_CHECKING:
    from pocketbert.data import Encoder
    from pocketbert.deployment.phone import Scores

Answer = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""*Shape:* ids, mask, segment_ids (1, length), int32 -> what `OneText` answers"""


class PhonePredictor:
    """Answers texts with what a run time opened."""

    def __init__(self, answer: Answer, encoder: Encoder, *, scores: Scores | None) -> None:
        self.answer, self.encoder, self.scores = answer, encoder, scores

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text, in the order given: those that the scores are made of.

        *Shape:* (rows, labels), float32
        """
        answers = self.read(EncodedRows.of(self.encoder(texts)))
        return np.stack(answers) if answers else self._one([0], [0])[:0]

    def read(self, rows: EncodedRows) -> list[np.ndarray]:
        """The logits of each row, in their order.  *Shape:* (labels,), of answer spans (2, tokens) of the row"""
        found = []
        for start, length in zip(rows.starts, rows.lengths, strict=True):
            tokens = slice(start, start + length)
            found.append(self._one(rows.input_ids[tokens], rows.token_type_ids[tokens])[0])
        return found

    def logits(self, inputs: dict[str, Any]) -> np.ndarray:
        """Logits of encoded rows.

        *Shape:* each input (rows, length) -> (rows, labels), of answer spans (rows, 2, length)
        """
        ids, types = (np.asarray(inputs[name]) for name in ("input_ids", "token_type_ids"))
        mask = np.asarray(inputs.get("attention_mask", np.ones_like(ids)))
        return np.concatenate([self._one(*row) for row in zip(ids, types, mask, strict=True)])

    def answering(self, tokens: int, rows: int = 1) -> Callable[[], object]:
        """What answers rows of so many tokens, drawn at random, each time it is called."""
        ids = np.random.default_rng(0).integers(0, len(self.encoder.tokenizer), tokens)
        return lambda: [self._one(ids, np.zeros_like(ids)) for _ in range(rows)]

    def _one(self, ids: Any, types: Any, mask: Any = None) -> np.ndarray:
        row = [np.asarray(values, np.int32)[None] for values in (ids, types)]
        mask = np.ones_like(row[0]) if mask is None else np.asarray(mask, np.int32)[None]
        found = self.answer(row[0], mask, row[1])
        logits = found if self.scores is None else _logits(found, self.scores)
        return without_padding(logits[0], row[0].shape[1])[None]


def _logits(scores: np.ndarray, made_by: Scores) -> np.ndarray:
    """What probabilities were made of, as far as they tell."""
    number = np.finfo(np.float32)
    if made_by == "softmax":
        return np.asarray(np.log(np.maximum(scores, number.tiny)))
    inside = scores.clip(number.tiny, 1 - number.epsneg)
    return np.asarray(np.log(inside) - np.log1p(-inside))
