"""Hurried typing on a phone: abbreviations, no apostrophes, no capitals, no full stop.  Held out of training."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind


@cache
def abbreviations() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Words, in lower case, and what is typed for them, from `abbreviations.txt`."""
    lines = files(__package__).joinpath("abbreviations.txt").read_text("utf-8").splitlines()
    pairs = (line.split(": ") for line in lines if line and not line.startswith("#"))
    return {tuple(full.split()): tuple(short.split()) for full, short in pairs}


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """How many words the abbreviated phrases have that open with a word, the most first."""
    found: dict[str, set[int]] = {}
    for words in abbreviations():
        found.setdefault(words[0], set()).add(len(words))
    return {word: tuple(sorted(lengths, reverse=True)) for word, lengths in found.items()}


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for place in range(len(text.tokens)):
        for proposals in (_abbreviated(text, place), _bare(text, place), _lowered(text, place)):
            allowed = tuple(proposal for proposal in proposals if guard.allows(proposal))
            if allowed:
                yield Slot(allowed[0][0].start, allowed[0][0].end, allowed)
                break
    yield from _unclosed(text, guard)


def _abbreviated(text: Text, place: int) -> tuple[Proposal, ...]:
    tokens = text.tokens
    for length in _lengths().get(tokens[place].lower, ()):
        phrase = tokens[place : place + length]
        words = tuple(token.lower for token in phrase)
        if words in abbreviations() and all(text.space_before(place + at) for at in range(1, len(phrase))):
            start, end = phrase[0].start, phrase[-1].end
            return tuple((Edit(start, end, short),) for short in abbreviations()[words])
    return ()


def _bare(text: Text, place: int) -> tuple[Proposal, ...]:
    """A contraction without its apostrophe: "dont", "im", "thats"."""
    token = text.tokens[place]
    if not place or token.lower not in _CLITICS or text.tokens[place - 1].kind is not Kind.WORD:
        return ()
    before = text.tokens[place - 1]
    bare = token.text.replace("'", "").replace("’", "")
    return ((Edit(before.start, token.end, before.text.lower() + bare),),)


_CLITICS = frozenset({"n't", "'s", "'m", "'re", "'ve", "'ll"})


def _lowered(text: Text, place: int) -> tuple[Proposal, ...]:
    """The capital of "I" and of a sentence's first word."""
    token = text.tokens[place]
    opens = place == 0 or text.tokens[place - 1].text in (".", "!", "?")
    lowered = token.text.lower()
    capital = token.kind is Kind.WORD and token.text[0].isupper() and (opens or token.text == "I")
    if not capital or len(lowered) != len(token.text) or (token.text.isupper() and len(token.text) > 1):
        return ()
    return ((Edit(token.start, token.end, lowered),),)


def _unclosed(text: Text, guard: Guard) -> Iterator[Slot]:
    """The text's last full stop, and commas."""
    for place, token in enumerate(text.tokens):
        closes = token.text == "." and place + 1 == len(text.tokens)
        comma = token.text == "," and place + 1 < len(text.tokens) and text.space_before(place + 1)
        if place and (closes or comma):
            gone = (Edit(text.tokens[place - 1].end, token.end, ""),)
            if guard.allows(gone):
                yield Slot(token.start, token.end, (gone,))


HURRIED = Operator(
    name="hurried",
    title="Hurried typing",
    description="Abbreviations of phone messages; apostrophes, capitals, commas and the full stop left out.",
    preserves="meaning, word order, negation, numbers, protected words",
    source="short messages; the list is our own",
    rate=0.35,
    slots=_slots,
    english=True,
    held_out=True,
    respells=True,
)
