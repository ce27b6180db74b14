"""Careless spacing: spaces lost, doubled, inside a word or on the wrong side of it.  Held out of training."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard, telling_words
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind

_SPLITTABLE = 5  # letters a word needs before a space may fall into it


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for place, token in enumerate(text.tokens):
        if guard.protects(place):
            continue
        if token.kind is Kind.WORD:
            yield from _at_word(text, place, guard)
        elif token.kind is Kind.MARK and token.text in ",.!?;:" and place and not text.space_before(place):
            yield Slot(token.start, token.end, ((Edit(token.start, token.start, " "),),))


def _at_word(text: Text, place: int, guard: Guard) -> Iterator[Slot]:
    token = text.tokens[place]
    if len(token.text) >= _SPLITTABLE and token.text.isascii() and token.text.isalpha():
        breaks = range(2, len(token.text) - 1)
        split = tuple(
            (Edit(token.start + at, token.start + at, " "),)
            for at in breaks
            if telling_words().isdisjoint((token.lower[:at], token.lower[at:]))  # "ten sion"
        )
        if split:
            yield Slot(token.start, token.end, split)
    if not place or guard.protects(place - 1):
        return
    before = text.tokens[place - 1]
    if text.space_before(place) == " " and before.kind is Kind.WORD:
        yield Slot(before.start, token.end, tuple(_at_gap(text, place)))


def _at_gap(text: Text, place: int) -> Iterator[Proposal]:
    before, token = text.tokens[place - 1], text.tokens[place]
    if before.lower + token.lower not in telling_words():
        yield (Edit(before.end, token.start, ""),)
    yield (Edit(before.end, token.start, "  "),)
    # The space bar struck a letter early, or a letter late.
    early = before.lower[:-1], before.lower[-1] + token.lower
    late = before.lower + token.lower[0], token.lower[1:]
    if len(before.text) > 2 and telling_words().isdisjoint(early):
        yield (Edit(before.end - 1, token.start, " " + before.text[-1]),)
    if len(token.text) > 2 and telling_words().isdisjoint(late):
        yield (Edit(before.end, token.start + 1, token.text[0] + " "),)


SPACING = Operator(
    name="spacing",
    title="Spacing",
    description="Spaces lost, doubled, inside a word or a letter too early or too late.",
    preserves="letters, their order, punctuation, protected words",
    source="careless typing",
    rate=0.25,
    slots=_slots,
    held_out=True,
)
