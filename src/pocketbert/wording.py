"""Figures in words; words of others in Markdown."""

import re

_MARKS = re.compile(r"[\\`*|]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])|(?<=\])\(")
"""What Markdown takes for code, stress, a cell's end, HTML or a link; underscores inside words are none."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 row`, `2,000 rows`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def spelt(name: str) -> str:
    """The name of a figure in words: `macro_f1` as `macro f1`, `masked_lm` as `masked LM`."""
    return name.replace("_", " ").replace("masked lm", "masked LM")


def duration(seconds: float) -> str:
    """`42 s`, `3 min` or `2.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def markdown(text: str) -> str:
    """A text on one line that Markdown shows as it is, whatever it holds."""
    return _MARKS.sub(lambda mark: f"\\{mark[0]}", " ".join(text.split()))
