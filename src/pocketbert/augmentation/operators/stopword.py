"""Stop words put in: where grammar leaves room for one, and, as a noise level, where it does not."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.augmentation.operators.moving import spaced
from pocketbert.text.clauses import (
    AUXILIARIES,
    DETERMINERS,
    FINITE,
    NOUNS,
    SUBJECT_ONLY,
    SUBJECT_PRONOUNS,
)
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

# Verbs that take a clause with or without "that".
_CLAUSE_VERBS = word_set(
    """
think thinks thought know knows knew believe believes believed hope hopes hoped say says said guess
suppose suggest suggests suggested realize realise realized realised wish wishes notice noticed
claim claims claimed assume assumed mean means meant imagine sure afraid glad sorry
"""
)
_TALKING = word_set("i you my what how why when where who")
_ASKING = word_set("can could is are do does did will would")  # where the sentence is a question
_SAID_FREELY = ("so", "well")
_WRITTEN = ("in fact", "indeed")
_NOISE_BEFORE = {
    "V": ("is", "was", "to", "be", "has", "it"),
    "N": ("the", "a", "of", "this"),
    "J": ("the", "so", "is", "of"),
    "I": ("is", "of", "then", "it"),
    "D": ("of", "is", "in", "to"),
}


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for first, beyond in text.sentences:
        opening = _opening(text, first, beyond) if first == 0 else ()  # once a text; more is a tic
        if opening and guard.allows(opening[0]):
            yield Slot(text.tokens[first].start, text.tokens[first].end, opening)
        for place in range(first + 1, beyond):
            token = text.tokens[place]
            if token.kind is not Kind.WORD or not text.space_before(place):
                continue
            word = _room_for(text, place, beyond)
            if word:
                proposal = (Edit(token.start, token.start, f"{word} "),)
                if guard.allows(proposal):
                    yield Slot(token.start, token.start, (proposal,))
            elif guard.noise:
                noise = tuple(
                    (Edit(token.start, token.start, f"{word} "),)
                    for word in _NOISE_BEFORE.get(text.tags[place][0], ())
                    if word not in (token.lower, text.tokens[place - 1].lower)
                )
                if noise and guard.allows(noise[0]):
                    yield Slot(token.start, token.start, noise)


def _room_for(text: Text, place: int, beyond: int) -> str | None:
    """The stop word that grammar allows, without a change of meaning, before the token at `place`."""
    tokens, tags = text.tokens, text.tags
    word, before = tokens[place].lower, tokens[place - 1].lower
    after = tokens[place + 1].lower if place + 1 < beyond else ""
    after_tag = tags[place + 1] if place + 1 < beyond else ""
    if (
        before in _CLAUSE_VERBS
        and word in SUBJECT_PRONOUNS
        and (after_tag in FINITE | {"VBN"} or after in AUXILIARIES)
    ):
        return "that"
    if before in ("all", "half") and word in DETERMINERS - {"a", "an", "that", "this"}:
        return "of"
    if tags[place - 1] in NOUNS and word in SUBJECT_ONLY and _ends_relative(text, place, beyond):
        return "that"
    if (
        before in ("i", "we", "you", "they")
        and tags[place] == "VBP"
        and word not in AUXILIARIES | _CLAUSE_VERBS
        and (after in DETERMINERS or after == "to")
        and (place < 2 or (tokens[place - 2].lower not in _INVERTING and tags[place - 2] not in FINITE))
    ):
        return "do"
    if (
        before == "you"
        and place >= 2
        and tokens[place - 2].lower in ("can", "could", "would")
        and tags[place] == "VB"
        and word != "please"
    ):
        return "please"
    return None


_INVERTING = AUXILIARIES | {"how", "what", "why", "when", "where", "should", "to"}


def _ends_relative(text: Text, place: int, beyond: int) -> bool:
    """Whether pronoun and verb at `place` are a whole relative clause: the main verb follows."""
    return (
        place + 2 < beyond
        and text.tags[place + 1] in ("VBD", "VBP", "VBZ")
        and text.tokens[place + 1].lower not in AUXILIARIES
        and (text.tags[place + 2] in FINITE or text.tokens[place + 2].lower in AUXILIARIES)
        and text.tokens[place + 2].lower not in ("do", "did", "does")
    )


def _opening(text: Text, first: int, beyond: int) -> tuple[Proposal, ...]:
    """Discourse markers before a full sentence."""
    token = text.tokens[first]
    question = text.tokens[beyond - 1].text == "?"
    talking = token.lower in _TALKING or (question and token.lower in _ASKING)
    if token.kind is not Kind.WORD or not _is_sentence(text, first, beyond):
        return ()
    if not talking and not (token.lower in DETERMINERS or token.lower in SUBJECT_PRONOUNS | {"our"}):
        return ()
    comma = " , " if spaced(text, first, beyond) else ", "
    capital = token.text[0].isupper()
    kept = token.text if not capital or token.lower in ("i", "'m") else token.lower
    markers = _SAID_FREELY if talking else _WRITTEN
    return tuple(
        (Edit(token.start, token.end, (marker.capitalize() if capital else marker) + comma + kept),)
        for marker in markers
    )


def _is_sentence(text: Text, first: int, beyond: int) -> bool:
    """A finite verb within, and a full stop or question mark at the end."""
    closed = text.tokens[beyond - 1].text in (".", "?", "!")
    return closed and beyond - first >= 5 and any(tag in FINITE for tag in text.tags[first:beyond])


STOPWORD = Operator(
    name="stopword",
    title="Stop words",
    description="Small words put in where grammar leaves room; at the highest strength, anywhere.",
    preserves="meaning, word order, protected words; below the noise level, grammar",
    source="insertion of function words",
    rate=0.2,
    slots=_slots,
    english=True,
)
