"""Questions worth reading: what was asked, what was answered, and where both answers stand in the context."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pocketbert.data.answers import stored_answers
from pocketbert.evaluation.metrics import is_right, predictions_of
from pocketbert.evaluation.report.content import AnsweredQuestion
from pocketbert.evaluation.report.examples import NO_ANSWER
from pocketbert.evaluation.report.marking import ELLIPSIS, LONGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datasets import Dataset

    from pocketbert.evaluation.scoring import Scored
    from pocketbert.text.edits import Span

Stretch = tuple[str, str]


def answered_questions(scored: Scored, rows: Dataset, limit: int) -> tuple[AnsweredQuestion, ...]:
    """Wrong answers, the surest first, then right ones, which are a third where there are enough; none of labels."""
    if scored.task.kind != "spans":
        return ()
    right = is_right(scored.task, scored.labels, predictions_of(scored.task, scored.clean))
    sure = np.array([found.answer.score for found in scored.clean[:, 0]])
    order = np.argsort(-sure, kind="stable")
    wrong_rows, right_rows = order[~right[order]], order[right[order]]
    most_right = max(limit - len(wrong_rows), limit // 3)
    right_rows = right_rows[:most_right]
    chosen = [*wrong_rows[: limit - len(right_rows)], *right_rows]
    return tuple(_question(scored, rows, int(row), bool(right[row])) for row in chosen)


def _question(scored: Scored, rows: Dataset, row: int, right: bool) -> AnsweredQuestion:
    example, found = rows[row], scored.clean[row, 0].answer
    answers = [answer.span for answer in stored_answers(example["label"])]
    given = None if found.start is None else (found.start, found.end)
    return AnsweredQuestion(
        question=example["text"],
        context=marked(example["text_pair"], answers, None if right else given),
        given=found.text or NO_ANSWER,
        score=found.score,
        right=tuple(scored.labels[row]) or (NO_ANSWER,),
        is_right=right,
    )


def marked(
    context: str, answers: Sequence[Span], wrong: tuple[int, int] | None, longest: int = LONGEST
) -> tuple[Stretch, ...]:
    """The context around its answers, in stretches of text and what each is: "", "right" or "wrong".

    Where a right answer and a wrong one overlap, what they share is right.
    """
    kinds = [""] * len(context)
    if wrong is not None:
        kinds[slice(*wrong)] = ["wrong"] * (wrong[1] - wrong[0])
    for span in answers:
        kinds[span.start : span.end] = ["right"] * (span.end - span.start)
    first = min([span.start for span in answers] + ([wrong[0]] if wrong else []), default=0)
    start = max(0, min(first - longest // 3, len(context) - longest))
    end = min(len(context), start + longest)
    stretches: list[Stretch] = [(ELLIPSIS, "")] if start else []
    at = start
    while at < end:
        beyond = next((place for place in range(at, end) if kinds[place] != kinds[at]), end)
        stretches.append((context[at:beyond], kinds[at]))
        at = beyond
    return (*stretches, *([(ELLIPSIS, "")] if end < len(context) else []))
