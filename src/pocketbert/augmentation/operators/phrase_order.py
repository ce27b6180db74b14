"""Prepositional phrases of place, time and circumstance, to the front of a sentence and to its back."""

from collections.abc import Iterator, Sequence

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.moving import INNER_MARKS, end_of, to_back, to_front
from pocketbert.text.clauses import AUXILIARIES, FINITE, NOUNS, SUBORDINATORS
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
published given undertaken conducted described administered collected determined compared monitored tested analyzed
analysed calculated estimated confirmed achieved developed induced expressed documented discovered noticed
elevated maintained
"""
)
# Who or what was studied: what is said "in" them is said of all the sentence, whatever word stands before.
_GROUPS = word_set(
    """
patients subjects children adults infants men women volunteers controls rats mice dogs animals individuals persons
people humans families group groups cells tissues tissue hearts eyes kidneys livers cases samples specimens tumors
tumours hospitals pigs rabbits cats monkeys neonates males females newborns adolescents smokers lambs sheep
"""
)
# When something was so.
_EVENTS = word_set(
    """
surgery operation treatment therapy exercise rest baseline discharge admission follow-up followup period year years
month months week weeks day days hour hours minutes pregnancy infancy childhood sleep night anesthesia anaesthesia
delivery birth transplantation infusion administration injection reperfusion recovery hospitalization hospitalisation
presentation diagnosis autopsy necropsy angioplasty bypass century decade season summer winter weekend evening morning
war credits screening
"""
)
_LEANING = word_set("shortly immediately soon just only even long especially particularly mainly not")
_RELATING = word_set("than compared between whether as relation relative contrast similar versus vs")
# Heads of phrases that link a sentence to the one before it; at the back they say something else.
_LINKING_HEADS = word_set(
    """
contrast addition conclusion summary general particular short turn fact case example instance end meantime hand
way words time sense comparison part effect spite favor favour order regard respect light terms view other
detail depth vain place progress use common full question
"""
)
_UNITS = word_set("years year months month weeks week days day hours hour minutes seconds h min yr")
_PHRASE_TAGS = NOUNS | {"DT", "PRP$", "CD", "JJ", "JJS", "PDT", "SYM"}
_WITHIN_PHRASES = ("of", "with", "from", "for")
_LONGEST = 12
_LONGEST_CLAUSE = 22


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
        if text.tokens[end - 1].lower in _LINKING_HEADS or not _is_noun_phrase(text, place + 1, end):
            continue
        if not _is_simple_clause(text, first, place, joined="subject"):
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
        if _is_of_all(text, first, place, end):
            return place
    return None


def _is_of_all(text: Text, first: int, place: int, end: int) -> bool:
    """Whether the phrase names those studied or a time, of which the sentence holds, whatever it stands beside."""
    word, tag, clause = text.tokens[place].lower, text.tags[place - 1], range(first, place)
    if (
        tag not in NOUNS | {"RB"}
        or text.tokens[place - 1].lower in _UNITS | _LEANING
        or any(text.tokens[at].lower in _RELATING or text.tags[at] == "VBG" for at in clause)
    ):
        return False
    groups = word in ("in", "among") and text.tokens[_head(text, place + 1, end)].lower in _GROUPS
    times = word in ("during", "after", "before", "at", "within") and text.tokens[end - 1].lower in _EVENTS
    verb = next(at for at in clause if text.tags[at] in FINITE)
    if text.tags[verb] not in ("VBD", "MD") and text.tokens[verb].lower not in AUXILIARIES:
        return False  # as likely a noun: "Synthesis of collagen wounds in humans"
    others = [
        at for at in clause if at > verb and text.tags[at] in ("IN", "TO") and text.tokens[at].lower != "of"
    ]
    return (groups or times) and len(others) <= 2


def _head(text: Text, first: int, end: int) -> int:
    """The last word before a phrase within the phrase."""
    inner = (at for at in range(first, end) if text.tokens[at].lower in _WITHIN_PHRASES)
    return next(inner, end) - 1


def _opening_phrase(text: Text, first: int, end: int) -> int | None:
    """The comma behind a phrase that opens a simple sentence and may close it."""
    if text.tokens[first].lower not in _PLACES | _TIMES:
        return None
    for comma in range(first + 2, min(first + _LONGEST + 1, end - 2)):
        if text.tokens[comma].text == ",":
            moves = (
                _is_noun_phrase(text, first + 1, comma)
                and text.tokens[comma - 1].lower not in _LINKING_HEADS
                and end - comma <= _LONGEST_CLAUSE
                and not any(_ties_together(text, at) for at in range(comma + 1, end))
                and _is_simple_clause(text, comma + 1, end, joined="all")
            )
            return comma if moves else None
    return None


def _ties_together(text: Text, place: int) -> bool:
    """Whether the word would take a phrase put at the end for its own: "to show", "by reducing", "lower than"."""
    aims = text.tags[place] == "VB" and text.tags[place - 1] == "TO"
    return aims or text.tags[place] == "VBG" or text.tokens[place].lower in _RELATING


def _is_noun_phrase(text: Text, first: int, end: int) -> bool:
    """Determiner, adjectives, numbers and a noun; another such phrase may follow with "of"."""
    tags = text.tags[first:end]
    words = [token.lower for token in text.tokens[first:end]]
    return (
        bool(tags)
        and (tags[-1] in NOUNS or (tags == ("CD",) and len(words[0]) == 4))
        and all(tag in _PHRASE_TAGS or word in _WITHIN_PHRASES for tag, word in zip(tags, words, strict=True))
        and words[0] not in _WITHIN_PHRASES
        and "that" not in words
        and all(token.kind is not Kind.MARK for token in text.tokens[first:end])
    )


def _is_simple_clause(text: Text, first: int, end: int, *, joined: str) -> bool:
    """A clause with one finite verb, its subject before it, and nothing that opens another clause.

    `joined`: what "and" may join: phrases of the "subject", or of "all" the clause.
    """
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
        and not any(tag in ("WDT", "WP", "WRB", "UH") for tag in tags)
        and not any(token.kind is Kind.MARK and token.text not in INNER_MARKS for token in tokens)
        and not any(
            token.lower in SUBORDINATORS - {"after", "before", "since", "until"} for token in tokens[1:]
        )
        and all(_joins_phrases(tags, place, finite, joined) for place, tag in enumerate(tags) if tag == "CC")
    )


def _joins_phrases(tags: Sequence[str], place: int, finite: Sequence[int], joined: str) -> bool:
    """Whether the conjunction at `place` joins no clauses or predicates."""
    if place < finite[0]:
        return True
    return (
        joined == "all"
        and finite[-1] < place
        and tags[place + 1 : place + 2] not in (["VBN"], ["VBD"], ["RB"])
    )
