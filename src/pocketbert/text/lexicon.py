"""The lexicon compiled from WordNet 3.0: synonyms by dominant sense, and multiwords to keep whole."""

import gzip
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

_CLASSES = {"N": "n", "V": "v", "J": "a", "R": "r"}


def synonyms_of(lemma: str, tag: str, *, before_to: bool = False) -> tuple[str, ...]:
    """Base forms that mean the same as a base form with this Penn tag.

    `before_to`: for a verb, those that fit before "to" and another verb instead.
    """
    letter = "t" if before_to else _CLASSES.get(tag[:1], "")
    return _synonyms().get((lemma, letter), ())


def multiwords_in(words: Sequence[str]) -> Iterator[range]:
    """The places of each multiword, such as "of course", among lower-case words; they may overlap."""
    table = _multiwords()
    for start, word in enumerate(words):
        for length, rest in table.get(word, ()):
            if tuple(words[start + 1 : start + length]) == rest:
                yield range(start, start + length)
                break


@cache
def _synonyms() -> dict[tuple[str, str], tuple[str, ...]]:
    table: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in _lines("synonyms.tsv.gz"):
        letter, replacing, replaced = line.split("\t")
        targets = replacing.split()
        for lemma in [*targets, *replaced.split()]:
            known = table.get((lemma, letter), ())
            new = tuple(target for target in targets if target != lemma and target not in known)
            table[lemma, letter] = known + new
    return table


@cache
def _multiwords() -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    """Multiwords by their first word: how many words, the longest first, and the words after the first."""
    table: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for line in _lines("multiwords.txt.gz"):
        first, *rest = line.split(" ")
        table.setdefault(first, []).append((1 + len(rest), tuple(rest)))
    return {first: sorted(found, reverse=True) for first, found in table.items()}


def _lines(name: str) -> list[str]:
    content = files("pocketbert").joinpath("assets/lexicon", name).read_bytes()
    return gzip.decompress(content).decode().split("\n")
