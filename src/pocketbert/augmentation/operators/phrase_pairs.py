"""Prepositional phrases joined by "and" or "or", exchanged: "in the liver and in the spleen"."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.moving import exchanged
from pocketbert.text.clauses import NOUNS
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_PREPOSITIONS = word_set("in on at to for with from about against through under over among without within")
_PHRASE_TAGS = NOUNS | {"DT", "PRP$", "JJ", "CD", "VBN"}
_ORDERED = word_set("then first later respectively former latter subsequently before after")
_LONGEST = 9


def phrase_swaps(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """Each pair of phrases with one preposition, exchanged."""
    if any(token.lower in _ORDERED for token in text.tokens[first:beyond]):
        return
    for joint in range(first + 3, beyond - 2):
        preposition = text.tokens[joint + 1].lower
        if text.tokens[joint].lower not in ("and", "or") or preposition not in _PREPOSITIONS:
            continue
        begin = _begin(text, preposition, joint, first)
        end = _end(text, joint + 2, beyond)
        if begin is not None and end is not None:
            yield exchanged(text, range(begin, joint), range(joint + 1, end))


def _begin(text: Text, preposition: str, joint: int, first: int) -> int | None:
    """Where the phrase with the same preposition begins that ends before the joint."""
    for place in range(joint - 2, max(first, joint - _LONGEST) - 1, -1):
        if text.tokens[place].lower == preposition:
            return place if place > first and _is_phrase(text, place + 1, joint) else None
    return None


def _end(text: Text, begin: int, beyond: int) -> int | None:
    """Where the phrase ends that begins at `begin`; None when more may belong to it alone."""
    end = begin
    while end < min(beyond, begin + _LONGEST) and (
        text.tags[end] in _PHRASE_TAGS or text.tokens[end].lower == "of"
    ):
        end += 1
    after = text.tokens[end].text if end < beyond else ""
    closed = (
        end == beyond or after in (".", ",", ";", ")", "?", "!") or text.tags[end] in ("VBD", "VBZ", "MD")
    )
    return end if closed and _is_phrase(text, begin, end) else None


def _is_phrase(text: Text, first: int, end: int) -> bool:
    tags, words = text.tags[first:end], [token.lower for token in text.tokens[first:end]]
    return (
        bool(tags)
        and tags[-1] in NOUNS
        and all(tag in _PHRASE_TAGS or word == "of" for tag, word in zip(tags, words, strict=True))
        and words[0] != "of"
        and all(token.kind is not Kind.MARK for token in text.tokens[first:end])
    )
