"""Files for phones as something that `evaluate` can score: one text at a time, as on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pocketbert.data import Encoder

Answer = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""*Shape:* ids, mask, segment_ids (1, length), int32 -> scores or value (1, labels)"""


class PhonePredictor:
    """Answers texts with what a run time opened."""

    def __init__(self, answer: Answer, encoder: Encoder, *, scores: bool) -> None:
        self.answer, self.encoder, self.scores = answer, encoder, scores

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text, in the order given: of scores their logarithms.  *Shape:* (rows, labels), float32"""
        rows = self.encoder(texts)
        answers = [self._one(row.input_ids, row.token_type_ids) for row in rows]
        return np.concatenate(answers) if answers else self._one([0], [0])[:0]

    def logits(self, inputs: dict[str, Any]) -> np.ndarray:
        """Logits of encoded rows.  *Shape:* each input (rows, length) -> (rows, labels)"""
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
        return np.log(np.maximum(found, np.finfo(np.float32).tiny)) if self.scores else found
