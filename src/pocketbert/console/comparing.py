"""Comparisons on the terminal: figures, differences, costs, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pocketbert.comparing.content import CLEAN, UNSEEN
from pocketbert.comparing.paper import cost_cells, input_title, value
from pocketbert.console.output import results, show
from pocketbert.wording import counted, spelt

if TYPE_CHECKING:
    from pocketbert.comparing import Comparison, ComparisonContent


def print_comparison(comparison: Comparison) -> None:
    """Each variant on each input, the planned differences, what each cost, and the five answers."""
    content, console = comparison.content, results()
    for part in (_figures(content), _differences(content), _costs(content)):
        show(console, part)
        console.print()
    for answer in content.answers:
        console.print(
            Text.assemble((f"{answer.asked} ", "bold"), f"{answer.verdict}.  {answer.sentence}"),
            soft_wrap=True,
        )
    for note in content.notes:
        console.print(Text(f"note: {note}"), soft_wrap=True)
    console.print(Text(f"\n{' '.join([content.answer, *content.besides])}"), soft_wrap=True)
    for path in (comparison.folder.report, comparison.folder.paper, comparison.folder.results):
        console.print(Text(f"written: {path}"), soft_wrap=True)


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    return table


def _figures(content: ComparisonContent) -> Table:
    """Means over seeds, an input a line; the intervals of clean text and of the unseen average stand under them."""
    table = _table(f"{spelt(content.metric)} on", *(row.title for row in content.variants))
    for on in content.inputs:
        shown = [value(content.metric, row.figures[on.name]) for row in content.variants]
        if on.name not in (CLEAN, UNSEEN):
            shown = [one.partition(" ")[0] for one in shown]
        numbers, _, ends = zip(*(one.partition(" ") for one in shown), strict=True)
        table.add_row(Text(input_title(on)), *numbers)
        if any(ends):
            table.add_row("", *(Text(one, "dim") for one in ends))
    return table


def _differences(content: ComparisonContent) -> Table:
    """The planned comparisons, without the single suites."""
    table = Table(box=None, pad_edge=False)
    for heading in ("variant", "against", "on", "difference", "p (Holm)", "McNemar", ""):
        words = heading in ("variant", "against", "on", "")
        table.add_column(heading, justify="left" if words else "right", no_wrap=True)
    from pocketbert.comparing.wording import p_value
    from pocketbert.evaluation.report.content import Interval

    for one in content.gains:
        if content.input(one.input).kind in ("seen", "unseen"):
            continue
        titles = (content.row(name).title for name in (one.variant, one.baseline))
        table.add_row(
            *map(Text, titles),
            Text(content.input(one.input).title),
            value(content.metric, Interval(one.value, one.low, one.high), signed=True),
            p_value(one.p_holm),
            p_value(one.mcnemar.p_holm) if one.mcnemar else "",
            one.verdict,
        )
    return table


def _costs(content: ComparisonContent) -> Table:
    table = _table(
        f"a run, mean over {counted(len(content.seeds), 'seed')}",
        *("seconds", "examples/s", "MiB", "trained", "of", "MB on disk"),
    )
    for row in content.variants:
        if row.cost:
            table.add_row(*cost_cells(row))
    return table
