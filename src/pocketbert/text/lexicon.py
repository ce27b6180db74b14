"""The compiled lexicon: what replaces what and where, phrases to keep whole, words that say good or bad."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

Replacements = Mapping[str, tuple[str, ...]]
"""What replaces a word or phrase, by the class that says where: the headings of `assets/lexicon/added.txt`."""


def replacements_of(words: str) -> Replacements | None:
    """What replaces a base form or a phrase; None where nothing does."""
    return _replacements()[0].get(words)


def longest_from(word: str) -> int:
    """How many words the longest phrase with replacements has that begins with `word`; 0 where none does."""
    return _replacements()[1].get(word, 0)


def multiwords_in(words: Sequence[str]) -> Iterator[range]:
    """The places of each multiword, such as "of course", among lower-case words; they may overlap."""
    table = _multiwords()
    for start, pair in enumerate(pairwise(words)):
        for length, rest in table.get(pair, ()):
            if length == 2 or tuple(words[start + 2 : start + length]) == rest:
                yield range(start, start + length)
                break


@cache
def polar_words() -> frozenset[str]:
    """Base forms that say good or bad."""
    return frozenset(_lines("polarity.txt.gz").split("\n"))


@cache
def _replacements() -> tuple[dict[str, dict[str, tuple[str, ...]]], dict[str, int]]:
    table: dict[str, dict[str, tuple[str, ...]]] = {}
    longest: dict[str, int] = {}
    for line in _lines("replacements.tsv.gz").split("\n"):
        letter, source, targets = line.split("\t")
        table.setdefault(source, {})[letter] = tuple(targets.split("|"))
        first, *rest = source.split(" ")
        longest[first] = max(longest.get(first, 0), 1 + len(rest))
    return table, longest


@cache
def _multiwords() -> dict[tuple[str, str], list[tuple[int, tuple[str, ...]]]]:
    """Multiwords by their first two words: how many words, the longest first, and the words after those."""
    table: dict[tuple[str, str], list[tuple[int, tuple[str, ...]]]] = {}
    for line in _lines("multiwords.txt.gz").split("\n"):
        first, second, *rest = line.split(" ")
        table.setdefault((first, second), []).append((2 + len(rest), tuple(rest)))
    for found in table.values():
        found.sort(reverse=True)
    return table


def _lines(name: str) -> str:
    content = files("pocketbert").joinpath("assets/lexicon", name).read_bytes()
    return gzip.decompress(content).decode()
