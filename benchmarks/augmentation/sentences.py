"""Real sentences to vary: a task's own and Wikipedia's where they are at hand, otherwise from the demo's messages."""

from __future__ import annotations

import csv
import lzma
import random
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = ROOT.parent / "shared" / "data"
SST2 = FILES / "glue" / "SST-2" / "train.tsv"
MEDICAL = FILES / "medical_abstracts" / "medical_tc_test.csv"
WIKIPEDIA = FILES / "corpus" / "wikipedia.txt.xz"
DEMO = ROOT / "src" / "pocketbert" / "assets" / "demo" / "train.csv"

WORDS = 20


def sentences_of_twenty_words(count: int, seed: int) -> tuple[list[str], str]:
    """So many sentences of twenty words, marks counted as SST-2 counts them, and where they come from."""
    if SST2.is_file():
        every = [text for text in _sst2() if len(text.split()) == WORDS]
        source = "SST-2's training rows"
    else:
        words = " ".join(_column(DEMO, "text")).split()
        every = [" ".join(words[at : at + WORDS]) for at in range(0, len(words) - WORDS, WORDS)]
        source = "the demo's messages, cut to length"
    random.Random(seed).shuffle(every)
    return list(islice(chain.from_iterable(iter(lambda: every, None)), count)), source


def real_sentences(count: int) -> tuple[list[str], str]:
    """Up to so many different sentences, of reviews, abstracts and an encyclopedia, and where they come from."""
    if not (SST2.is_file() and MEDICAL.is_file() and WIKIPEDIA.is_file()):
        return list(islice(dict.fromkeys(_column(DEMO, "text")), count)), "the demo's messages"
    abstracts = chain.from_iterable(text.split(". ") for text in _column(MEDICAL, "medical_abstract"))
    share = count // 3
    every = chain(islice(_different(_sst2()), share), islice(_different(abstracts), share), _wikipedia())
    source = "SST-2's training rows and medical abstracts, up to a third each, and Wikipedia"
    return list(islice(_different(every), count)), source


def _different(texts: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield text


def _sst2() -> Iterator[str]:
    with SST2.open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            yield line.split("\t")[0].strip()


def _wikipedia() -> Iterator[str]:
    with lzma.open(WIKIPEDIA, "rt", encoding="utf-8") as lines:
        yield from (line.strip() for line in lines if line.strip())


def _column(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]
