"""Which cases of a CheckList suite fail, as CheckList's own expectations define it (`checklist/expect.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.evaluation.calibration import probabilities
from pocketbert.evaluation.intervals import proportion
from pocketbert.evaluation.metrics import flips, predictions_of

if TYPE_CHECKING:
    from pocketbert.evaluation.schema import Measured, TestMetrics
    from pocketbert.evaluation.suite_files.given import Case, Checklist
    from pocketbert.tasks import Task


def failures(suite: Checklist, task: Task, logits: np.ndarray) -> list[bool | None]:
    """Whether each case fails; None where it cannot: a probability already as high or low as it may be."""
    answers = predictions_of(task, logits)
    shares = logits if task.kind == "regression" else probabilities(logits)
    return [
        _fails(case, task, answers[case.start : case.stop], shares[case.start : case.stop])
        for case in suite.cases
    ]


def rates_by_test(
    suite: Checklist, results: Sequence[bool | None], confidence: float
) -> tuple[list[TestMetrics], dict[str, Measured]]:
    """Failure rates of each test, in the suite's order, and of each type of test."""
    by_test: dict[str, list[bool]] = {test.name: [] for test in suite.tests}
    filtered = dict.fromkeys(by_test, 0)
    for case, failed in zip(suite.cases, results, strict=True):
        if failed is None:
            filtered[case.test] += 1
        else:
            by_test[case.test].append(failed)
    tests: list[TestMetrics] = [
        {
            "name": test.name,
            "capability": test.capability,
            "type": test.kind,
            "cases": len(by_test[test.name]),
            "filtered": filtered[test.name],
            "failures": sum(by_test[test.name]),
            "failure_rate": proportion(by_test[test.name], confidence),
        }
        for test in suite.tests
    ]
    by_type: dict[str, list[bool]] = {}
    for test in suite.tests:
        by_type.setdefault(test.kind, []).extend(by_test[test.name])
    return tests, {kind: proportion(failed, confidence) for kind, failed in by_type.items()}


def _fails(case: Case, task: Task, answers: np.ndarray, shares: np.ndarray) -> bool | None:
    """One case: its texts' answers, and their probabilities (of a regression, values).  *Shape:* (texts, labels)"""
    if case.expect in ("equal", "different"):
        equal = ~flips(task, np.array(case.labels), answers)
        return not bool((equal if case.expect == "equal" else ~equal).all())
    moved = flips(task, np.full(len(answers) - 1, answers[0]), answers[1:])
    if case.expect == "changed":
        return not bool(moved.all())
    watched = shares[
        :, 0 if task.kind == "regression" else int(case.labels[0] if case.labels else answers[0])
    ]
    if case.expect == "same":
        close = np.abs(watched[1:] - watched[0]) <= case.tolerance
        return bool((moved & ~(close if case.tolerance else np.zeros_like(moved))).any())
    rise = watched[1:] - watched[0]
    if case.expect == "decreasing":
        rise, watched = -rise, 1 - watched
    if task.kind == "classification" and watched[0] <= case.tolerance:
        return None
    return bool((rise < -case.tolerance).any())
