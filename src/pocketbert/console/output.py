"""Standard output: tables, lines and JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

WIDTH_OF_FILES = 160


def results() -> Console:
    """Standard output; where it is no terminal, wide enough for every table."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_OF_FILES)


def show(console: Console, table: Table) -> None:
    """Print a table; in a file its lines end where their words end.

    A terminal too narrow for it breaks its lines, so that no figure loses a digit.
    """
    if console.is_terminal:
        widths = Measurement.get(console, console.options.update(max_width=WIDTH_OF_FILES), table)
        needed = widths.maximum if all(column.no_wrap for column in table.columns) else widths.minimum
        width = console.width if needed <= console.width else WIDTH_OF_FILES
        Console(highlight=False, width=width).print(table)
        return
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


def print_json(content: Any) -> None:
    ascii_only = "utf" not in str(getattr(sys.stdout, "encoding", "")).lower()
    print(json.dumps(content, indent=1, ensure_ascii=ascii_only, allow_nan=False))
