"""How often each operator of a policy, alone and at full strength, changes a model's answers to held-out rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.augmentation import Engine, Policy
from pocketbert.augmentation.refining import Refiner
from pocketbert.data.encoding import texts_of
from pocketbert.data.question_rows import sentences_kept
from pocketbert.evaluation.metrics import flips, predictions_of
from pocketbert.evaluation.predictor import Predictor
from pocketbert.tasks import Task

if TYPE_CHECKING:
    import torch
    from datasets import Dataset

ROWS = 256
"""Held-out rows that answers are compared on, evenly spread."""

DOUBT = 20
"""Rows at the mean rate that every operator is given beside its own: few rows say little."""

FULL = {"clean_share": 0.0, "warm_up": 0.0, "ramp": 0.0, "second": 0.0}
"""A policy's fields for one operator at full strength in every text."""


class OperatorFlips:
    """The share of answers that each operator changes, of those to rows that it varies at all."""

    def __init__(
        self,
        policy: Policy,
        task: Task,
        rows: Dataset,
        predictor: Callable[[torch.nn.Module], Predictor],
        *,
        cache: Path | None = None,
        refiners: Sequence[Refiner] = (),
    ) -> None:
        sample = rows[:: max(1, len(rows) // ROWS)]
        sample = {name: column[:ROWS] for name, column in sample.items()}
        self._task, self._predictor = task, predictor
        self._texts = texts_of(sample)
        kept = sentences_kept(sample) if task.kind == "spans" else [()] * len(self._texts)
        self._views: dict[str, dict[int, tuple[str, ...]]] = {}
        engine = Engine(policy.model_copy(update=FULL))
        engine.prepare([side for texts in self._texts for side in texts], cache=cache, refiners=refiners)
        for name in policy.weights:
            alone = engine.weighted({other: float(other == name) for other in policy.weights})
            views = [
                alone.view(texts, epoch=0, row=row, kept=kept[row]) for row, texts in enumerate(self._texts)
            ]
            # Where the operator finds no place, another is drawn: that is no view of its own.
            self._views[name] = {
                row: view.texts for row, view in enumerate(views) if view.operators == (name,)
            }

    def __call__(self, model: torch.nn.Module) -> dict[str, float]:
        """Flip rates by operator, drawn towards their mean as `DOUBT` says."""
        answers = self._answers(model, self._texts)
        flipped = {
            name: int(flips(self._task, answers[list(views)], self._answers(model, [*views.values()])).sum())
            for name, views in self._views.items()
            if views
        }
        varied = {name: len(views) for name, views in self._views.items()}
        mean = sum(flipped.values()) / max(1, sum(varied.values()))
        return {
            name: round((flipped.get(name, 0) + DOUBT * mean) / (count + DOUBT), 6)
            for name, count in varied.items()
        }

    def _answers(self, model: torch.nn.Module, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        return predictions_of(self._task, self._predictor(model).predict(texts))
