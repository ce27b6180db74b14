"""A source: rows that are read one after another, as often as needed, with exact row numbers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pocketbert.errors import ArgumentError, nearest_name

Row = tuple[int, tuple[object, ...]]


@dataclass(frozen=True)
class Source:
    """Rows that can be read again and again.

    `where` names it in messages, `identity` tells one state of its content from another, and
    `rows(columns)` yields (row number from 1, header not counted; values).
    """

    where: str
    columns: tuple[str, ...]
    rows: Callable[[Sequence[str]], Iterator[Row]]
    identity: tuple[object, ...]

    @staticmethod
    def state_of(path: Path) -> tuple[object, ...]:
        """What tells one state of a file from another."""
        status = path.stat()
        return str(path.resolve()), status.st_size, status.st_mtime_ns

    def require(self, column: str) -> None:
        """Raises `ArgumentError` unless the source has that column."""
        if column not in self.columns:
            nearest = nearest_name(column, self.columns)
            hint = f"; did you mean '{nearest}'?" if nearest else ""
            raise ArgumentError(
                f"{self.where}: no column '{column}'{hint} (its columns: {', '.join(self.columns)})"
            )
