"""Small files that the tests of this room read."""

from collections.abc import Callable
from pathlib import Path

from pocketbert.data import Splits

Write = Callable[[str, str | bytes], Path]
Load = Callable[..., Splits]


def reviews(rows: int = 40, *, begin: int = 0) -> str:
    """A small CSV of two classes without repetitions."""
    lines = [
        f"review number {n} is {'good' if n % 2 else 'bad'},{'pos' if n % 2 else 'neg'}"
        for n in range(begin, begin + rows)
    ]
    return "text,label\n" + "\n".join(lines) + "\n"
