"""Slips of the finger: keyboard neighbours, letters exchanged, left out or doubled."""

from collections.abc import Iterator

from pocketbert.augmentation.draw import Draws
from pocketbert.augmentation.guard import Guard, telling_words
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHORTEST = 3
# Scripts whose letters stand alone; in others a letter taken away may break its neighbour.
_LAST_LONE_LETTER = "\u058f"


def _neighbours() -> dict[str, str]:
    near: dict[str, str] = {}
    for height, row in enumerate(_ROWS):
        for column, letter in enumerate(row):
            beside = row[max(column - 1, 0) : column] + row[column + 1 : column + 2]
            above = _ROWS[height - 1][column : column + 2] if height else ""
            below = _ROWS[height + 1][max(column - 1, 0) : column + 1] if height < 2 else ""
            near[letter] = beside + above + below
    return near


_NEAR = _neighbours()


def words_to_spoil(text: Text, guard: Guard) -> Iterator[Slot]:
    """The unprotected words of at least three letters that a slip may hit."""
    for place, token in enumerate(text.tokens):
        if (
            token.kind is Kind.WORD
            and len(token.text) >= _SHORTEST
            and token.text.isalpha()
            and max(token.text) <= _LAST_LONE_LETTER
            and not guard.protects(place)
        ):
            yield Slot(token.start, token.end)


def _propose(text: str, slot: Slot, draws: Draws, strength: float) -> Proposal:
    # The first letter is rarely mistyped; a short word stays readable with its last letter in place.
    place = slot.start + 1 + draws.below(slot.end - slot.start - 1)
    return respelt(text, slot, _slip(text, slot, place, draws.below(4), draws))


def _slip(text: str, slot: Slot, place: int, kind: int, draws: Draws) -> Edit:
    letter, before = text[place], text[place - 1]
    if kind == 0 and letter.lower() in _NEAR:
        near = draws.choose(_NEAR[letter.lower()])
        return Edit(place, place + 1, near.upper() if letter.isupper() else near)
    if kind <= 1 and before != letter and place - 1 > slot.start:
        return Edit(place - 1, place + 1, letter + before)
    if kind == 2 and slot.end - slot.start > _SHORTEST:
        return Edit(place, place + 1, "")
    return Edit(place, place, letter)


def respelt(text: str, slot: Slot, slip: Edit) -> Proposal:
    """The slip as an edit of the whole word, so that no other touches it; () where it makes a word that tells."""
    word = text[slot.start : slip.start] + slip.replacement + text[slip.end : slot.end]
    if word.lower() in telling_words():
        return ()  # "then" less its h is a number
    return (Edit(slot.start, slot.end, word),)


TYPO = Operator(
    name="typo",
    title="Typing slips",
    description="A neighbouring key struck, two letters exchanged, one left out or doubled.",
    preserves="meaning, word order, protected words",
    source="slips of Damerau 1964 on a QWERTY keyboard",
    rate=0.3,
    slots=words_to_spoil,
    propose=_propose,
    respells=True,
)
