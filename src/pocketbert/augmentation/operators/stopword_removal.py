"""Small words taken out where grammar does without them."""

from collections.abc import Callable

from pocketbert.augmentation.operators.stopword_insertion import (
    CLAUSE_VERBS,
    HELPING,
    PEOPLE,
    SEEMING,
    SHARED,
)
from pocketbert.text.clauses import AUXILIARIES, DETERMINERS, FINITE, NOUNS, SUBJECT_ONLY, SUBJECT_PRONOUNS
from pocketbert.text.text import Text
from pocketbert.text.words import word_set

_CLAUSE_VERBS = CLAUSE_VERBS | word_set(
    "feel feels felt find finds found show shows showed see sees saw saying"
)
_SETS = word_set("all both half")
_PLACES = word_set("off outside inside alongside")
# Nouns of which "that" says the content: "the fact that he left".
_CONTENTS = word_set(
    """
fact evidence hypothesis possibility view idea belief claim suggestion conclusion notion report proof hope
assumption theory argument sense indication finding probability likelihood way time such
"""
)
_BE = word_set("is are was were")
_CLEFT = word_set("it 't 's so such")


def superfluous(text: Text, place: int, first: int, beyond: int) -> int:
    """How many tokens may go from `place` on, without a change of meaning."""
    rule = _RULES.get(text.tokens[place].lower)
    return rule(text, place, first, beyond) if rule and place > first else 0


def _that(text: Text, place: int, first: int, beyond: int) -> int:
    if place + 2 >= beyond:
        return 0
    before = text.tokens[place - 1].lower
    if text.tags[place - 1] in NOUNS and before not in CLAUSE_VERBS:
        return _relative(text, place, first, beyond) or _link(text, place, first, beyond)
    return int(before in _CLAUSE_VERBS and _opens_clause(text, place + 1, beyond))


def _opens_clause(text: Text, place: int, beyond: int) -> bool:
    """Whether a short subject and its finite verb stand at `place`."""
    word = text.tokens[place].lower
    if word in SUBJECT_PRONOUNS:
        verb = place + 1
    elif word in DETERMINERS - {"that"}:
        verb = place + 1
        while verb < min(beyond, place + 4) and (text.tags[verb] in NOUNS or text.tags[verb] == "JJ"):
            verb += 1
        if text.tags[verb - 1] not in NOUNS:
            return False
    else:
        return False
    return verb < beyond and (text.tags[verb] in FINITE or text.tokens[verb].lower in AUXILIARIES)


def _relative(text: Text, place: int, first: int, beyond: int) -> int:
    """ "the film that I saw": "the film I saw"."""
    word, after = text.tokens[place + 1].lower, text.tokens[place + 2]
    fits = word in SUBJECT_ONLY | {"you"} and (text.tags[place + 2] in FINITE or after.lower in AUXILIARIES)
    if not fits or text.tokens[place - 1].lower in _CONTENTS or _cleft(text, place, first):
        return 0
    return 1


def _link(text: Text, place: int, first: int, beyond: int) -> int:
    """ "patients who were treated with it": "patients treated with it"."""
    if place + 3 >= beyond or text.tokens[place + 1].lower not in _BE or text.tags[place - 1] not in NOUNS:
        return 0
    tag, after = text.tags[place + 2], text.tags[place + 3]
    participle = (tag == "VBN" and after in ("IN", "TO")) or (
        tag == "VBG" and after in ("DT", "NN", "NNS", "IN")
    )
    linked = participle and text.tokens[place + 3].lower not in ("that", "if", "because")
    return 2 if linked and not _cleft(text, place, first) else 0


def _cleft(text: Text, place: int, first: int) -> bool:
    """Whether what goes before makes the clause more than a relative one: "it was Anna that", "so good that"."""
    return any(token.lower in _CLEFT for token in text.tokens[max(first, place - 12) : place])


def _of(text: Text, place: int, first: int, beyond: int) -> int:
    if place + 1 >= beyond:
        return 0
    before, after = text.tokens[place - 1].lower, text.tokens[place + 1].lower
    if before in _PLACES:
        return int(text.tags[place - 2 : place - 1] != ("DT",) and after in DETERMINERS)
    return int(before in _SETS and after in DETERMINERS - {"a", "an", "that", "this"})


def _to(text: Text, place: int, first: int, beyond: int) -> int:
    if place + 1 >= beyond:
        return 0
    before, after = text.tokens[place - 1].lower, text.tokens[place + 1].lower
    if before in SEEMING and after == "be":
        following = text.tags[place + 3] if place + 3 < beyond else ""
        quality = text.tags[place + 2 : place + 3] == ("JJ",) and following not in NOUNS | {"JJ", "TO"}
        return 2 if quality else 0
    return int(before in HELPING and text.tags[place - 1][0] == "V" and text.tags[place + 1] == "VB")


def _also(text: Text, place: int, first: int, beyond: int) -> int:
    """Before a verb or after one, where it answers no "not only"."""
    if place + 1 >= beyond or any(token.lower == "only" for token in text.tokens[first:place]):
        return 0
    before, after = text.tokens[place - 1].lower, text.tags[place + 1]
    follows_verb = before in AUXILIARIES and after in ("VB", "VBN", "VBG", "JJ", "DT", "IN")
    return int(follows_verb or (text.tags[place - 1] in NOUNS | {"PRP"} and after in ("VBD", "VBZ", "VBP")))


def _determiner(text: Text, place: int, first: int, beyond: int) -> int:
    """ "the acting and the script": "the acting and script"."""
    if place < first + 4 or place + 1 >= beyond or text.tokens[place - 1].lower not in ("and", "or"):
        return 0
    shared = text.tokens[place - 3].lower == text.tokens[place].lower
    alike = text.tags[place + 1] == text.tags[place - 2] and text.tags[place + 1] in ("NN", "NNS")
    after = text.tags[place + 2] if place + 2 < beyond else "."
    if text.tokens[place + 1].lower == "half" or (
        place + 2 < beyond and text.tokens[place + 2].lower == "of"
    ):
        return 0
    opens = text.tags[place - 4] in ("IN", "TO") or text.tags[place - 4][0] == "V"
    one = any(noun.lower.endswith(PEOPLE) for noun in (text.tokens[place - 2], text.tokens[place + 1]))
    return int(shared and alike and after not in NOUNS | {"POS", "JJ", "CC"} and opens and not one)


_Rule = Callable[[Text, int, int, int], int]
_RULES: dict[str, _Rule] = {
    "that": _that,
    "who": _link,
    "which": _link,
    "of": _of,
    "to": _to,
    "also": _also,
    **dict.fromkeys(SHARED, _determiner),
}
"""What may be superfluous, by its first word."""
SUPERFLUOUS = frozenset(_RULES)
"""Words that may be the first to go."""
