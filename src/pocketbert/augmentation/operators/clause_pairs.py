"""Two clauses that say how things are, joined by "and", exchanged."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.moving import INNER_MARKS, capitalised, end_of, exchanged, lowered
from pocketbert.text.clauses import FINITE, NOUNS, SUBORDINATORS
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_STATES = word_set("is are was were 's")
# Participles of what is so, not of what was done first and what then.
_LASTING = word_set(
    """
associated correlated related increased decreased reduced elevated observed found seen noted detected unchanged
"""
)
# What points from one clause to the other, and orders them.
_POINTING = word_set(
    """
it they he she this that these those them its their his her him such other others another both neither each none
also too even then thus therefore however respectively consequently hence so later subsequently finally only still
same latter former remaining rest again instead yet already further
"""
)


def clause_swaps(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """The sentence "The plot is thin and the jokes are old." with its halves exchanged."""
    end = end_of(text, first, beyond)
    if any(
        token.lower in _POINTING or token.lower in SUBORDINATORS - {"than"}
        for token in text.tokens[first:end]
    ):
        return
    finite = [place for place in range(first, end) if text.tags[place] in FINITE]
    joints = [place for place in range(first + 3, end - 3) if text.tokens[place].lower == "and"]
    if len(finite) != 2:
        return
    for joint in joints:
        comma = text.tokens[joint - 1].text == ","
        left_end = joint - comma
        if (
            finite[0] < joint < finite[1]
            and _no_other_marks(text, (*range(first, left_end), *range(joint + 1, end)))
            and _is_state(text, first, finite[0], left_end)
            and _is_state(text, joint + 1, finite[1], end)
            and _parallel(text, finite[0], finite[1])
        ):
            move = _exchanged(text, guard, first, left_end, joint + 1, end)
            if move:
                yield move
            return


def _no_other_marks(text: Text, places: tuple[int, ...]) -> bool:
    marks = [text.tokens[place].text for place in places if text.tokens[place].kind is Kind.MARK]
    return all(mark in INNER_MARKS for mark in marks)


def _is_state(text: Text, first: int, verb: int, end: int) -> bool:
    """A noun phrase, a verb and what it says of the noun."""
    tags = text.tags[first:verb]
    begins = bool(tags) and tags[0] in NOUNS | {"DT", "JJ", "CD", "PRP$", "JJR"}
    closed = text.tags[end - 1] in NOUNS | {"JJ", "RB", "CD", "JJR", "VBN"} or text.tokens[end - 1].text in (
        "%",
        ")",
    )
    return begins and tags[-1] in NOUNS | {"POS"} and verb + 1 < end and closed and "PRP" not in tags


def _parallel(text: Text, one: int, other: int) -> bool:
    """Whether both verbs tell of a state, or are the same word."""
    verbs = {text.tokens[one].lower, text.tokens[other].lower}
    done = [
        text.tokens[verb + 1].lower
        for verb in (one, other)
        if text.tags[verb + 1] in ("VBN", "VBD", "VBG")
    ]  # fmt: skip
    return (verbs <= _STATES and set(done) <= _LASTING) or (len(verbs) == 1 and not done)


def _exchanged(text: Text, guard: Guard, first: int, left_end: int, right: int, end: int) -> Proposal | None:
    tokens, string = text.tokens, text.string
    opening = lowered(text, guard, first)
    risen = capitalised(tokens[right].text) if tokens[first].text[0].isupper() else tokens[right].text
    if opening is None or risen is None:
        return None
    front = risen + string[tokens[right].end : tokens[end - 1].end]
    back = opening + string[tokens[first].end : tokens[left_end - 1].end]
    return exchanged(text, range(first, left_end), range(right, end), front, back)
