"""Rows worth reading: those that one variant answers right and another does not, in most seeds of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pocketbert.comparing.content import CLEAN, ChangedRow, ChangedRows, Input
from pocketbert.evaluation.metrics import is_right, label_width
from pocketbert.evaluation.report.examples import answer, label_in_words

if TYPE_CHECKING:
    from pocketbert.comparing.answers import Answers
    from pocketbert.comparing.grid import Contrast, Grid
    from pocketbert.evaluation import Scored
    from pocketbert.evaluation.intervals import Outcomes
    from pocketbert.evaluation.suites import Texts

MOST = 0.5
"""Share of a variant's seeds above which it counts as right."""
NEARER = 0.1
"""Share of the range of labels by which a regression has to come nearer, as far as a flip has to move."""


class _Candidate(NamedTuple):
    gain: float  # share of seeds, of a regression share of the range of labels
    on: Input
    row: int


def changed_rows(
    grid: Grid, answers: Answers, texts: Mapping[str, Sequence[Texts]], limit: int
) -> ChangedRows | None:
    """Rows that the featured variant answers otherwise than what it is compared with; at most `limit` are shown.

    `texts` are those of each input by name.  None where no pair of variants was trained.
    """
    contrast = _contrast(grid)
    if contrast is None:
        return None
    found = [one for on in answers.inputs if on.name in texts for one in _candidates(answers, contrast, on)]
    won = [one for one in found if one.gain > 0]
    lost = [one for one in found if one.gain < 0]
    shown_won, shown_lost = (_spread(rows, -(-limit // 2)) for rows in (won, lost))
    show = [tuple(_shown(answers, contrast, one, texts) for one in rows) for rows in (shown_won, shown_lost)]
    asked = sum(len(texts[on.name]) for on in answers.inputs if on.name in texts)
    return ChangedRows(contrast.baseline, contrast.variant, asked, len(won), len(lost), *show)


def _contrast(grid: Grid) -> Contrast | None:
    """The pair that the page is about: clean and augmented training, else the featured variant against any other."""
    pairs = [*grid.of_augmentation, *grid.of_method]
    own = [pair for pair in pairs if pair.variant == grid.featured.name]
    return next(iter(own or pairs), None)


def _candidates(answers: Answers, contrast: Contrast, on: Input) -> Iterator[_Candidate]:
    """Rows of an input that most seeds of one variant answer right, and most of the other wrong."""
    before, after = (_quality(answers, name, on) for name in (contrast.baseline, contrast.variant))
    gain = after - before
    nearer = np.abs(gain) > NEARER
    changed = nearer if answers.task.kind == "regression" else (before > MOST) != (after > MOST)
    for row in np.flatnonzero(changed).tolist():
        yield _Candidate(float(gain[row]), on, row)


def _quality(answers: Answers, variant: str, on: Input) -> np.ndarray:
    """Of each row the share of seeds that are right; of a regression how near the seeds' mean comes to the label.

    *Shape:* (rows,)
    """
    if answers.task.kind == "regression":
        values = np.mean([one.predictions for one in _outcomes(answers, variant, on)], axis=0)
        distance = np.abs(values - answers.scored[variant][0].labels)
        return np.asarray(-distance / label_width(answers.task))
    right = [is_right(one.task, one.labels, one.predictions) for one in _outcomes(answers, variant, on)]
    return np.asarray(np.mean(right, axis=0))


def _outcomes(answers: Answers, variant: str, on: Input) -> list[Outcomes]:
    return [one.outcomes(None if on.name == CLEAN else on.name) for one in answers.scored[variant]]


def _spread(candidates: Sequence[_Candidate], limit: int) -> list[_Candidate]:
    """The clearest first, none of a row twice, and no input more often than its share while others have some."""
    ordered = sorted(candidates, key=lambda one: (-abs(one.gain), one.row, one.on.name))
    share = -(-limit // max(1, len({one.on.name for one in ordered})))
    chosen: list[_Candidate] = []
    for most in (share, limit):
        for one in ordered:
            same_input = sum(other.on.name == one.on.name for other in chosen)
            if len(chosen) < limit and same_input < most and all(other.row != one.row for other in chosen):
                chosen.append(one)
    return chosen


def _shown(
    answers: Answers, contrast: Contrast, one: _Candidate, texts: Mapping[str, Sequence[Texts]]
) -> ChangedRow:
    before, after = (answers.scored[name] for name in (contrast.baseline, contrast.variant))
    suite = None if one.on.name == CLEAN else one.on.name
    return ChangedRow(
        input=one.on.name,
        clean=tuple(texts[CLEAN][one.row]),
        text=tuple(texts[one.on.name][one.row]),
        label=label_in_words(answers.task, before[0].labels[one.row]),
        before=_usual(before, suite, one.row),
        after=_usual(after, suite, one.row),
        right_before=_right(answers, contrast.baseline, one),
        right_after=_right(answers, contrast.variant, one),
    )


def _right(answers: Answers, variant: str, one: _Candidate) -> int | None:
    """Seeds of a variant that answer the row right."""
    if answers.task.kind == "regression":
        return None
    return round(float(_quality(answers, variant, one.on)[one.row]) * len(answers.scored[variant]))


def _usual(seeds: Sequence[Scored], suite: str | None, row: int) -> str:
    """The most frequent answer to a row, of the seeds that are right where most are, else of the others; of a
    regression the mean.
    """
    logits = [(one.clean if suite is None else one.suites[suite])[row] for one in seeds]
    if seeds[0].task.kind == "regression":
        return f"{np.mean([one[0] for one in logits]):.2f}"
    outcomes = [one.outcomes(suite) for one in seeds]
    right = [bool(is_right(one.task, one.labels, one.predictions)[row]) for one in outcomes]
    most = np.mean(right) > MOST
    words = [
        answer(one.task, given, one.temperature)[0]
        for one, given, is_one in zip(seeds, logits, right, strict=True)
        if is_one == most
    ]
    return Counter(words).most_common(1)[0][0]
