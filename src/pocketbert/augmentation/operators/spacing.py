"""Careless spacing: spaces lost, doubled, inside a word or on the wrong side of it.  Held out of training."""

from collections.abc import Iterator, Sequence

from pocketbert.augmentation.guard import Guard, telling_words
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, Token

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
        yield from _slot(token, token, [(token.text[:at], token.text[at:]) for at in breaks])
    if not place or guard.protects(place - 1):
        return
    before = text.tokens[place - 1]
    if text.space_before(place) == " " and before.kind is Kind.WORD:
        yield from _slot(before, token, list(_respaced(before.text, token.text)))


def _respaced(before: str, word: str) -> Iterator[tuple[str, ...]]:
    """Two words run together, far apart, or with the space bar struck a letter early or late."""
    yield (before + word,)
    yield (before, "", word)
    if len(before) > 2:
        yield before[:-1], before[-1] + word
    if len(word) > 2:
        yield before + word[0], word[1:]


def _slot(first: Token, last: Token, spacings: Sequence[tuple[str, ...]]) -> Iterator[Slot]:
    """Edits of whole words, so that no other touches them, but for those that make a word that tells: "ten sion"."""
    kept = {first.lower, last.lower}
    proposals: tuple[Proposal, ...] = tuple(
        (Edit(first.start, last.end, " ".join(pieces)),)
        for pieces in spacings
        if telling_words().isdisjoint({piece.lower() for piece in pieces} - kept)
    )
    if proposals:
        yield Slot(first.start, last.end, proposals)


SPACING = Operator(
    name="spacing",
    title="Spacing",
    description="Spaces lost, doubled, inside a word or a letter too early or too late.",
    preserves="letters, their order, punctuation, protected words",
    source="careless typing",
    rate=0.25,
    slots=_slots,
    held_out=True,
    respells=True,
)
