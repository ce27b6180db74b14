"""Texts as long as a task's: the task's own where its files are at hand, otherwise made up to the same lengths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
TASK_FILES = ROOT.parent / "shared" / "data"
FILLER = ROOT / "src" / "pocketbert" / "assets" / "demo" / "train.csv"
SHARES = (0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)


@dataclass(frozen=True)
class Corpus:
    """A task's file, and how many words its rows have: the length at each of SHARES percent of the rows."""

    title: str
    file: str
    column: str
    labels: int
    words: tuple[int, ...]

    @property
    def path(self) -> Path:
        return TASK_FILES / self.file


CORPORA = {
    "sst2": Corpus(
        "SST-2",
        "glue/SST-2/train.tsv",
        "sentence",
        2,
        (1, 1, 2, 3, 4, 5, 7, 9, 12, 15, 21, 26, 52),
    ),
    "medical_abstracts": Corpus(
        "medical abstracts",
        "medical_abstracts/medical_tc_test.csv",
        "medical_abstract",
        5,
        (29, 61, 78, 108, 135, 158, 179, 200, 224, 252, 275, 303, 528),
    ),
}


def texts_like(corpus: Corpus, rows: int, seed: int) -> tuple[list[str], str]:
    """So many texts, the same for a seed, and where they come from."""
    random = np.random.default_rng(seed)
    if corpus.path.is_file():
        own = _read(corpus.path, corpus.column)
        return [own[at] for at in random.permutation(len(own))[:rows]], f"{corpus.file}, a sample"
    lengths = np.interp((np.arange(rows) + 0.5) / rows * 100, SHARES, corpus.words).round().astype(int)
    words = " ".join(_read(FILLER, "text")).split()
    starts = random.integers(0, len(words) - lengths.max(), rows)
    made = zip(starts, random.permutation(lengths), strict=True)
    return [" ".join(words[start : start + length]) for start, length in made], "made up to the lengths"


def _read(path: Path, column: str) -> list[str]:
    import csv

    tab = path.suffix == ".tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(
            file, delimiter="\t" if tab else ",", quoting=csv.QUOTE_NONE if tab else csv.QUOTE_MINIMAL
        )
        return [row[column] for row in rows]
