"""Names of robustness suites: `operator@severity`, or the operator alone for the middle severity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pocketbert.augmentation import OPERATORS, SEVERITIES
from pocketbert.augmentation.policy import presets
from pocketbert.errors import unknown_name

if TYPE_CHECKING:
    from pocketbert.tasks import Task

MIDDLE_SEVERITY = 2
ONE_CHANGE = ("reorder", "marker")
"""Operators that change a text once at most, so that it is the same at every severity."""


def _named(operator: str, severity: int) -> str:
    return operator if operator in ONE_CHANGE else f"{operator}@{severity}"


_BY_RULE = tuple(name for name, operator in OPERATORS.items() if not operator.resources)
"""Operators that need no model: suites are the same wherever they are made."""
SUITES = tuple(dict.fromkeys(_named(operator, severity) for operator in _BY_RULE for severity in SEVERITIES))
"""What `all` means: every operator at every severity that makes a difference."""
MEDIUM_SUITES = tuple(_named(operator, MIDDLE_SEVERITY) for operator in _BY_RULE)
"""What `medium` means: every operator once."""


def split_suite_name(name: str) -> tuple[str, int]:
    """Operator and severity of a suite.

    Raises ValueError, with the nearest match, for a name that means no suite.
    """
    operator, at, severity = name.partition("@")
    if operator not in _BY_RULE:
        raise ValueError(unknown_name("suite", name, {*SUITES, *_BY_RULE}))
    if not at:
        return operator, MIDDLE_SEVERITY
    if severity not in map(str, SEVERITIES):
        raise ValueError(f"suite '{name}' has no severity '{severity}'; known: 1, 2, 3")
    return operator, int(severity)


def is_suite_name(name: str) -> bool:
    """Whether an operator makes the suite; the others were written by somebody."""
    return name.partition("@")[0] in _BY_RULE


def held_out(name: str) -> bool:
    """Whether the suite's operator is kept out of training."""
    return OPERATORS[split_suite_name(name)[0]].held_out


def keeps_labels(name: str, task: Task) -> bool:
    """Whether the suite leaves the task's labels true, as its preset says."""
    preset = presets().get(task.augmentation)
    return preset is None or split_suite_name(name)[0] not in preset.changes_labels
