"""Standard error: what a run says, and its progress: as a bar on a terminal, elsewhere as a line now and then."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from pocketbert.wording import duration, spelt

UPDATES_BEFORE_ESTIMATE = 20
LONG_RUN_SECONDS = 10
SECONDS_BETWEEN_LINES = 60
MOST_OF_NAME, MOST_OF_BAR = 32, 24
WHAT_IS_LEFT = Column(ratio=1, no_wrap=True, overflow="ellipsis")
FIRST, LAST = ("loss", "tokens_per_second"), ("examples_per_second",)
HIDDEN = ("seconds", "peak_memory_bytes")


class TerminalReporter:
    """Says lines on standard error, with a progress bar under them where that is a terminal, else one a minute."""

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
        self.told = time.monotonic()

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
            return
        left = figures.get("seconds", 0.0) / max(1, step) * (steps - step)
        to_go = f"about {duration(left)} to go"
        if step >= UPDATES_BEFORE_ESTIMATE and what not in self.estimated and left:
            self.estimated.add(what)
            if left > LONG_RUN_SECONDS:
                memory = figures["peak_memory_bytes"] / 2**20
                self._tell(f"{what}: {to_go}; {memory:,.0f} MiB of memory so far")
        elif self.bars.disable and time.monotonic() - self.told >= SECONDS_BETWEEN_LINES:
            told = ", ".join([f"{what}: {step:,} of {steps:,}", *in_words(figures)])
            self._tell(f"{told}; {to_go}" if left else told)

    def _tell(self, line: str) -> None:
        self.told = time.monotonic()
        self.say(line)


def line_of(figures: dict[str, float]) -> str:
    """`loss 0.53  6,100 tokens/s  masked LM 0.5`: what a narrow terminal cuts off is what matters least."""
    return "  ".join(in_words(figures))


def in_words(figures: dict[str, float]) -> list[str]:
    """What is to be told of the figures, what matters most first."""
    names = [*FIRST, *(name for name in figures if name not in (*FIRST, *LAST, *HIDDEN)), *LAST]
    return [_figure(name, figures[name]) for name in names if name in figures]


def _figure(name: str, value: float) -> str:
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    what, per, _ = name.partition("_per_second")
    return f"{number} {what}/s" if per else f"{spelt(name)} {number}"
