"""WordNet 3.0's database files (wndb(5)): synsets, senses, counts of tagged text, and what leads where."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
_CLASS_OF_KEY = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}

Synset = tuple[str, str]  # class, offset


@dataclass
class WordNet:
    """WordNet's synsets, each word's senses (the commonest first), and how often each was tagged."""

    synsets: dict[Synset, list[str]]
    topics: dict[Synset, int]  # lexicographer file: 5 animals, 6 artefacts, ...
    pointers: dict[Synset, list[tuple[str, Synset]]]
    senses: dict[tuple[str, str], list[str]]
    counts: dict[tuple[str, str, int], int]
    classes: dict[str, list[str]]

    @classmethod
    def read(cls, folder: Path) -> "WordNet":
        """Read the database files in `folder`."""
        counts = {}
        for line in (folder / "cntlist.rev").read_text("ascii").splitlines():
            key, number, count = line.split()
            lemma, rest = key.split("%")
            counts[lemma, _CLASS_OF_KEY[rest[0]], int(number)] = int(count)
        found = cls({}, {}, {}, {}, counts, defaultdict(list))
        for letter, name in FILES.items():
            for line in _lines(folder / f"index.{name}"):
                lemma, _, number, *rest = line.split()
                found.senses[lemma, letter] = rest[-int(number) :]
                found.classes[lemma].append(letter)
            for line in _lines(folder / f"data.{name}"):
                found._add(letter, line.split(" | ")[0].split())
        return found

    def _add(self, letter: str, fields: list[str]) -> None:
        synset = (letter, fields[0])
        size = int(fields[3], 16)
        # An adjective may carry the place it stands in: "afraid(p)".
        self.synsets[synset] = [
            re.sub(r"\((?:a|p|ip)\)$", "", lemma) for lemma in fields[4 : 4 + 2 * size : 2]
        ]
        self.topics[synset] = int(fields[1])
        links = fields[5 + 2 * size :]
        self.pointers[synset] = [
            (links[place], (links[place + 2].replace("s", "a"), links[place + 1]))
            for place in range(0, 4 * int(fields[4 + 2 * size]), 4)
        ]

    def linked(self, synset: Synset, *symbols: str) -> list[Synset]:
        """The synsets that pointers of these kinds lead to: "@" hypernyms, "~" hyponyms, "+" derivations."""
        return [target for symbol, target in self.pointers[synset] if symbol in symbols]

    def uses(self, lemma: str, letter: str) -> int:
        """How often the word was tagged in this class."""
        senses = self.senses.get((lemma, letter), [])
        return sum(self.counts.get((lemma, letter, number + 1), 0) for number in range(len(senses)))

    def dominant(self, lemma: str, letter: str, *, share: float, usual: float, counted: int) -> str | None:
        """The synset of the word's dominant sense in this class; None where no sense is.

        `share` of its tagged uses in the class must be of that sense, `usual` of all in the class; below
        `counted` uses a word of several senses has none.
        """
        senses = self.senses.get((lemma, letter), [])
        uses = self.uses(lemma, letter)
        everywhere = sum(self.uses(lemma, other) for other in self.classes.get(lemma, []))
        if everywhere == 0:
            alone = len(senses) == 1 and len(self.classes.get(lemma, [])) == 1
            return senses[0] if alone else None
        if uses < usual * everywhere:
            return None
        if len(senses) == 1:
            return senses[0]
        first = self.counts.get((lemma, letter, 1), 0)
        return senses[0] if uses >= counted and first >= share * uses else None


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("ascii").splitlines() if not line.startswith("  ")]
