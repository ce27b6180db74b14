"""Standard error: what a run says, and its progress."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from pocketbert.wording import duration, spelt

UPDATES_BEFORE_ESTIMATE = 20
LONG_RUN_SECONDS = 10
MOST_OF_NAME, MOST_OF_BAR = 32, 24
WHAT_IS_LEFT = Column(ratio=1, no_wrap=True, overflow="ellipsis")
FIRST, LAST = ("loss", "tokens_per_second"), ("examples_per_second",)
HIDDEN = ("seconds", "peak_memory_bytes")


class TerminalReporter:
    """Says lines on standard error, with a progress bar under them where that is a terminal."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.bars = Progress(
            TextColumn("{task.description}", markup=False, table_column=Column(max_width=MOST_OF_NAME)),
            BarColumn(bar_width=min(MOST_OF_BAR, self.console.width // 8)),
            TextColumn("{task.completed}/{task.total}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[figures]}", markup=False, table_column=WHAT_IS_LEFT),
            console=self.console,
            transient=True,
            expand=True,
            disable=not self.console.is_interactive,
        )
        self.tasks: dict[str, TaskID] = {}
        self.estimated: set[str] = set()

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def say(self, line: str) -> None:
        self.console.print(Text(line), soft_wrap=True)

    def warn(self, line: str) -> None:
        self.console.print(Text.assemble(("warning: ", "yellow"), line), soft_wrap=True)

    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None:
        if what not in self.tasks:
            self.tasks[what] = self.bars.add_task(what, total=steps, figures="")
        self.bars.update(self.tasks[what], completed=step, total=steps, figures=line_of(figures))
        if step >= steps:
            self.bars.remove_task(self.tasks.pop(what))
            self.estimated.discard(what)
        elif step >= UPDATES_BEFORE_ESTIMATE and what not in self.estimated and figures.get("seconds"):
            self.estimated.add(what)
            seconds = figures["seconds"] / step * (steps - step)
            if seconds > LONG_RUN_SECONDS:
                memory = figures["peak_memory_bytes"] / 2**20
                self.say(f"{what}: about {duration(seconds)} to go; {memory:,.0f} MiB of memory so far")


def line_of(figures: dict[str, float]) -> str:
    """`loss 0.53  6,100 tokens/s  masked LM 0.5`: what a narrow terminal cuts off is what matters least."""
    names = [*FIRST, *(name for name in figures if name not in (*FIRST, *LAST, *HIDDEN)), *LAST]
    return "  ".join(_figure(name, figures[name]) for name in names if name in figures)


def _figure(name: str, value: float) -> str:
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    what, per, _ = name.partition("_per_second")
    return f"{number} {what}/s" if per else f"{spelt(name)} {number}"
