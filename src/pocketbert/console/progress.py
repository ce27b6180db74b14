"""Standard error: what a run says, and its progress."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from pocketbert.wording import duration

UPDATES_BEFORE_ESTIMATE = 20
LONG_RUN_SECONDS = 10


class TerminalReporter:
    """Says lines on standard error, with a progress bar under them where that is a terminal."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[figures]}", markup=False),
            console=self.console,
            transient=True,
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
        shown = "  ".join(
            f"{name.replace('_', ' ')} {value:.3g}" for name, value in figures.items() if _is_shown(name)
        )
        self.bars.update(self.tasks[what], completed=step, total=steps, figures=shown)
        if step >= steps:
            self.bars.remove_task(self.tasks.pop(what))
            self.estimated.discard(what)
        elif step >= UPDATES_BEFORE_ESTIMATE and what not in self.estimated and figures.get("seconds"):
            self.estimated.add(what)
            seconds = figures["seconds"] / step * (steps - step)
            if seconds > LONG_RUN_SECONDS:
                memory = figures["peak_memory_bytes"] / 2**20
                self.say(f"{what}: about {duration(seconds)} to go; {memory:,.0f} MiB of memory so far")


def _is_shown(name: str) -> bool:
    return name not in ("seconds", "peak_memory_bytes")
