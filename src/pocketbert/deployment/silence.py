"""Silence for exporters and run times, whose native parts write to the terminal by themselves."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path


@contextmanager
def silence() -> Iterator[None]:
    """Nothing reaches the terminal inside, whoever writes it; after, all as it was."""
    with ExitStack() as after, Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
            stream.flush()
            kept = os.dup(number)
            after.callback(os.close, kept)
            after.callback(os.dup2, kept, number)
            os.dup2(nowhere.fileno(), number)
        after.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.CRITICAL)
        after.enter_context(redirect_stdout(nowhere))
        after.enter_context(redirect_stderr(nowhere))
        after.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield
