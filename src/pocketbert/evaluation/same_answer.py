"""The agreement guard as a model answers: a view must get the answer that its text gets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b

import numpy as np

from pocketbert.evaluation.metrics import flips, predictions_of
from pocketbert.evaluation.predictor import Predictor
from pocketbert.tasks import Task
from pocketbert.training.device import cpu_threads

Texts = tuple[str, ...]


class SameAnswer:
    """Agrees with a view where a model answers it as it answers the text.

    `fingerprint`: changes when its answers would.
    It computes with one CPU thread, as processes that prepare batches do, so that it says the same in all of them.
    """

    def __init__(self, predictor: Predictor, task: Task, fingerprint: str = "") -> None:
        self.fingerprint = fingerprint
        self._predictor = predictor
        self._task = task
        self._known: dict[bytes, object] = {}

    def remember(self, texts: Collection[Texts]) -> None:
        """Work out the answers to texts before views of them come."""
        new = list(dict.fromkeys(one for one in texts if _key(one) not in self._known))
        self._known |= zip(map(_key, new), self._answers(new).tolist(), strict=True)

    def __call__(self, texts: Sequence[Texts], views: Sequence[Texts]) -> Sequence[bool]:
        self.remember(texts)
        before = np.array([self._known[_key(one)] for one in texts], object if self._spans else None)
        verdicts: list[bool] = (~flips(self._task, before, self._answers(views))).tolist()
        return verdicts

    @property
    def _spans(self) -> bool:
        return self._task.kind == "spans"

    def _answers(self, texts: Sequence[Texts]) -> np.ndarray:
        if not texts:
            return np.empty(0)
        with cpu_threads(1):
            return predictions_of(self._task, self._predictor.predict(texts))


def _key(texts: Texts) -> bytes:
    """What texts are known by: their own bytes would take more memory."""
    return blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
