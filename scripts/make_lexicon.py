"""Compile the lexicon that ships with the package from WordNet 3.0.

    apt-get install wordnet-base
    python scripts/make_lexicon.py

Two files come out, the same bytes every time: groups of synonyms, and multiwords to keep whole.
Two words are synonyms when each has its dominant sense, by WordNet's counts of tagged text, in the same
synset, so that neither needs its context to be understood.  A rare word may be replaced but does not replace.
Two lists kept by hand stand beside the files: `excluded.txt`, what reading outputs showed to be wrong all
the same, and `added.txt`, groups of one synset whose usual sense is plain though the counts don't say so.
"""

import argparse
import gzip
import re
from collections import defaultdict
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

ASSETS = Path(__file__).parent.parent / "src/pocketbert/assets/lexicon"
CLASSES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
CLASS_OF_KEY = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}

DOMINANT = 0.75  # share of a word's tagged uses that its first sense must have
COUNTED = 3  # tagged uses below which that share says nothing
USUAL_CLASS = 0.6  # share of a word's tagged uses that must be in this class
COMMON = 3  # uses in both counts together below which a word does not replace another
RARER = 1 / 60  # how much rarer than the word it replaces a word may be
LONGEST_MULTIWORD = 3

Sense = tuple[str, str]  # class, offset of the synset
Word = tuple[str, str]  # lemma, class


@dataclass
class WordNet:
    """WordNet's synsets, each word's senses (the commonest first), and how often each was tagged."""

    synsets: dict[Sense, list[str]]
    senses: dict[Word, list[str]]
    counts: dict[tuple[str, str, int], int]
    classes: dict[str, list[str]]

    @classmethod
    def read(cls, folder: Path) -> "WordNet":
        """Read the database files in `folder`."""
        counts = {}
        for line in (folder / "cntlist.rev").read_text("ascii").splitlines():
            key, number, count = line.split()
            lemma, rest = key.split("%")
            counts[lemma, CLASS_OF_KEY[rest[0]], int(number)] = int(count)
        synsets, senses, classes = {}, {}, defaultdict(list)
        for letter, name in CLASSES.items():
            for line in _lines(folder / f"index.{name}"):
                lemma, _, number, *rest = line.split()
                senses[lemma, letter] = rest[-int(number) :]
                classes[lemma].append(letter)
            for line in _lines(folder / f"data.{name}"):
                offset, _, _, size, *rest = line.split(" | ")[0].split()
                lemmas = rest[: 2 * int(size, 16) : 2]
                # An adjective may carry the place it stands in: "afraid(p)".
                synsets[letter, offset] = [re.sub(r"\((?:a|p|ip)\)$", "", lemma) for lemma in lemmas]
        return cls(synsets, senses, counts, dict(classes))

    def uses(self, lemma: str, letter: str) -> int:
        """How often the word was tagged in this class."""
        senses = self.senses.get((lemma, letter), [])
        return sum(self.counts.get((lemma, letter, number + 1), 0) for number in range(len(senses)))

    def dominant(self, lemma: str, letter: str) -> str | None:
        """The synset of the word's dominant sense in this class; None where no sense is."""
        senses = self.senses.get((lemma, letter), [])
        uses = self.uses(lemma, letter)
        everywhere = sum(self.uses(lemma, other) for other in self.classes.get(lemma, []))
        if everywhere == 0:
            alone = len(senses) == 1 and len(self.classes[lemma]) == 1
            return senses[0] if alone else None
        if uses < USUAL_CLASS * everywhere:
            return None
        if len(senses) == 1:
            return senses[0]
        first = self.counts.get((lemma, letter, 1), 0)
        return senses[0] if uses >= COUNTED and first >= DOMINANT * uses else None


def synonym_lines(wordnet: WordNet, common: dict[str, int], excluded: set[str]) -> list[str]:
    """Lines `class<TAB>words that replace and are replaced<TAB>words that are only replaced`."""
    lines = []
    for (letter, offset), lemmas in wordnet.synsets.items():
        uses = {
            lemma: wordnet.uses(lemma, letter) + common.get(lemma, 0)
            for lemma in dict.fromkeys(lemmas)
            if re.fullmatch("[a-z]{3,}", lemma)
            and not {lemma, f"{letter}:{lemma}"} & excluded
            and wordnet.dominant(lemma, letter) == offset
        }
        most = max(uses.values(), default=0)
        replacing = [lemma for lemma, count in uses.items() if count >= max(COMMON, RARER * most)]
        replaced = [lemma for lemma in uses if lemma not in replacing and lemma in common]
        if len(replacing) + bool(replaced) > 1 and replacing:
            lines.append(f"{letter}\t{' '.join(sorted(replacing))}\t{' '.join(sorted(replaced))}")
    return sorted(lines)


def added_lines(wordnet: WordNet, listed: list[str]) -> list[str]:
    """The groups of `added.txt` as lines of the table; each must share a synset, whatever the sense."""
    lines = []
    for line in listed:
        letter, _, groups = line.partition(":")
        replacing, _, replaced = groups.partition("<")
        targets, sources = sorted(replacing.split()), sorted(replaced.split())
        for target in targets:
            for word in {*targets, *sources} - {target}:
                word_class = "v" if letter == "t" else letter
                if not {*wordnet.senses.get((target, word_class), [])} & {
                    *wordnet.senses.get((word, word_class), [])
                }:
                    raise SystemExit(f"added.txt: no synset holds both '{target}' and '{word}': {line}")
        lines.append(f"{letter}\t{' '.join(targets)}\t{' '.join(sources)}")
    return lines


def multiwords(wordnet: WordNet) -> list[str]:
    """WordNet's multiwords of two and three words, names left out."""
    found = {
        lemma.replace("_", " ")
        for lemmas in wordnet.synsets.values()
        for lemma in lemmas
        if re.fullmatch(r"[a-z'-]+(?:_[a-z'-]+)+(?<!_it)", lemma) and lemma.count("_") < LONGEST_MULTIWORD
    }
    return sorted(found)


def common_words() -> dict[str, int]:
    """How often each word stands in the running text behind textblob's spelling corrector."""
    lines = files("textblob.en").joinpath("en-spelling.txt").read_text("utf-8").splitlines()
    return {word: int(count) for word, count in (line.split() for line in lines if line and line[0] != ";")}


def _listed(name: str) -> list[str]:
    lines = (ASSETS / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("ascii").splitlines() if not line.startswith("  ")]


def _write(path: Path, lines: list[str]) -> None:
    path.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))
    print(f"{path.name}: {len(lines):,} lines, {path.stat().st_size:,} bytes")


def main() -> None:
    """Compile the two files into `--out`."""
    parser = argparse.ArgumentParser(description="Compile the lexicon from WordNet 3.0.")
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--out", type=Path, default=ASSETS)
    options = parser.parse_args()
    wordnet = WordNet.read(options.wordnet)
    excluded = {word for line in _listed("excluded.txt") for word in line.split()}
    found = synonym_lines(wordnet, common_words(), excluded)
    _write(options.out / "synonyms.tsv.gz", sorted(found + added_lines(wordnet, _listed("added.txt"))))
    _write(options.out / "multiwords.txt.gz", multiwords(wordnet))


if __name__ == "__main__":
    main()
