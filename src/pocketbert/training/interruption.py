"""Ctrl-C, polite kills and the end of the process that asked for the work, answered between two updates."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPS_WITH = "POCKETBERT_STOPS_WITH"
"""Variable of the environment: number of the parent without which nobody waits for this process."""


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Whether to stop, for the loop to ask after each update: Ctrl-C or a polite kill came, or the parent is gone.

    A second Ctrl-C acts at once.  Outside the main thread nothing is caught.
    """
    if threading.current_thread() is not threading.main_thread():
        yield is_orphan
        return
    asked = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    previous = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked or is_orphan()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def is_orphan() -> bool:
    """Whether this process was to stop with its parent, which is gone: even a kill that it could not answer tells."""
    parent = os.environ.get(STOPS_WITH)
    return parent is not None and parent != str(os.getppid())
