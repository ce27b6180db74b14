"""Where marks stand in the page's charts: positions in percent, so that charts fit any width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pocketbert.evaluation.report.content import Certainty, Condition, ConfusionMatrix, Curves
from pocketbert.evaluation.report.wording import METRIC_TITLES, SHARES, figure, suite_title

MOST_LABELS_DRAWN = 15
MOST_PAIRS_LISTED = 15


@dataclass(frozen=True)
class Axis:
    """A scale from low to high, with round ticks inside."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def around(cls, values: Sequence[float], floor: float = -math.inf, ceiling: float = math.inf) -> Axis:
        """An axis that holds the values with some room, within floor and ceiling."""
        low, high = min(values), max(values)
        room = 0.06 * (high - low) or 0.05 * max(abs(high), 1e-6)
        low, high = max(low - room, min(floor, low)), min(high + room, max(ceiling, high))
        if high <= low:
            high = low + 1e-6
        step = _round_step((high - low) / 6)
        first = math.ceil(low / step - 1e-9)
        last = math.floor(high / step + 1e-9)
        return cls(low, high, tuple(round(at * step, 10) for at in range(first, last + 1)))

    def percent(self, value: float) -> float:
        """Position of a value, 0 to 100."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)


@dataclass(frozen=True)
class Drawn:
    """One curve: an SVG path in a box of 100 by 100, and its last point."""

    variant: int
    path: str
    last: tuple[float, float]


@dataclass(frozen=True)
class Panel:
    """A chart of curves."""

    title: str
    lines: tuple[Drawn, ...]
    across: Axis
    up: Axis
    up_labels: tuple[str, ...]
    description: str


def metric_axis(conditions: Sequence[Condition], metric: str) -> Axis:
    """The axis of the robustness chart: it holds every interval."""
    ends = [end for one in conditions for value in one.values for end in (value.low, value.high)]
    return Axis.around(ends, 0.0 if metric in SHARES else -1.0, 1.0)


SEVERITIES = {"1": "Light", "2": "Medium", "3": "Heavy"}


@dataclass(frozen=True)
class Ladder:
    """The suites of one operator by severity, in the order of SEVERITIES; a suite without one stands alone."""

    title: str
    kind: str
    by_severity: dict[str, Condition]
    alone: Condition | None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return (self.alone,) if self.alone else tuple(self.by_severity.values())

    @property
    def lowest(self) -> float:
        return min(one.values[0].value for one in self.conditions)


def ladders(conditions: Sequence[Condition], kind: str) -> list[Ladder]:
    """The suites of a kind by operator, the one that falls lowest first."""
    found: dict[str, dict[str, Condition]] = {}
    for one in conditions:
        if one.kind == kind:
            operator, _, severity = one.name.partition("@")
            found.setdefault(operator, {})[severity] = one
    steps = []
    for operator, of_severity in found.items():
        known = {name: of_severity[name] for name in SEVERITIES if name in of_severity}
        if known:
            steps.append(Ladder(suite_title(operator), kind, known, None))
        if "" in of_severity:
            steps.append(Ladder(of_severity[""].title, kind, {}, of_severity[""]))
    return sorted(steps, key=lambda one: one.lowest)


def coverage_panel(certainty: Certainty | None) -> Panel | None:
    """Accuracy of the surest rows by the share that is answered, on clean text and where it is worst."""
    if certainty is None or not certainty.curves:
        return None
    across = Axis(0.0, 1.0, (0.25, 0.5, 0.75, 1.0))
    chart = Curves("Accuracy of the surest rows", certainty.curves, "accuracy")
    names = [line.variant for line in certainty.curves]
    return _panel(chart, names if len(names) > 1 else ["", *names], across, "share of rows answered")


def panels(curves: Sequence[Curves], variants: Sequence[str]) -> tuple[Panel, ...]:
    """The curves as charts that share their horizontal axis."""
    epochs = [point[0] for chart in curves for line in chart.lines for point in line.points]
    if not epochs:
        return ()
    last = max(epochs)
    across = Axis(
        0.0, last, tuple(float(at) for at in range(0, math.floor(last) + 1, max(1, math.ceil(last / 8))))
    )
    return tuple(_panel(chart, variants, across) for chart in curves)


def _panel(chart: Curves, variants: Sequence[str], across: Axis, by: str = "epoch") -> Panel:
    values = [value for line in chart.lines for _, value in line.points if math.isfinite(value)] or [0.0]
    floor = 0.0 if chart.metric in (*SHARES, "") else -1.0
    up = Axis.around(values, floor, 1.0 if chart.metric else math.inf)
    lines = []
    for line in chart.lines:
        points = [(across.percent(x), 100 - up.percent(y)) for x, y in line.points if math.isfinite(y)]
        if points:
            path = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
            lines.append(Drawn(_place(line.variant, variants), path, points[-1]))
    ends = "; ".join(
        f"{line.variant}{'' if line.seed is None else f', seed {line.seed}'}: ends at "
        f"{_value(chart.metric, line.points[-1][1])}"
        for line in chart.lines
    )
    labels = tuple(_value(chart.metric, tick, tick=True) for tick in up.ticks)
    return Panel(chart.title, tuple(lines), across, up, labels, f"{chart.title} by {by}. {ends}.")


def _place(variant: str, variants: Sequence[str]) -> int:
    return variants.index(variant) if variant in variants else len(variants) - 1


def _value(metric: str, value: float, *, tick: bool = False) -> str:
    if tick:
        return tick_label(metric, value)
    return figure(metric, value) if metric in METRIC_TITLES else f"{value:.3f}"


def tick_label(metric: str, value: float) -> str:
    """A tick without needless decimals: `80%`, `0.6`."""
    return f"{round(100 * value, 4):g}%" if metric in SHARES else f"{value:g}".replace("-", "−")


def confused_pairs(matrix: ConfusionMatrix) -> list[tuple[str, str, int, int]]:
    """Label, answer, rows of the label so answered, rows of the label: the most frequent mistakes."""
    pairs = [
        (matrix.labels[row], matrix.labels[column], count, sum(counts))
        for row, counts in enumerate(matrix.counts)
        for column, count in enumerate(counts)
        if count and row != column
    ]
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))[:MOST_PAIRS_LISTED]


def _round_step(step: float) -> float:
    """1, 2 or 5 times a power of ten, not below `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9)))
