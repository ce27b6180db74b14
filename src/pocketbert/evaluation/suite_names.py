"""Names of robustness suites: `operator@severity`, or the operator alone for the middle severity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pocketbert.augmentation import OPERATORS, SEVERITIES
from pocketbert.errors import unknown_name

if TYPE_CHECKING:
    from pocketbert.tasks import Task

SUITES = (
    "typo@1",
    "typo@2",
    "typo@3",
    "reorder",
    "synonym",
    "stopword",
    "ocr",
    "misspelling",
    "hurried",
    "punctuation",
    "spacing",
    "shuffle",
)
"""What `all` means."""

MIDDLE_SEVERITY = 2
GRAMMAR = "grammar"
SPELLING = ("typo", "ocr", "misspelling", "casing")
"""Operators that touch letters only: judges of grammar look past a slip, not past a word added or moved."""


def split_suite_name(name: str) -> tuple[str, int]:
    """Operator and severity of a suite.

    Raises ValueError, with the nearest match, for a name that means no suite.
    """
    operator, at, severity = name.partition("@")
    if operator not in OPERATORS:
        raise ValueError(unknown_name("suite", name, {*SUITES, *OPERATORS}))
    if not at:
        return operator, MIDDLE_SEVERITY
    if severity not in map(str, SEVERITIES):
        raise ValueError(f"suite '{name}' has no severity '{severity}'; known: 1, 2, 3")
    return operator, int(severity)


def is_suite_name(name: str) -> bool:
    """Whether an operator makes the suite; the others were written by somebody."""
    return name.partition("@")[0] in OPERATORS


def held_out(name: str) -> bool:
    """Whether the suite's operator is kept out of training."""
    return OPERATORS[split_suite_name(name)[0]].held_out


def keeps_labels(name: str, task: Task) -> bool:
    """Whether the suite leaves the task's labels true: where grammar is judged, only spelling may suffer."""
    return task.augmentation != GRAMMAR or name.partition("@")[0] in SPELLING
