"""Prepositional phrases of place, time and circumstance, to the front of a sentence and to its back."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.moving import end_of, to_back, to_front
from pocketbert.text.clauses import FINITE, NOUNS, SUBORDINATORS
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_PLACES = word_set("on in at under near behind beside above below inside outside within among")
_TIMES = word_set("during after before throughout despite within until since")
# Verbs complete without an object, so that a phrase of place behind them belongs to the sentence.
_RESTING = word_set(
    """
sat slept stood lay lived waited stayed died rested worked happened occurred remained hung gathered met ate played
sits sleeps stands lies lives waits stays dies rests works happens occurs remains hangs gathers plays
sit sleep stand lie live wait stay die rest work happen occur remain
"""
)
# Passives after which "in", "at" and the like tell where, and are not asked for by the verb.
_FOUND = word_set(
    """
observed found noted seen detected performed obtained measured identified reported recorded demonstrated studied
examined investigated evaluated assessed treated used present absent identified increased decreased reduced
"""
)
# Heads of phrases that link a sentence to the one before it; at the back they say something else.
_LINKING_HEADS = word_set(
    """
contrast addition conclusion summary general particular short turn fact case example instance end meantime hand
way words time sense comparison part effect spite favor favour order regard respect light terms view other
"""
)
_PHRASE_TAGS = NOUNS | {"DT", "PRP$", "CD", "JJ", "JJS", "PDT", "SYM"}
_LONGEST = 9


def phrase_moves(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """The sentence with its closing phrase in front, or its opening phrase at the end."""
    end = end_of(text, first, beyond)
    place = _closing_phrase(text, first, end)
    move = to_front(text, guard, first, place, end) if place else None
    if move:
        yield move
    comma = _opening_phrase(text, first, end)
    move = to_back(text, guard, first, comma, end) if comma else None
    if move:
        yield move


def _closing_phrase(text: Text, first: int, end: int) -> int | None:
    """Where the phrase begins that closes a simple sentence and may open it."""
    for place in range(end - 2, max(first + 1, end - _LONGEST), -1):
        word, before = text.tokens[place].lower, text.tokens[place - 1].lower
        if text.tags[place] not in ("IN", "TO"):
            continue
        if not _is_noun_phrase(text, place + 1, end) or not _is_simple_clause(text, first, place):
            continue
        tag = text.tags[place - 1]
        if word in _PLACES and before in _RESTING and tag.startswith("V") and place - 1 > first:
            return place
        passive = before in _FOUND and any(
            token.lower in ("was", "were", "is", "are", "been") for token in text.tokens[first : place - 1]
        )
        if passive and (word in _PLACES or word in _TIMES):
            return place
        if word in _TIMES and (tag.startswith("V") or tag == "RB") and before not in ("not", "n't"):
            return place
    return None


def _opening_phrase(text: Text, first: int, end: int) -> int | None:
    """The comma behind a phrase that opens a simple sentence and may close it."""
    if text.tokens[first].lower not in _PLACES | _TIMES:
        return None
    for comma in range(first + 2, min(first + _LONGEST + 1, end - 2)):
        if text.tokens[comma].text == ",":
            moves = (
                _is_noun_phrase(text, first + 1, comma)
                and text.tokens[comma - 1].lower not in _LINKING_HEADS
                and _is_simple_clause(text, comma + 1, end)
            )
            return comma if moves else None
    return None


def _is_noun_phrase(text: Text, first: int, end: int) -> bool:
    """Determiner, adjectives, numbers and a noun; another such phrase may follow with "of"."""
    tags = text.tags[first:end]
    words = [token.lower for token in text.tokens[first:end]]
    return (
        bool(tags)
        and (tags[-1] in NOUNS or (tags == ("CD",) and len(words[0]) == 4))
        and all(tag in _PHRASE_TAGS or word == "of" for tag, word in zip(tags, words, strict=True))
        and words[0] != "of"
        and "that" not in words
        and all(token.kind is not Kind.MARK for token in text.tokens[first:end])
    )


def _is_simple_clause(text: Text, first: int, end: int) -> bool:
    """A clause with one finite verb, its subject before it, and nothing that opens another clause."""
    tags = text.tags[first:end]
    tokens = text.tokens[first:end]
    finite = [place for place, tag in enumerate(tags) if tag in FINITE]
    return (
        len(tokens) >= 2
        and bool(finite)
        and finite[0] >= 1
        and len(finite) <= 2
        and tokens[0].kind is Kind.WORD
        and tags[0] in NOUNS | {"DT", "PRP", "PRP$", "JJ", "CD", "EX"}
        and not any(tag in ("CC", "WDT", "WP", "WRB", "UH") for tag in tags)
        and not any(token.kind is Kind.MARK for token in tokens)
        and not any(
            token.lower in SUBORDINATORS - {"after", "before", "since", "until"} for token in tokens[1:]
        )
    )
