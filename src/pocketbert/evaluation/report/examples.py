"""The rows worth reading: those whose right answer a perturbation turned wrong, the surest mistakes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pocketbert.evaluation.calibration import probabilities
from pocketbert.evaluation.metrics import flips, is_right, label_width, predictions_of
from pocketbert.evaluation.report.content import Flip

if TYPE_CHECKING:
    from pocketbert.evaluation.scoring import Scored
    from pocketbert.evaluation.suites import Suite, Texts
    from pocketbert.tasks import Task


NO_ANSWER = "(no answer)"
NO_LABEL = "(no label)"


class _Candidate(NamedTuple):
    harm: float
    suite: Suite
    row: int
    mistake: tuple[int, int] | None  # label and answer; None where there are no labels


def worst_flips(
    scored: Scored, texts: Sequence[Texts], suites: Sequence[Suite], limit: int
) -> tuple[Flip, ...]:
    """Rows answered right on the clean text and wrong on a suite's, the surest wrong answers first.

    A regression has no wrong answers: its rows are those that moved furthest.  No row comes twice, and no
    suite takes more than its share while others have some.
    """
    candidates = sorted(_candidates(scored, suites), key=lambda one: (-one.harm, one.suite.name, one.row))
    share = -(-limit // max(1, len({one.suite.name for one in candidates})))
    chosen: list[_Candidate] = []
    for most in (share, limit):
        for one in candidates:
            same_suite = sum(other.suite.name == one.suite.name for other in chosen)
            same_mistake = sum(other.mistake == one.mistake for other in chosen if one.mistake)
            new_row = all(other.row != one.row for other in chosen)
            if len(chosen) < limit and same_suite < most and same_mistake < most and new_row:
                chosen.append(one)
    chosen.sort(key=lambda one: -one.harm)
    return tuple(_flip(scored, texts, one.suite, one.row) for one in chosen)


def _candidates(scored: Scored, suites: Sequence[Suite]) -> Iterator[_Candidate]:
    task = scored.task
    before = predictions_of(task, scored.clean)
    for suite in suites:
        after = predictions_of(task, scored.suites[suite.name])
        rows = flips(task, before, after)
        if task.kind == "regression":
            harm = np.abs(after - before) / label_width(task)
        else:
            rows = rows & is_right(task, scored.labels, before) & ~is_right(task, scored.labels, after)
            harm = _sureness(task, scored.suites[suite.name], scored.temperature)
        for row in np.flatnonzero(rows).tolist():
            mistake = (int(before[row]), int(after[row])) if task.kind == "classification" else None
            yield _Candidate(float(harm[row]), suite, row, mistake)


def _sureness(task: Task, logits: np.ndarray, temperature: float) -> np.ndarray:
    """The probability of each row's answer; of several labels, how sure the least sure one is.

    *Shape:* (rows, labels) -> (rows,)
    """
    if task.kind == "multilabel":
        return np.asarray(np.abs(logits).min(axis=1))
    if task.kind == "spans":
        return np.array([found.answer.score for found in logits[:, 0]])
    return np.asarray(probabilities(logits, temperature).max(axis=1))


def _flip(scored: Scored, texts: Sequence[Texts], suite: Suite, row: int) -> Flip:
    before, sure_before = answer(scored.task, scored.clean[row], scored.temperature)
    after, sure_after = answer(scored.task, scored.suites[suite.name][row], scored.temperature)
    return Flip(
        suite=suite.name,
        label=label_in_words(scored.task, scored.labels[row]),
        before=tuple(texts[row]),
        after=suite.texts[row],
        answer_before=before,
        answer_after=after,
        probability_before=sure_before,
        probability_after=sure_after,
    )


def label_in_words(task: Task, label: Any) -> str:
    """What a row's right answer is called."""
    if task.kind == "spans":
        return " / ".join(label) or NO_ANSWER
    if task.kind == "multilabel":
        return names_of(task, label)
    return f"{label:.2f}" if task.kind == "regression" else task.labels[int(label)]


def answer(task: Task, logits: np.ndarray, temperature: float = 1.0) -> tuple[str, float | None]:
    """A row's answer in words with its probability, or its value.  *Shape:* logits (labels,)"""
    if task.kind == "spans":
        found = logits[0].answer
        return found.text or NO_ANSWER, found.score
    if task.kind == "regression":
        return f"{logits[0]:.2f}", None
    if task.kind == "multilabel":
        return names_of(task, logits > 0), None
    shares = probabilities(logits[None], temperature)[0]
    return task.labels[int(shares.argmax())], float(shares.max())


def names_of(task: Task, given: np.ndarray) -> str:
    """The labels that are given, of several.  *Shape:* given (labels,)"""
    return ", ".join(name for name, one in zip(task.labels, given, strict=True) if one) or NO_LABEL
