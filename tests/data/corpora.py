"""A small corpus and tokenizer that tests of pre-training read."""

from pathlib import Path

from transformers import BertTokenizer

from pocketbert.data.corpus import Corpus
from pocketbert.data.settings import CorpusSettings

SPECIAL = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = [
    *"abcdefghijklmnopqrstuvwxyz0123456789",
    *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
]
WORDS = ["the", "cat", "sat", "on", "mat", "river", "town", "old", "house", "##ing", "##ed", "."]
DIGITS = [f"##{digit}" for digit in "0123456789"]


def small_tokenizer(folder: Path, *, more: tuple[str, ...] = ()) -> BertTokenizer:
    """WordPiece over letters and a few words."""
    vocabulary = folder / f"vocabulary{len(more)}.txt"
    vocabulary.write_text("\n".join([*SPECIAL, *WORDS, *LETTERS, *DIGITS, *more]), encoding="utf-8")
    return BertTokenizer(str(vocabulary))


def lines(documents: int, *, a_document: int = 5) -> str:
    """Documents of so many lines, a blank line between them; every line is another."""
    return "\n\n".join(
        "\n".join(f"the cat {number * a_document + line} sat on the old mat." for line in range(a_document))
        for number in range(documents)
    )


def corpus_of(*sources: object, **settings: object) -> Corpus:
    return Corpus(CorpusSettings(sources=tuple(map(str, sources)), **settings))
