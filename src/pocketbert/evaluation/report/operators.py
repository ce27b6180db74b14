"""What guards said of each operator, in a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pocketbert.evaluation.schema import OperatorMetrics


@dataclass(frozen=True)
class OperatorRow:
    """An operator, what guards let pass of it (shares), and the weight that it was drawn by in the end."""

    name: str
    made: int
    passed: float | None
    views: int = 0
    agreed: float | None = None
    weight: float | None = None


def operator_rows(operators: Mapping[str, OperatorMetrics]) -> tuple[OperatorRow, ...]:
    """What guards said of each operator: the `operators` of `metrics.json`."""
    return tuple(
        OperatorRow(
            name,
            of["made"],
            of["passed"] / of["made"] if of["made"] else None,
            of.get("views", 0),
            of["agreed"] / of["views"] if of.get("views") else None,
            of.get("weight"),
        )
        for name, of in operators.items()
    )
