"""Exports on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pocketbert.console.output import results
from pocketbert.console.runs import figure
from pocketbert.wording import counted, spelt

if TYPE_CHECKING:
    from pocketbert.deployment.benchmark import Benchmark
    from pocketbert.exporting import Exported
    from pocketbert.publishing import Published


def print_exported(exported: Exported) -> None:
    """What was written, what the gate found, how long one text takes."""
    split = exported.split
    main = split["main_metric"]
    times = ", ".join(
        f"{value:.1f} ms for {tokens} tokens" for tokens, value in exported.milliseconds.items()
    )
    lines = [
        f"{exported.made}: {exported.size / 1e6:.1f} MB, {times} on one thread here",
        f"{spelt(main)} {figure(split['clean'][main])} on {split['n']:,} validation rows",
        *(
            f"{'passed' if check.passed else 'FAILED'}: {spelt(str(check))}"
            for check in exported.verdict.checks
        ),
        f"written: {exported.folder}",
    ]
    console = results()
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def print_published(published: Published) -> None:
    """Its models, where the site lies, and how to look at it."""
    for exported in published.exports:
        print_exported(exported)
    folder = published.folder
    lines = [
        f"site: {folder}, {published.size / 1e6:.1f} MB for any host of static files",
        f'look at it: python -m http.server --directory "{folder}"',
    ]
    for line in lines:
        results().print(Text(line), soft_wrap=True)


def print_benchmark(benchmark: Benchmark) -> None:
    """A table for each number of threads and rows: milliseconds by length, median and 95th percentile."""
    console = results()
    lengths = list(dict.fromkeys(cell.tokens for cell in benchmark.cells))
    for threads, rows in dict.fromkeys((cell.threads, cell.rows) for cell in benchmark.cells):
        title = f"{counted(rows, 'text')} at a time, {counted(threads, 'thread')}: milliseconds, median (p95)"
        console.print(Text(title), soft_wrap=True)
        table = Table(box=None)
        for column in ("", *(f"{length} tokens" for length in lengths), "file", "memory"):
            table.add_column(column, justify="right" if column else "left")
        for footprint in benchmark.footprints:
            times = [
                f"{cell.median:.1f} ({cell.p95:.1f})"
                for cell in benchmark.cells
                if (cell.name, cell.threads, cell.rows) == (footprint.name, threads, rows)
            ]
            table.add_row(
                footprint.name, *times, f"{footprint.file / 1e6:.1f} MB", f"{footprint.memory / 1e6:.0f} MB"
            )
        console.print(table)
