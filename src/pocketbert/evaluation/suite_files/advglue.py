"""AdvGLUE's JSON: one object with a list of rows for each task (Wang et al. 2021, Adversarial GLUE)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.data.source import Row, Source
from pocketbert.data.tabular import check_bytes
from pocketbert.errors import ArgumentError, PocketBertError, unknown_name

if TYPE_CHECKING:
    from pocketbert.tasks import Task

PARTS = {"mnli": ("mnli", "mnli-mm")}
"""Parts of a task whose name alone does not say them."""


def is_advglue(path: Path) -> bool:
    """Whether a JSON file is one object, not a list of rows."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.read(4096).lstrip()[:1] == "{"


def advglue_sources(path: Path, task: Task, part: str | None) -> Iterator[tuple[str, Source]]:
    """The rows of the task's parts, or of the part that is named.

    Raises ArgumentError when the file has none of them, PocketBertError when it is not laid out as AdvGLUE is.
    """
    check_bytes(path)
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PocketBertError(f"{path} is not JSON: {error}") from None
    if not content:
        raise PocketBertError(f"{path} holds no rows")
    wanted = (
        (part,) if part else tuple(name for name in PARTS.get(task.name, (task.name,)) if name in content)
    )
    if not wanted or wanted[0] not in content:
        missing = unknown_name("part", part or task.name, content)
        raise ArgumentError(
            f'{path}: {missing}; describe the suite in a .toml with file = "{path.name}" and part = "..."'
        )
    for name in wanted:
        yield name, _source(path, name, content[name])


def _source(path: Path, part: str, rows: Any) -> Source:
    where = str(path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PocketBertError(f"{where}: '{part}' is not a list of rows")
    if not rows:
        raise PocketBertError(f"{where}: '{part}' has no rows")

    def values(names: Sequence[str]) -> Iterator[Row]:
        for number, row in enumerate(rows, 1):
            yield number, tuple(row.get(name) for name in names)

    columns = tuple(dict.fromkeys(key for row in rows for key in row))
    return Source(where, columns, values, (*Source.state_of(path), part))
