"""Which words replace which: found in WordNet by dominant sense, and chosen by hand."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from lexicon.wordnet import WordNet

DOMINANT = 0.75  # share of a word's tagged uses that its first sense must have
COUNTED = 3  # tagged uses below which that share says nothing
USUAL_CLASS = 0.6  # share of a word's tagged uses that must be in this class
COMMON = 3  # uses in both counts together below which a word does not replace another
RARER = 1 / 60  # how much rarer than the word it replaces a word may be
ALIKE = 0.8  # likeness of two spellings of one word

HEADINGS = {
    "noun": "n",
    "noun in compounds": "N",
    "noun counted": "D",
    "verb": "v",
    "verb whatever follows": "V",
    "verb before to": "t",
    "verb before that": "c",
    "verb before a clause": "C",
    "verb with object": "o",
    "verb with object, active": "d",
    "verb without object": "i",
    "verb before adjective": "j",
    "adjective": "a",
    "adjective before noun": "b",
    "adjective alone": "p",
    "adverb": "r",
    "phrase": "f",
    'phrase after no "have"': "fh",
    "phrase after no adverb": "fr",
    "phrase before a comma": "f,",
    "phrase before a noun": "fn",
    "phrase before a plural": "fs",
    "phrase before a mass noun": "fm",
    "phrase before a verb": "fv",
    "phrase before an adjective": "fj",
    "phrase at the start": "f^",
    "related noun": "related n",
    "related verb": "related v",
}
"""The headings of `added.txt`, and the class that stands for each in the table: where a word is replaced."""

KEPT_WHOLE = "kept whole"

Pair = tuple[str, str, str]  # class, what is replaced, what replaces it


def dominant_pairs(wordnet: WordNet, common: dict[str, int], excluded: set[str]) -> Iterator[Pair]:
    """Words each of which has its dominant sense in the same synset; a rare one is replaced only."""
    for (letter, offset), lemmas in wordnet.synsets.items():
        uses = {
            lemma: wordnet.uses(lemma, letter) + common.get(lemma, 0)
            for lemma in dict.fromkeys(lemmas)
            if re.fullmatch("[a-z]{3,}", lemma)
            and not {lemma, f"{letter}:{lemma}"} & excluded
            and _dominant(wordnet, lemma, letter) == offset
        }
        most = max(uses.values(), default=0)
        for target, count in uses.items():
            if count >= max(COMMON, RARER * most):
                yield from (
                    (letter, lemma, target)
                    for lemma in uses
                    if lemma != target and (lemma in common or uses[lemma] >= COMMON)
                )


def spelling_pairs(wordnet: WordNet, common: dict[str, int], excluded: set[str]) -> Iterator[Pair]:
    """Two spellings of one word: alike to the eye, and WordNet gives both the same senses."""
    for (letter, _), lemmas in wordnet.synsets.items():
        if letter not in "nv":
            continue
        known = [lemma for lemma in dict.fromkeys(lemmas) if re.fullmatch("[a-z]{4,}", lemma)]
        for lemma in known:
            for target in known:
                if lemma != target and not {lemma, target} & excluded and _is_variant(lemma, target):
                    same = set(wordnet.senses[lemma, letter]) == set(wordnet.senses[target, letter])
                    if same and {lemma, target} & set(common):
                        yield letter.upper(), lemma, target


def chosen_pairs(path: Path) -> Iterator[Pair]:
    """The pairs of `added.txt`, whose head says how it is written."""
    for heading, line in _chosen(path):
        if heading != KEPT_WHOLE:
            left, arrow, right = line.partition(" > ")
            sources = left.split()
            targets = right.split() if arrow else sources
            if len({*sources, *targets}) < 2:
                raise SystemExit(f"{path.name}: nothing replaces '{line}'")
            yield from (
                (HEADINGS[heading], source.replace("_", " "), target.replace("_", " "))
                for source in sources
                for target in targets
                if source != target
            )


def kept_whole(path: Path) -> set[str]:
    """The phrases of `added.txt` whose words are not replaced one by one."""
    return {line for heading, line in _chosen(path) if heading == KEPT_WHOLE}


def _chosen(path: Path) -> Iterator[tuple[str, str]]:
    """Each line of `added.txt` with its heading."""
    heading = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        elif line and not line.startswith("#"):
            yield heading, line


def _dominant(wordnet: WordNet, lemma: str, letter: str) -> str | None:
    return wordnet.dominant(lemma, letter, share=DOMINANT, usual=USUAL_CLASS, counted=COUNTED)


def _is_variant(one: str, other: str) -> bool:
    """Whether the words differ as British and American spellings do."""
    return (
        any(
            re.sub(british, american, one) == other or re.sub(british, american, other) == one
            for british, american in _BRITISH
        )
        and SequenceMatcher(None, one, other).ratio() >= ALIKE
    )


_BRITISH = (
    ("our", "or"), ("is(e|ing|ation|er)$", r"iz\1"), ("yse$", "yze"), ("re$", "er"), ("ae", "e"), ("oe", "e"),
    ("logue$", "log"), ("ence$", "ense"), ("ll", "l"), ("grey", "gray"), ("er$", "or"), ("mme$", "m"),
)  # fmt: skip
