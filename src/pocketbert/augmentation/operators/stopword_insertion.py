"""Small words put in where grammar leaves room for one."""

from collections.abc import Callable

from pocketbert.text.clauses import AUXILIARIES, DETERMINERS, FINITE, NOUNS, SUBJECT_ONLY, SUBJECT_PRONOUNS
from pocketbert.text.inflection import indefinite_article
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

# Verbs and adjectives that take a clause with or without "that".
CLAUSE_VERBS = word_set(
    """
think thinks thought know knows knew believe believes believed hope hopes hoped say says said guess
suppose suggest suggests suggested realize realise realized realised wish wishes notice noticed
claim claims claimed assume assumed mean means meant imagine sure afraid glad sorry
"""
)
HELPING = word_set("help helps helped helping")
SEEMING = word_set("seem seems seemed appear appears appeared")
_QUANTITIES = word_set("all half")
_ASKED = word_set("can could would")
_INVERTING = AUXILIARIES | {"how", "what", "why", "when", "where", "should", "to"}
SHARED = word_set("the a an its their his her my our your")
"""Determiners that two joined nouns may share."""

_UNDETERMINED = word_set("nobody nothing somebody something everybody everything anybody anything")

PEOPLE = (
    "er",
    "or",
    "ist",
    "ian",
    "ant",
    "man",
    "woman",
    "ee",
    "boy",
    "girl",
    "mother",
    "king",
    "friend",
    "hero",
)
"""Ends of nouns of which two, joined, may be one person: a writer and director."""

_FAVOURS = word_set(
    """
help tell send give show explain check confirm change cancel let call reset resend refund update add remove fix look
provide advise assist let write return replace stop open close make take put bring transfer block unblock activate
"""
)
_FELT = word_set("want need love like hope enjoy appreciate recommend")
_BARE_SUBJECTS = word_set("i we you they")


def room_for(text: Text, place: int, first: int, beyond: int) -> str | None:
    """What may be put before the token at `place`, without a change of meaning."""
    rule = _AFTER.get(text.tokens[place - 1].lower)
    found = rule(text, place, first, beyond) if rule else None
    if found is None and text.tags[place - 1] in NOUNS:
        found = _before_relative_clause(text, place, beyond)
    return found


def _before_clause(text: Text, place: int, first: int, beyond: int) -> str | None:
    verb = _tag(text, place + 1, beyond) in FINITE | {"VBN"} or _word(text, place + 1, beyond) in AUXILIARIES
    return "that" if text.tokens[place].lower in SUBJECT_PRONOUNS and verb else None


def _before_set(text: Text, place: int, first: int, beyond: int) -> str | None:
    whole = _word(text, place + 1, beyond) in ("way", "time", "same", "while", "more")  # "all the way"
    return (
        "of" if text.tokens[place].lower in DETERMINERS - {"a", "an", "that", "this"} and not whole else None
    )


def _before_infinitive(text: Text, place: int, first: int, beyond: int) -> str | None:
    helps = text.tags[place - 1][0] == "V" and text.tags[place] == "VB"
    bare = place == first + 1 or text.tokens[place - 2].lower not in ("n't", "not")
    return "to" if helps and bare and text.tokens[place].lower not in ("but", "being", "out") else None


def _before_quality(text: Text, place: int, first: int, beyond: int) -> str | None:
    after = _tag(text, place + 1, beyond)
    known = text.tokens[place].lower not in ("likely", "sure", "able", "ready", "most")
    return "to be" if text.tags[place] == "JJ" and after not in NOUNS | {"JJ", "TO"} and known else None


def _of_emphasis(text: Text, place: int, first: int, beyond: int) -> str | None:
    """ "I need a card": "I do need a card"; with "you", "would you help": "would you please help"."""
    word, before = text.tokens[place].lower, text.tokens[place - 2].lower if place - 2 >= first else ""
    if text.tokens[place - 1].lower == "you" and before in _ASKED and text.tags[place] == "VB":
        return "please" if word in _FAVOURS else None
    after = _word(text, place + 1, beyond)
    takes_object = after in DETERMINERS or after == "to"
    asks = before in _INVERTING or (place - 2 >= first and text.tags[place - 2] in FINITE)
    return "do" if word in _FELT and text.tags[place] == "VBP" and takes_object and not asks else None


def _before_conjoined(text: Text, place: int, first: int, beyond: int) -> str | None:
    """ "the acting and script": "the acting and the script"."""
    if place - 3 < first or text.tokens[place - 3].lower not in SHARED:
        return None
    after = _tag(text, place + 1, beyond)
    one = any(noun.lower.endswith(PEOPLE) for noun in (text.tokens[place - 2], text.tokens[place]))
    alike = text.tags[place] == text.tags[place - 2] and text.tags[place] in ("NN", "NNS")
    if not alike or after in NOUNS | {"POS", "JJ", "CC", "VBG"} or one:
        return None
    shared, word = text.tokens[place - 3].lower, text.tokens[place].lower
    if word in _UNDETERMINED:
        return None
    if shared not in ("the", "a", "an") and _word(text, place + 1, beyond) == "of":
        return None
    return indefinite_article(word) if shared in ("a", "an") else shared


def _before_relative_clause(text: Text, place: int, beyond: int) -> str | None:
    """Where pronoun and verb are a whole relative clause: the main verb follows."""
    relative = (
        text.tokens[place].lower in SUBJECT_ONLY
        and _tag(text, place + 1, beyond) in ("VBD", "VBP", "VBZ")
        and _word(text, place + 1, beyond) not in AUXILIARIES
        and (_tag(text, place + 2, beyond) in FINITE or _word(text, place + 2, beyond) in AUXILIARIES)
        and _word(text, place + 2, beyond) not in ("do", "did", "does")
    )
    return "that" if relative else None


def _word(text: Text, place: int, beyond: int) -> str:
    return text.tokens[place].lower if place < beyond and text.tokens[place].kind is Kind.WORD else ""


def _tag(text: Text, place: int, beyond: int) -> str:
    return text.tags[place] if place < beyond else ""


_Rule = Callable[[Text, int, int, int], str | None]
_AFTER: dict[str, _Rule] = {
    **dict.fromkeys(CLAUSE_VERBS, _before_clause),
    **dict.fromkeys(_QUANTITIES, _before_set),
    **dict.fromkeys(HELPING, _before_infinitive),
    **dict.fromkeys(SEEMING, _before_quality),
    **dict.fromkeys(_BARE_SUBJECTS, _of_emphasis),
    **dict.fromkeys(("and", "or"), _before_conjoined),
}
"""What may follow a word."""
LEADING = frozenset(_AFTER)
"""Words after which another may be put."""
