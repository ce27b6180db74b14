"""Exports on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from pocketbert.console.output import results
from pocketbert.console.runs import figure
from pocketbert.wording import spelt

if TYPE_CHECKING:
    from pocketbert.exporting import Exported


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
