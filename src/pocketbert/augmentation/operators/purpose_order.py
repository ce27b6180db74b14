"""What a sentence tells of purpose and means: "To find out, we asked." and "We asked to find out." """

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.moving import INNER_MARKS, end_of, to_back, to_front
from pocketbert.text.clauses import FINITE, NOUNS, SUBJECT_ONLY, SUBORDINATORS
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_PURPOSES = word_set(
    """
determine assess evaluate examine investigate compare identify test study see find define clarify establish explore
analyse analyze characterise characterize ascertain learn improve avoid prevent reduce understand estimate
"""
)
_MEANS = word_set("using")
# What is done for a purpose, so that an infinitive behind it tells why.
_DONE = word_set(
    """
performed conducted undertaken done studied examined reviewed analysed analyzed used measured compared evaluated
investigated treated followed surveyed tested obtained
"""
)
_LONGEST = 50


def purpose_moves(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """The sentence with its purpose or means at the other end."""
    end = end_of(text, first, beyond)
    if not 6 <= end - first <= _LONGEST:
        return
    comma = _after_leading(text, first, end)
    move = to_back(text, guard, first, comma, end) if comma else None
    if move:
        yield move
    place = _trailing(text, first, end)
    move = to_front(text, guard, first, place, end) if place else None
    if move:
        yield move


def _after_leading(text: Text, first: int, end: int) -> int | None:
    """The comma behind an opening purpose or means, where it is the sentence's only mark."""
    tokens = text.tokens
    opens = tokens[first].lower in _MEANS or (
        tokens[first].lower == "to" and tokens[first + 1].lower in _PURPOSES
    )
    marks = [
        place
        for place in range(first, end)
        if tokens[place].kind is Kind.MARK and tokens[place].text not in INNER_MARKS
    ]
    if not opens or len(marks) != 1 or tokens[marks[0]].text != ",":
        return None
    comma = marks[0]
    main = tokens[comma + 1 : end]
    simple = _is_deed(text, comma + 1, end) and not any(token.lower in SUBORDINATORS for token in main)
    return comma if simple else None


def _trailing(text: Text, first: int, end: int) -> int | None:
    """Where the purpose or means begins that closes a sentence without marks."""
    tokens = text.tokens
    if any(token.kind is Kind.MARK for token in tokens[first:end]) or not _is_deed(text, first, end):
        return None
    places = [
        place
        for place in range(first + 3, end - 2)
        if (tokens[place].lower == "to" and tokens[place + 1].lower in _PURPOSES)
        or tokens[place].lower in _MEANS
    ]
    if len(places) != 1:
        return None
    place = places[0]
    main = range(first, place)
    clean = not any(text.tags[at] in ("CC", "WDT", "WP") or tokens[at].lower in SUBORDINATORS for at in main)
    means = tokens[place].lower in _MEANS
    before = tokens[place - 1].lower in _DONE
    return place if clean and (before or (means and _first_verb_is_done(text, first, place))) else None


def _first_verb_is_done(text: Text, first: int, place: int) -> bool:
    return any(text.tokens[at].lower in _DONE for at in range(first, place))


def _is_deed(text: Text, first: int, end: int) -> bool:
    """A clause in which somebody does, or something is done: with "we", or with a passive of doing."""
    if end - first < 3:
        return False
    words = [token.lower for token in text.tokens[first:end]]
    finite = [at for at in range(first, end) if text.tags[at] in FINITE]
    if not finite or finite[0] == first:
        return False
    if words[0] in SUBJECT_ONLY and finite[0] <= first + 2:
        return True
    begins = text.tags[first] in NOUNS | {"DT", "JJ", "CD"}
    return begins and len(finite) <= 2 and any(word in _DONE for word in words)
