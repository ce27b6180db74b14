"""Careless punctuation: marks left out, repeated, mistaken or put where none belongs.  Held out of training."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind

_MARKS = {
    ",": (",,", ".", ";", " -"), ".": ("..", "...", "!", ","), "!": ("!!", "!!!", ".", "?!"), "?": ("??", "?!", "."),
    ";": (",", ":"), ":": (";", ",", " -"), "...": ("..", "…", "."), "…": ("...",), "--": ("-", ",", "..."),
    '"': ("'", "''"), "'": (), "(": (), ")": (),
}  # fmt: skip
"""Marks that may go, and what is typed for them."""


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for place, token in enumerate(text.tokens):
        if guard.protects(place):
            continue
        if token.text in _MARKS and token.kind is Kind.MARK:
            yield _at_mark(text, place)
        elif token.kind is Kind.WORD and place and text.tokens[place - 1].kind is Kind.WORD:
            before = text.tokens[place - 1].end
            if text.space_before(place) and not guard.protects(place - 1):
                stray: tuple[Proposal, ...] = tuple(
                    (Edit(before, before, mark),) for mark in (",", ".", " -")
                )
                yield Slot(before, token.start, stray)


def _at_mark(text: Text, place: int) -> Slot:
    token = text.tokens[place]
    before = text.space_before(place)
    attached = place + 1 < len(text.tokens) and not text.space_before(place + 1)
    # A mark between words leaves its place, not the space: its words would run together.
    gone = token.start if attached else token.start - len(before)
    alone = attached and place and not before
    proposals: list[Proposal] = [(Edit(token.start, token.end, " " if alone else ""),)]
    if not alone:
        proposals = [(Edit(gone, token.end, ""),)]
    if not attached:  # against a number, another mark might become its sign or its point
        proposals += [(Edit(token.start, token.end, other),) for other in _MARKS[token.text]]
    return Slot(token.start - len(before), token.end, tuple(proposals))


PUNCTUATION = Operator(
    name="punctuation",
    title="Punctuation",
    description="Marks left out, repeated, mistaken for others or put where none belongs.",
    preserves="words, word order, spacing, protected words",
    source="careless typing; stray marks as in AEDA (Karimi et al. 2021)",
    rate=0.35,
    slots=_slots,
    held_out=True,
    respells=True,
)
