"""Who hears what a run does."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Hears what a run does, to tell a person."""

    def say(self, line: str) -> None: ...
    def warn(self, line: str) -> None: ...
    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None: ...


class Silent:
    """A reporter that tells nobody."""

    def say(self, line: str) -> None: ...
    def warn(self, line: str) -> None: ...
    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None: ...


def tell_progress(reporter: Reporter, what: str, done: int, of: int) -> None:
    """Scoring's progress, as a reporter hears it."""
    reporter.progress(what, done, of, {})
