"""Compile the lexicon that ships with the package from WordNet 3.0 and from what was chosen by hand.

    apt-get install wordnet-base
    python scripts/make_lexicon.py

Three files come out, the same bytes every time: what replaces what and where, phrases to keep whole, and words
that say good or bad.  Two words are synonyms when each has its dominant sense, by WordNet's counts of tagged
text, in the same synset, so that neither needs its context to be understood; or when they were chosen by hand.
The lists kept by hand stand beside the files: `excluded.txt`, what reading outputs showed to be wrong all the
same; `added.txt`, groups whose usual sense is plain though the counts don't say so; `polarity.txt`, seeds.
"""

import argparse
import gzip
import re
from collections import defaultdict
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from lexicon.polarity import polar_words
from lexicon.synonyms import Pair, chosen_pairs, dominant_pairs, kept_whole, spelling_pairs
from lexicon.wordnet import WordNet

ASSETS = Path(__file__).parent.parent / "src/pocketbert/assets/lexicon"
LONGEST_MULTIWORD = 3


def replacement_lines(pairs: Iterable[Pair]) -> list[str]:
    """Lines `class<TAB>what is replaced<TAB>what replaces it, by "|"`; what was chosen comes first."""
    table: dict[tuple[str, str], list[str]] = defaultdict(list)
    for letter, source, target in pairs:
        if target not in table[letter, source]:
            table[letter, source].append(target)
    return sorted(f"{letter}\t{source}\t{'|'.join(targets)}" for (letter, source), targets in table.items())


def multiwords(wordnet: WordNet, chosen: Iterable[str]) -> list[str]:
    """WordNet's multiwords of two and three words, names left out, and the chosen phrases."""
    found = {
        lemma.replace("_", " ")
        for lemmas in wordnet.synsets.values()
        for lemma in lemmas
        if re.fullmatch(r"[a-z'-]+(?:_[a-z'-]+)+(?<!_it)", lemma) and lemma.count("_") < LONGEST_MULTIWORD
    }
    return sorted(found | {phrase for phrase in chosen if " " in phrase})


def common_words() -> dict[str, int]:
    """How often each word stands in the running text behind textblob's spelling corrector."""
    lines = files("textblob.en").joinpath("en-spelling.txt").read_text("utf-8").splitlines()
    return {word: int(count) for word, count in (line.split() for line in lines if line and line[0] != ";")}


def _excluded() -> set[str]:
    lines = (ASSETS / "excluded.txt").read_text("utf-8").splitlines()
    return {word for line in lines if not line.startswith("#") for word in line.split()}


def _write(path: Path, lines: list[str]) -> None:
    path.write_bytes(gzip.compress("\n".join(lines).encode(), 9, mtime=0))
    print(f"{path.name}: {len(lines):,} lines, {path.stat().st_size:,} bytes")


def main() -> None:
    """Compile the three files into `--out`."""
    parser = argparse.ArgumentParser(description="Compile the lexicon from WordNet 3.0.")
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--out", type=Path, default=ASSETS)
    options = parser.parse_args()
    wordnet, common, excluded = WordNet.read(options.wordnet), common_words(), _excluded()
    chosen = list(chosen_pairs(ASSETS / "added.txt"))
    phrases = {source for _, source, _ in chosen} | kept_whole(ASSETS / "added.txt")
    pairs = [
        *chosen,
        *dominant_pairs(wordnet, common, excluded),
        *spelling_pairs(wordnet, common, excluded),
    ]
    _write(options.out / "replacements.tsv.gz", replacement_lines(pairs))
    _write(options.out / "multiwords.txt.gz", multiwords(wordnet, phrases))
    _write(options.out / "polarity.txt.gz", polar_words(wordnet, ASSETS / "polarity.txt"))


if __name__ == "__main__":
    main()
