"""Real misspellings: words as people get them wrong, from a list.  Held out of training."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from pocketbert.augmentation.guard import Guard, telling_words
from pocketbert.augmentation.operator import Operator, Slot
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind

_SHORTEST_STEM = 4
_THREE_ALIKE = re.compile(r"(.)\1\1")  # nobody writes "carefullly"


@cache
def misspellings() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Wrong spellings of words and of stems, in lower case, from `misspellings.txt`."""
    words: dict[str, tuple[str, ...]] = {}
    stems: dict[str, tuple[str, ...]] = {}
    for line in files(__package__).joinpath("misspellings.txt").read_text("utf-8").splitlines():
        right, found, wrong = line.partition(": ")
        if found and not line.startswith("#"):
            (stems if right.endswith("+") else words)[right.rstrip("+")] = tuple(wrong.split())
    return words, stems


def misspelt(word: str) -> tuple[str, ...]:
    """How a lower-case word is misspelt; () where the list knows no way."""
    words, stems = misspellings()
    if word in words:
        return words[word]
    for length in range(len(word), _SHORTEST_STEM - 1, -1):
        if word[:length] in stems:
            made = (stem + word[length:] for stem in stems[word[:length]])
            return tuple(wrong for wrong in made if wrong != word and not _THREE_ALIKE.search(wrong))
    return ()


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for place, token in enumerate(text.tokens):
        if token.kind is not Kind.WORD or guard.protects(place):
            continue
        proposals = tuple(
            (Edit(token.start, token.end, _cased(wrong, token.text)),)
            for wrong in misspelt(token.lower)
            if wrong not in telling_words()
        )
        if proposals:
            yield Slot(token.start, token.end, proposals)


def _cased(wrong: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return wrong.upper()
    return wrong[0].upper() + wrong[1:] if like[0].isupper() else wrong


MISSPELLING = Operator(
    name="misspelling",
    title="Real misspellings",
    description="Words spelt as people often get them wrong: recieve, definately, seperate.",
    preserves="meaning, word order, protected words",
    source="common misspellings of English; the list is our own",
    rate=0.35,
    slots=_slots,
    english=True,
    held_out=True,
    respells=True,
)
