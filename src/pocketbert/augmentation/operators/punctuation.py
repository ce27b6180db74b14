"""Careless punctuation and spacing.  Held out of training."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, Token

_SPLITTABLE = 6  # letters a word needs before a space may fall into it


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for place, token in enumerate(text.tokens):
        if guard.protects(place):
            continue
        if token.kind is Kind.MARK:
            yield from _at_mark(text, place)
        elif token.kind is Kind.WORD:
            yield from _at_word(text, place, guard)


def _at_mark(text: Text, place: int) -> Iterator[Slot]:
    token = text.tokens[place]
    if token.text not in ",.!?;:'\"":
        return
    before = text.space_before(place)
    attached = place + 1 < len(text.tokens) and not text.space_before(place + 1)
    # An opening quote goes alone, or its words would run together.
    gone = token.start if attached else token.start - len(before)
    proposals: list[Proposal] = [(Edit(gone, token.end, ""),)]
    if token.text in ".!?,":
        proposals.append((Edit(token.end, token.end, token.text),))
    if not before and place:
        proposals.append((Edit(token.start, token.start, " "),))
    yield Slot(token.start - len(before), token.end, tuple(proposals))


def _at_word(text: Text, place: int, guard: Guard) -> Iterator[Slot]:
    token = text.tokens[place]
    if len(token.text) >= _SPLITTABLE and token.text.isascii() and token.text.isalpha():
        middle = token.start + len(token.text) // 2
        yield Slot(token.start, token.end, ((Edit(middle, middle, " "),),))
    if place == 0:
        return
    before, gap = text.tokens[place - 1], text.space_before(place)
    if gap == " " and _joinable(before) and not guard.protects(place - 1):
        yield Slot(
            before.end,
            token.start,
            (
                (Edit(before.end, token.start, ""),),
                (Edit(before.end, token.start, "  "),),
                (Edit(before.end, token.start, ", "),),
            ),
        )


def _joinable(token: Token) -> bool:
    return token.kind is Kind.WORD


PUNCTUATION = Operator(
    name="punctuation",
    title="Punctuation and spacing",
    description="Marks dropped, doubled or out of place; spaces lost, doubled or inside a word.",
    preserves="meaning, word order, protected words",
    source="careless typing",
    rate=0.35,
    slots=_slots,
    held_out=True,
)
