"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PARTIAL = ".partial-"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write a file that takes its own name once it is complete; work that fails leaves nothing.

    Its rights are those of any file that is made there, whoever writes it: safetensors would let its owner alone
    read it.
    """
    partial = path.with_name(f"{PARTIAL}{path.name}")
    try:
        partial.touch()
        usual = partial.stat().st_mode
        yield partial
        if partial.stat().st_mode != usual:
            partial.chmod(usual)
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that takes its own name, and the place of an older one, once it is complete."""
    partial, older = (path.with_name(f"{PARTIAL}{state}-{path.name}") for state in ("new", "old"))
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        if path.exists():
            path.replace(older)
        partial.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(older, ignore_errors=True)
