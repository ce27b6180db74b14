"""`history.jsonl`: a line for each reading of the loss and each scoring on validation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pocketbert.errors import PocketBertError, disk_refusal


@dataclass(frozen=True)
class History:
    """The file, which only grows, save that a resumed run cuts it back to where its checkpoint stands."""

    path: Path
    writes: bool = True
    """Only one process of a run does."""

    def append(self, line: dict[str, Any]) -> None:
        """Raises PocketBertError when the disk refuses it."""
        if not self.writes:
            return
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise PocketBertError(
                f"could not write {self.path}: {disk_refusal(error)}, then the same command goes on"
            ) from error

    def size(self) -> int:
        """Its length in bytes."""
        return self.path.stat().st_size if self.path.exists() else 0

    def cut(self, size: int) -> None:
        """Take out what was written after it had `size` bytes."""
        if self.writes and self.size() > size:
            with self.path.open("r+b") as file:
                file.truncate(size)
