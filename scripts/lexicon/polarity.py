"""Words that say good or bad: seeds chosen by hand, and what WordNet holds close to them."""

import re
from collections.abc import Iterator
from pathlib import Path

from lexicon.wordnet import FILES, Synset, WordNet

_CLOSE = ("&", "\\", "+", "~")  # similar adjectives, pertainyms, derived words, kinds
_FIRST_SENSES = 2


def polar_words(wordnet: WordNet, path: Path) -> list[str]:
    """The seeds in `path`, the words of their first synsets, and words of synsets close to those."""
    seeds = [
        word
        for line in path.read_text("utf-8").splitlines()
        if not line.startswith("#")
        for word in line.split()
    ]
    found = set(seeds)
    for seed in seeds:
        for synset in _first_synsets(wordnet, seed):
            found |= _words(wordnet, synset)
            for near in wordnet.linked(synset, *_CLOSE):
                found |= _words(wordnet, near)
    return sorted(found)


def _first_synsets(wordnet: WordNet, word: str) -> Iterator[Synset]:
    for letter in FILES:
        for offset in wordnet.senses.get((word, letter), [])[:1]:
            yield letter, offset


def _words(wordnet: WordNet, synset: Synset) -> set[str]:
    """The synset's words which have it among their first senses."""
    letter, offset = synset
    return {
        lemma
        for lemma in wordnet.synsets[synset]
        if re.fullmatch("[a-z]{3,}", lemma)
        and offset in wordnet.senses.get((lemma, letter), [])[:_FIRST_SENSES]
    }
