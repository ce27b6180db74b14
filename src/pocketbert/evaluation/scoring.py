"""Answers of a model to the rows of a split and to its robustness suites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.errors import PocketBertError
from pocketbert.evaluation.intervals import Outcomes
from pocketbert.evaluation.predictor import answers_to
from pocketbert.evaluation.suites import Examples, Progress, Suite, Texts, silent

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.evaluation.predictor import Predictor
    from pocketbert.tasks import Task


@dataclass(frozen=True)
class Scored:
    """Answers of one model to a split and to each of its suites, row by row.

    `temperature`: by which logits are divided before they are probabilities.
    *Shape:* labels (rows,); clean and each of suites (rows, labels), of answer spans (rows, 1)
    """

    task: Task
    labels: np.ndarray
    clean: np.ndarray
    suites: Mapping[str, np.ndarray] = field(default_factory=dict)
    temperature: float = 1.0

    def outcomes(self, suite: str | None = None) -> Outcomes:
        """Answers to the clean texts, or to one suite."""
        return Outcomes.of(self.task, self.clean if suite is None else self.suites[suite], self.labels)


def score(
    predictor: Predictor,
    task: Task,
    dataset: Dataset,
    suites: Sequence[Suite] = (),
    progress: Progress = silent,
    temperature: float = 1.0,
) -> Scored:
    """Answers of a model to a split and to its suites; a text that several suites have is answered once."""
    examples = Examples.of(dataset)
    if not examples.texts:
        raise PocketBertError("no rows to score; give a test split that has some")
    progress("scoring", 0, 1 + len(suites))
    clean = answers_to(predictor, task, examples.texts)
    known: dict[Texts, np.ndarray] = dict(zip(examples.texts, clean, strict=True))
    answers = {}
    for at, suite in enumerate(suites, start=1):
        progress("scoring", at, 1 + len(suites))
        new = list(dict.fromkeys(texts for texts in suite.texts if texts not in known))
        if new:
            known |= zip(new, answers_to(predictor, task, new), strict=True)
        answers[suite.name] = np.stack([known[texts] for texts in suite.texts])
    progress("scoring", 1 + len(suites), 1 + len(suites))
    return Scored(task, examples.labels, clean, answers, temperature)
