"""From a model's logits to answers in a task's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pocketbert.evaluation.calibration import probabilities
from pocketbert.evaluation.familiarity import UNFAMILIAR
from pocketbert.evaluation.label_thresholds import LabelThresholds
from pocketbert.tasks import Task
from pocketbert.training.answering import Candidate, FoundAnswer

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Prediction:
    """The answer to one text: a label with its probability, or several labels with those of all, for a regression a
    value, for a question a span.

    `answer` stands in the context from the character `start` up to, not including, `end`; it is empty and stands
    nowhere where there is none.  `alternatives` are the next best ones.
    """

    label: str | None = None
    probability: float | None = None
    probabilities: dict[str, float] | None = None
    labels: tuple[str, ...] | None = None
    """Where a text may have several: those given, the most probable first; there may be none."""
    value: float | None = None
    answer: str | None = None
    start: int | None = None
    end: int | None = None
    score: float | None = None
    alternatives: tuple[Prediction, ...] = ()
    sure: bool | None = None
    """Where an accuracy was asked for: whether the probability reaches the threshold of the validation rows for it."""
    familiarity: float | None = None
    """Share of validation texts that lie at least as far from the training texts."""

    @property
    def familiar(self) -> bool | None:
        """Whether the text is like those of training, as nineteen in twenty validation texts are."""
        return None if self.familiarity is None else self.familiarity >= UNFAMILIAR


def predictions(
    task: Task, logits: np.ndarray, temperature: float = 1.0, thresholds: LabelThresholds | None = None
) -> list[Prediction]:
    """Answers in the task's own labels.

    `thresholds`: what logits of several labels a text lie over, where they are not over 0.
    *Shape:* logits (rows, labels), of answer spans (rows, 1)
    """
    if task.kind == "multilabel":
        return [_several_labels(task, row, thresholds) for row in logits]
    if task.kind == "spans":
        return [_span_prediction(found) for found in logits[:, 0]]
    if task.kind == "regression":
        return [Prediction(value=float(value)) for value in logits[:, 0]]
    return [
        Prediction(
            label=task.labels[int(row.argmax())],
            probability=float(row.max()),
            probabilities=dict(zip(task.labels, row.tolist(), strict=True)),
        )
        for row in probabilities(logits, temperature)
    ]


def _several_labels(task: Task, over: np.ndarray, thresholds: LabelThresholds | None) -> Prediction:
    """*Shape:* over (labels,)"""
    from scipy.special import expit

    shares = expit(over + (0.0 if thresholds is None else thresholds.logits))
    order = (-shares).argsort(kind="stable").tolist()
    return Prediction(
        labels=tuple(task.labels[at] for at in order if over[at] > 0),
        probabilities=dict(zip(task.labels, shares.tolist(), strict=True)),
    )


def _span_prediction(found: FoundAnswer) -> Prediction:
    chosen = found.answer
    others = tuple(_span(candidate) for candidate in found.candidates if candidate != chosen)
    return _span(chosen, others)


def _span(candidate: Candidate, alternatives: tuple[Prediction, ...] = ()) -> Prediction:
    text, start, end, score = candidate
    return Prediction(answer=text, start=start, end=end, score=score, alternatives=alternatives)
