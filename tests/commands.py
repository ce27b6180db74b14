"""A command's outcome, and the small files that whole commands are tested on."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pocketbert.runs import Run

ADJECTIVES = {"good": ("good", "great", "lovely", "superb"), "bad": ("bad", "awful", "poor", "ugly")}
NOUNS = ("phone", "film", "book", "hotel")
DAYS = ("monday", "friday", "sunday")


@dataclass(frozen=True)
class Outcome:
    """What a command left on the terminal."""

    status: int
    out: str
    err: str

    @property
    def problem(self) -> str:
        """The one line of a refusal."""
        lines = self.err.splitlines()
        assert lines, "nothing was said"
        assert lines[-1].startswith("pocketbert: "), self.err
        assert "Traceback" not in self.err
        assert "not foreseen" not in self.err
        return lines[-1]


Command = Callable[..., Outcome]


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def reviews(count: int, *, first: int = 0) -> list[tuple[str, str]]:
    """Labelled reviews, each text another."""
    rows = []
    for number in range(first, first + count):
        label = "bad" if number % 2 else "good"
        word = ADJECTIVES[label][number // 2 % 4]
        rows.append((f"the {NOUNS[number % 4]} {number} was {word} on {DAYS[number % 3]} .", label))
    return rows


def similarities(count: int, *, first: int = 0) -> list[tuple[str, str, str]]:
    """Pairs of texts with a similarity between 0 and 5."""
    return [
        (f"the {NOUNS[n % 4]} {n} was good .", f"a {NOUNS[n % 3]} {n} was good .", f"{n % 26 / 5:.1f}")
        for n in range(first, first + count)
    ]


def topics(count: int, *, first: int = 0) -> list[tuple[str, str]]:
    """A text is of two things, and has a label for each that is a film or a hotel."""
    rows = []
    for number in range(first, first + count):
        things = NOUNS[number % 4], NOUNS[number // 4 % 4]
        names = sorted({*things} - {"book", "phone"})
        rows.append((f"the {things[0]} was a {things[1]} on {DAYS[number % 3]} {number} .", "|".join(names)))
    return rows


def with_both_labels_and_none(run: Run) -> tuple[str, str]:
    """A text that a run on topics gives both labels, and one that it gives none: which ones hangs on the processor."""
    texts = [text for text, _ in topics(64, first=3000)]
    labels = {text: answer.labels or () for text, answer in zip(texts, run.predict(texts), strict=True)}
    both, none = (next(text for text in texts if len(labels[text]) == count) for count in (2, 0))
    return both, none
