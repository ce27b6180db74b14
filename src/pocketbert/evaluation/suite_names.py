"""Names of robustness suites: `operator@severity`, or the operator alone for the middle severity."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    "punctuation",
    "shuffle",
)
SEVERITIES = (1, 2, 3)
MIDDLE_SEVERITY = 2


def split_suite_name(name: str) -> tuple[str, int]:
    """Operator and severity of a suite.

    Raises ValueError, with the nearest match, for a name that means no suite.
    """
    operator, at, severity = name.partition("@")
    operators = {suite.partition("@")[0] for suite in SUITES}
    if operator not in operators:
        raise ValueError(unknown_name("suite", name, SUITES))
    if not at:
        return operator, MIDDLE_SEVERITY
    if severity not in map(str, SEVERITIES):
        raise ValueError(f"suite '{name}' has no severity '{severity}'; known: 1, 2, 3")
    return operator, int(severity)


def check_suite_name(name: str) -> None:
    """Raises ValueError for a name that means no suite."""
    split_suite_name(name)


def held_out(name: str) -> bool:
    """Whether the suite's operator is kept out of training."""
    from pocketbert.augmentation import OPERATORS

    return OPERATORS[split_suite_name(name)[0]].held_out


def keeps_labels(name: str, task: Task) -> bool:
    """Whether the suite leaves the task's labels true."""
    return True
