"""Casing noise: what a hurried hand does to capitals, harmless to grammar."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Slot
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind

_LONG = 4  # letters a word needs to be shouted, or for a shift key held too long


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for place, token in enumerate(text.tokens):
        if token.kind is not Kind.WORD or guard.protects(place) or not token.text.isalpha():
            continue
        word = token.text
        forms = {word.lower(), word.capitalize()}
        if len(word) >= _LONG:
            forms |= {word.upper(), word[:2].upper() + word[2:].lower()}
        # Some letters grow when their case changes; those are left alone.
        kept = sorted(form for form in forms - {word} if len(form) == len(word))
        if kept:
            proposals = tuple((Edit(token.start, token.end, form),) for form in kept)
            yield Slot(token.start, token.end, proposals)


CASING = Operator(
    name="casing",
    title="Casing",
    description="A word in lower case, with a capital or two, or all in capitals.",
    preserves="words, word order, punctuation, grammar, names",
    source="hurried typing",
    rate=0.1,
    slots=_slots,
    respells=True,
)
