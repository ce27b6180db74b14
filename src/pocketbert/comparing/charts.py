"""Where marks stand in the comparison's charts: positions in percent, so that charts fit any width."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pocketbert.comparing.content import CLEAN, Gain, Input, Row
from pocketbert.evaluation.report.figures import Axis, tick_label
from pocketbert.evaluation.report.wording import SHARES, count, figure, gain, seconds

if TYPE_CHECKING:
    from pocketbert.comparing.content import ComparisonContent

MOST_TICKS = 6
WIDTH_OF_MARK = 4.5
"""In percent of a chart."""


@dataclass(frozen=True)
class GainRow:
    """An input with the gain of augmented over clean training for each pair of variants."""

    on: Input
    gains: tuple[Gain, ...]


@dataclass(frozen=True)
class Course:
    """A variant's figures as an operator's severity rises: positions of (severity, value, low, high), in percent."""

    place: int
    title: str
    points: tuple[tuple[float, float, float, float], ...]

    @property
    def path(self) -> str:
        """The line through its points, as SVG in a box of 100 by 100."""
        return "M" + " L".join(f"{x:g} {100 - y:g}" for x, y, _, _ in self.points)


@dataclass(frozen=True)
class SeverityPanel:
    """One operator: how a plain and an augmented model fare as it grows stronger."""

    title: str
    courses: tuple[Course, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    description: str


@dataclass(frozen=True)
class Mark:
    """A variant in a chart of quality against cost."""

    number: int
    x: float
    y: float
    low: float
    high: float
    kind: str


@dataclass(frozen=True)
class CostPanel:
    """Quality against one figure of cost, whose axis is logarithmic."""

    title: str
    marks: tuple[Mark, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    description: str


def gain_rows(content: ComparisonContent) -> tuple[GainRow, ...]:
    """Every input on which augmentation was questioned, in the order of the inputs."""
    asked = [one for one in content.gains if one.question in ("generalisation", "robustness")]
    rows = [GainRow(on, tuple(one for one in asked if one.input == on.name)) for on in content.inputs]
    return tuple(row for row in rows if row.gains)


def gain_axis(rows: Sequence[GainRow]) -> Axis:
    """An axis that holds every interval, and no gain."""
    ends = [end for row in rows for one in row.gains for end in (one.low, one.high)]
    return Axis.around([0.0, *ends])


def severity_panels(content: ComparisonContent) -> tuple[SeverityPanel, ...]:
    """A panel for each operator that was scored at several severities, of the featured pair of variants."""
    pair = featured_pair(content)
    by_operator: dict[str, list[Input]] = {}
    for on in content.inputs:
        if on.operator and on.severity is not None:
            by_operator.setdefault(on.operator, []).append(on)
    several = [sorted(inputs, key=_severity) for inputs in by_operator.values() if len(inputs) > 1]
    if not pair or not several:
        return ()
    rows = [content.row(name) for name in pair]
    shown = [on.name for inputs in several for on in inputs] + [CLEAN]
    ends = [end for row in rows for name in shown for end in (row.figures[name].low, row.figures[name].high)]
    up = Axis.around(ends, 0.0 if content.metric in SHARES else -1.0, 1.0)
    return tuple(_severity_panel(content, rows, inputs, up) for inputs in several)


def _severity(on: Input) -> int:
    return on.severity or 0


def _severity_panel(
    content: ComparisonContent, rows: Sequence[Row], inputs: Sequence[Input], up: Axis
) -> SeverityPanel:
    steps = [(0, CLEAN), *((_severity(on), on.name) for on in inputs)]
    across = Axis(0.0, float(steps[-1][0]), tuple(float(step) for step, _ in steps))
    courses = []
    for place, row in enumerate(rows):
        figures = [(step, row.figures[name]) for step, name in steps]
        points = tuple(
            (across.percent(step), up.percent(one.value), up.percent(one.low), up.percent(one.high))
            for step, one in figures
        )
        courses.append(Course(place, row.title, points))
    told = "; ".join(
        f"{row.title}: " + ", ".join(figure(content.metric, row.figures[name].value) for _, name in steps)
        for row in rows
    )
    title = inputs[0].title.partition(",")[0]
    names = tuple((across.percent(step), "clean" if not step else f"{step}") for step, _ in steps)
    return SeverityPanel(
        title,
        tuple(courses),
        names,
        _ticks(up, lambda tick: tick_label(content.metric, tick)),
        f"{title}. {told}.",
    )


def featured_pair(content: ComparisonContent) -> tuple[str, str] | None:
    """The pair of variants that the question of augmentation is shown on: the featured one's, else the last."""
    pairs = [
        (one.baseline, one.variant)
        for one in content.gains
        if one.question == "generalisation" and one.input == CLEAN
    ]
    return next((pair for pair in pairs if pair[1] == content.featured), pairs[-1] if pairs else None)


def cost_panels(content: ComparisonContent) -> tuple[CostPanel, ...]:
    """Quality on clean text against the time of a run and against what it trains."""
    costs: list[tuple[str, Callable[[Row], float], Callable[[float], str]]] = [
        ("Seconds of a run", lambda row: _mean(row.cost.seconds) if row.cost else 0.0, seconds),
        ("Trained parameters", lambda row: float(row.cost.trainable) if row.cost else 0.0, _short_count),
    ]
    up = Axis.around(
        [end for row in content.variants for end in (row.figures[CLEAN].low, row.figures[CLEAN].high)],
        0.0 if content.metric in SHARES else -1.0,
        1.0,
    )
    return tuple(_cost_panel(content, up, *one) for one in costs)


def _cost_panel(
    content: ComparisonContent,
    up: Axis,
    title: str,
    cost: Callable[[Row], float],
    label: Callable[[float], str],
) -> CostPanel:
    drawn = [(number, row) for number, row in enumerate(content.variants, 1) if cost(row) > 0]
    across = Axis.around([math.log10(cost(row)) for _, row in drawn])
    marks = []
    for number, row in drawn:
        one = row.figures[CLEAN]
        kind = "other" if row.role == "beside" else "augmented" if row.augmented else "plain"
        place = across.percent(math.log10(cost(row)))
        marks.append(
            Mark(number, place, up.percent(one.value), up.percent(one.low), up.percent(one.high), kind)
        )
    told = "; ".join(
        f"{row.title}: {label(cost(row))}, {figure(content.metric, row.figures[CLEAN].value)}"
        for _, row in drawn
    )
    marks = _side_by_side(marks)
    ticks = tuple((across.percent(math.log10(value)), label(value)) for value in round_values(across))
    return CostPanel(
        title,
        tuple(marks),
        ticks,
        _ticks(up, lambda tick: tick_label(content.metric, tick)),
        f"{title}. {told}.",
    )


def _side_by_side(marks: Sequence[Mark]) -> list[Mark]:
    """Marks of the same cost stand beside each other, so that none hides another."""
    placed: list[Mark] = []
    for mark in sorted(marks, key=lambda one: (one.x, one.number)):
        x = mark.x if not placed else max(mark.x, placed[-1].x + WIDTH_OF_MARK)
        placed.append(replace(mark, x=x))
    over = max(0.0, placed[-1].x - 100) if placed else 0.0
    return [replace(mark, x=mark.x - over) if mark.x > 50 else mark for mark in placed]


def round_values(axis: Axis) -> list[float]:
    """1, 2 and 5 times powers of ten that lie on a logarithmic axis, or the powers alone where these are enough."""
    powers = range(math.floor(axis.low), math.ceil(axis.high) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = [factor * 10.0**power for power in powers for factor in factors]
        inside = [value for value in values if axis.low <= math.log10(value) <= axis.high]
        if len(inside) <= MOST_TICKS:
            break
    return inside[:: 1 + len(inside) // (MOST_TICKS + 1)]


def _ticks(axis: Axis, label: Callable[[float], str]) -> tuple[tuple[float, str], ...]:
    return tuple((axis.percent(tick), label(tick)) for tick in axis.ticks)


def gain_tick(metric: str, value: float) -> str:
    """A tick of an axis of gains: `+5`, in points, or of a correlation `+0.05`."""
    told = gain(metric, value, unit=False)
    return told.removesuffix(".0")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _short_count(value: float) -> str:
    """`225 k`, `5.8 M`."""
    if value >= 999_500:
        return f"{value / 1e6:.3g} M"
    return f"{value / 1e3:.3g} k" if value >= 1000 else count(value)
