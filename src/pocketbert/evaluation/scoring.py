"""Answers of a model to the rows of a split and to its robustness suites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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

TEXTS_AT_ONCE = 512
"""Enough for full batches, few enough that a slow model is seen to go on."""


@dataclass(frozen=True)
class Scored:
    """Answers of one model to a split and to each of its suites, row by row.

    `temperature`: by which logits are divided before they are probabilities; `thresholds`: what scaled logits of
    several labels lie over where answers say by how much, None where that is not known.  `groups` numbers the group
    of each row where rows of a file belong together.
    *Shape:* thresholds (labels,); labels and groups (rows,); clean and each of suites (rows, labels), of answer spans
    (rows, 1)
    """

    task: Task
    labels: np.ndarray
    clean: np.ndarray
    suites: Mapping[str, np.ndarray] = field(default_factory=dict)
    temperature: float = 1.0
    thresholds: np.ndarray | None = None
    groups: np.ndarray | None = None

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
    thresholds: np.ndarray | None = None,
) -> Scored:
    """Answers of a model to a split and to its suites; a text that several suites have is answered once."""
    examples = Examples.of(dataset)
    if not examples.texts:
        raise PocketBertError("no rows to score; give a test split that has some")
    known: dict[Texts, np.ndarray] = {}
    for at, of, part in _parts(examples.texts, suites):
        progress("scoring", at, of)
        known |= zip(part, answers_to(predictor, task, part), strict=True)
        progress("scoring", at + len(part), of)
    clean, *others = (
        np.stack([known[one] for one in texts]) for texts in (examples.texts, *(s.texts for s in suites))
    )
    answers = {suite.name: one for suite, one in zip(suites, others, strict=True)}
    return Scored(task, examples.labels, clean, answers, temperature, thresholds)


def _parts(clean: Sequence[Texts], suites: Sequence[Suite]) -> Iterator[tuple[int, int, list[Texts]]]:
    """Texts that are answered together, none twice, with how many went before them and how many there are."""
    seen: set[Texts] = set()
    groups = []
    for texts in (clean, *(suite.texts for suite in suites)):
        groups.append([one for one in dict.fromkeys(texts) if one not in seen])
        seen.update(groups[-1])
    done = 0
    for group in groups:
        for start in range(0, len(group), TEXTS_AT_ONCE):
            yield done, len(seen), group[start : start + TEXTS_AT_ONCE]
            done += len(group[start : start + TEXTS_AT_ONCE])
