"""The rows that the page shows are those that seeds agree on, won and lost, and none where no texts may be shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pocketbert.comparing.answers import Answers
from pocketbert.comparing.changed_rows import changed_rows
from pocketbert.comparing.content import CLEAN, UNSEEN, Input
from pocketbert.comparing.grid import Grid, plan
from pocketbert.evaluation import EvaluationSettings, Scored
from pocketbert.tasks import Task

LABELS = ("a", "b", "c")
CLASSES = Task(
    name="example", title="An example", kind="classification", text=("text",), labels=LABELS,
    metrics=("accuracy",), main_metric="accuracy",
)  # fmt: skip
NUMBERS = Task(
    name="numbers", title="Numbers", kind="regression", text=("text",), label_range=(0.0, 5.0),
    metrics=("pearson",), main_metric="pearson",
)  # fmt: skip
TEXTS = {CLEAN: [(f"row {at}",) for at in range(4)], "ocr": [(f"r0w {at}",) for at in range(4)]}
INPUTS = (
    Input(CLEAN, "Clean text", "clean", 4),
    Input(UNSEEN, "Average of unseen suites", "average", 4, ("ocr",)),
    Input("ocr", "Scanning errors", "unseen", 4, ("ocr",), "ocr", 2),
)


@pytest.fixture
def grid(tmp_path: Path) -> Grid:
    (tmp_path / "rows.csv").write_text("text,label\nx,a\ny,b\n", encoding="utf-8")
    return plan([str(tmp_path / "rows.csv")], {}, {}, methods=["lora"])


def seed(clean: str, ocr: str) -> Scored:
    """A model's answers by their labels' names; every right answer is `a`."""
    hot = [np.eye(3)[[LABELS.index(one) for one in given]] for given in (clean, ocr)]
    return Scored(CLASSES, np.zeros(4, int), hot[0], {"ocr": hot[1]})


def answers(task: Task, before: list[Scored], after: list[Scored]) -> Answers:
    scored = {"lora-clean": tuple(before), "lora-augmented": tuple(after)}
    return Answers(task, EvaluationSettings(suites="none"), INPUTS, scored, {})


def test_what_most_seeds_win_and_lose(grid: Grid):
    found = changed_rows(
        grid,
        answers(
            CLASSES,
            before=[seed("aabb", "abca"), seed("aaba", "abba"), seed("aabb", "abba")],
            after=[seed("acba", "aaba"), seed("acbb", "aaba"), seed("aaba", "aabb")],
        ),
        TEXTS,
        limit=6,
    )
    assert found is not None
    assert (found.answers, found.won, found.lost) == (8, 2, 1)
    first, second = found.shown_won
    assert (first.input, first.clean, first.text) == ("ocr", ("row 1",), ("r0w 1",))
    assert (first.label, first.before, first.after) == ("a", "b", "a")
    assert (first.right_before, first.right_after) == (0, 3)
    assert (second.input, second.text, second.right_before, second.right_after) == (CLEAN, ("row 3",), 1, 2)
    (lost,) = found.shown_lost
    assert (lost.text, lost.before, lost.after, lost.right_after) == (("row 1",), "a", "c", 1)


def test_a_row_stands_once_and_none_where_no_texts_are_shown(grid: Grid):
    both = answers(CLASSES, [seed("bbbb", "bbbb")], [seed("aaaa", "aaaa")])
    found = changed_rows(grid, both, TEXTS, limit=12)
    assert found is not None
    assert sorted(one.clean for one in found.shown_won) == TEXTS[CLEAN]
    assert {one.input for one in found.shown_won} == {CLEAN, "ocr"}
    hidden = changed_rows(grid, both, TEXTS, limit=0)
    assert hidden is not None
    assert (hidden.won, hidden.shown_won, hidden.shown_lost) == (8, (), ())


def test_a_regression_comes_nearer_or_not(grid: Grid):
    def model(*values: float) -> Scored:
        given = np.array(values)[:, None]
        return Scored(NUMBERS, np.array([1.0, 2.0, 3.0, 4.0]), given, {"ocr": given})

    found = changed_rows(
        grid, answers(NUMBERS, [model(1.0, 2.0, 3.0, 2.0)], [model(3.0, 2.4, 3.0, 4.0)]), TEXTS, limit=4
    )
    assert found is not None
    assert (found.won, found.lost) == (2, 2)
    (won, lost) = (*found.shown_won, *found.shown_lost)
    assert (won.label, won.before, won.after, won.right_after) == ("4.00", "2.00", "4.00", None)
    assert (lost.label, lost.before, lost.after) == ("1.00", "1.00", "3.00")
