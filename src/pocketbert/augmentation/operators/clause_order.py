"""Subordinate clauses: the leading one to the back, the trailing one to the front."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.moving import INNER_MARKS, end_of, to_back, to_front
from pocketbert.text.clauses import AUXILIARIES, DETERMINERS, FINITE, NOUNS, SUBJECT_PRONOUNS, SUBORDINATORS
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_MOVABLE = word_set("when whenever if because although though while unless before after until")
# With these in the main clause a clause with "when" or "if" may be what is known, asked or told.
_ASKING = word_set(
    """
know knows knew ask asks asked tell tells told see sees saw check checks checked wonder wonders wondering wondered
find say says said show shows explain understand remember decide idea matter matters care cares sure whether question
like likes love loves hate hates mind so such than better best more most rather only even just right especially
particularly except including time times day days moment year case cases situation point date cut
"""
)
# Openers of clauses that no verb asks for.
_TELLING = word_set("although though because while unless")
_DEGREES = word_set("so such whether mind")
_POINTING = word_set("it they he she this that these those them its their")
_QUESTIONING = word_set("can could should will do does is are did was were")
_QUESTION_WORDS = word_set("what why how where who")
_UNITS = word_set(
    "years year months month weeks week days day hours hour minutes minute seconds long soon shortly just"
)


def clause_moves(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """The sentence with its subordinate clause at the other end."""
    end = end_of(text, first, beyond)
    if end - first < 6:
        return
    comma = _after_leading_clause(text, first, end)
    move = to_back(text, guard, first, comma, end) if comma else None
    if move:
        yield move
    place = _trailing_clause(text, first, end)
    move = to_front(text, guard, first, place, end) if place else None
    if move:
        yield move


def _after_leading_clause(text: Text, first: int, end: int) -> int | None:
    tokens = text.tokens
    if tokens[first].lower not in _MOVABLE:
        return None
    marks = [place for place in range(first, end) if _parts(text, place)]
    if len(marks) != 1 or tokens[marks[0]].text != ",":
        return None
    comma = marks[0]
    main = tokens[comma + 1].lower if comma + 1 < end else ""
    moves = (
        _is_clause(text, first + 1, comma)
        and _is_main(text, comma + 1, end, tokens[first].lower, imperative=True)
        and main not in _POINTING | {"then", "so"}
        and not any(token.lower in _POINTING for token in tokens[comma + 1 : comma + 3])
    )
    return comma if moves else None


def _trailing_clause(text: Text, first: int, end: int) -> int | None:
    tokens = text.tokens
    places = [place for place in range(first + 3, end - 2) if tokens[place].lower in _MOVABLE]
    if len(places) != 1:
        return None
    place = places[0]
    main_end = place - 1 if tokens[place - 1].text == "," else place
    if any(_parts(text, at) for at in (*range(first, main_end), *range(place, end))):
        return None
    if (
        text.tags[main_end - 1] in ("IN", "TO", "CC", "DT", "RB")
        or tokens[main_end - 1].lower in _ASKING | _UNITS
    ):
        return None
    if text.tags[main_end - 1] == "VB" and tokens[place].lower in ("if", "when"):
        return None  # "to determine if"
    denied = any(token.lower in ("not", "n't", "never") for token in tokens[first:main_end])
    if denied and tokens[place].lower in ("because", "until", "before"):
        return None
    moves = _is_main(text, first, main_end, tokens[place].lower) and _is_clause(text, place + 1, end)
    return place if moves else None


def _is_clause(text: Text, first: int, end: int) -> bool:
    """A subject, then a finite verb, and no clause within."""
    if end - first < 2:
        return False
    word, tag = text.tokens[first].lower, text.tags[first]
    subject = word in SUBJECT_PRONOUNS | DETERMINERS or tag in NOUNS | {"PRP", "PRP$"}
    return (
        subject
        and any(tag in FINITE for tag in text.tags[first + 1 : end])
        and not any(token.lower in SUBORDINATORS for token in text.tokens[first:end])
        and not _joins_clauses(text, first, end)
    )


def _parts(text: Text, place: int) -> bool:
    """Whether a mark stands here that may part clauses."""
    token = text.tokens[place]
    return token.kind is Kind.MARK and token.text not in INNER_MARKS


def _joins_clauses(text: Text, first: int, end: int) -> bool:
    """Whether a conjunction stands behind the first finite verb, and another such verb behind it."""
    finite = [place for place in range(first, end) if text.tags[place] in FINITE]
    conjunctions = [place for place in range(first, end) if text.tags[place] == "CC"]
    return any(finite and finite[0] < place < finite[-1] for place in conjunctions)


def _asks(text: Text, first: int, end: int) -> bool:
    """Whether a question begins here: "should I", "what should I"."""
    verb = first + (text.tokens[first].lower in _QUESTION_WORDS)
    if verb + 1 >= end or text.tokens[verb].lower not in _QUESTIONING:
        return False
    return text.tokens[verb + 1].lower in SUBJECT_PRONOUNS | DETERMINERS or text.tags[verb + 1] in NOUNS


def _is_main(text: Text, first: int, end: int, opener: str, *, imperative: bool = False) -> bool:
    """A main clause that stands alone: nothing in it asks for, or shares, the clause with this opener."""
    if end - first < (2 if imperative else 3):
        return False
    tokens, tags = text.tokens[first:end], text.tags[first:end]
    word = tokens[0].lower
    begins = (
        _asks(text, first, end)
        or word in SUBJECT_PRONOUNS | DETERMINERS - {"that"}
        or (tags[0] in NOUNS | {"PRP$"} | ({"VB"} if imperative else set()))
    )
    verb = any(tag in FINITE for tag in tags) or any(token.lower in AUXILIARIES for token in tokens)
    return (
        begins
        and (verb or (imperative and tags[0] == "VB"))
        and not _joins_clauses(text, first, end)
        and not any(token.lower in (_DEGREES if opener in _TELLING else _ASKING) for token in tokens)
        and not any(token.lower in SUBORDINATORS - {"so"} for token in tokens[1:])
    )
