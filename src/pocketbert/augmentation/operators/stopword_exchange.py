"""Small words and fixed phrases that give way to others of the same meaning and grammar."""

from collections.abc import Callable, Iterator

from pocketbert.text.clauses import DETERMINERS, FINITE, NOUNS, SUBJECT_PRONOUNS
from pocketbert.text.text import Text
from pocketbert.text.words import word_set

_Fits = Callable[[Text, int, int, int], bool]
"""Whether a phrase from one token up to another may give way, in a sentence that opens at a third."""


def exchanges(text: Text, place: int, first: int, beyond: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Phrases that open at `place`: the token after each, and what may stand for it."""
    for words, others, fits in _PHRASES.get(text.tokens[place].lower, ()):
        end = place + len(words)
        if end >= beyond or tuple(token.lower for token in text.tokens[place:end]) != words:
            continue
        if fits(text, place, end, first):
            yield end, others


def _always(text: Text, place: int, end: int, first: int) -> bool:
    return True


def _before_noun(text: Text, place: int, end: int, first: int) -> bool:
    return text.tokens[end].lower in DETERMINERS or text.tags[end] in NOUNS | {"JJ", "VBG", "PRP$"}


def _before_subject(text: Text, place: int, end: int, first: int) -> bool:
    """A clause of its own: it opens the sentence or follows a comma, and a subject follows."""
    opens = place == first or text.tokens[place - 1].text == ","
    word = text.tokens[end].lower
    return opens and (word in SUBJECT_PRONOUNS | DETERMINERS or text.tags[end] in ("NNS", "NNP"))


def _after_question(text: Text, place: int, end: int, first: int) -> bool:
    asked = place > first and text.tokens[place - 1].lower in _ASKING
    rest = [token.lower for token in text.tokens[end : end + 30]]
    return asked and _has_subject(text, end) and "or" not in rest


def _has_subject(text: Text, place: int) -> bool:
    return text.tokens[place].lower in SUBJECT_PRONOUNS | DETERMINERS or text.tags[place] in ("NNS", "NNP")


def _restrictive(text: Text, place: int, end: int, first: int) -> bool:
    """A relative clause without a comma, whose subject the pronoun is."""
    noun = place > first and text.tags[place - 1] in ("NN", "NNS") and text.space_before(place) != ""
    return noun and (text.tags[end] in FINITE or text.tokens[end].lower in ("was", "were", "is", "are"))


def _of_things(text: Text, place: int, end: int, first: int) -> bool:
    any_of_them = place - 1 > first and text.tokens[place - 2].lower in _ANY  # "whatever work that is done"
    return (
        _restrictive(text, place, end, first) and _is_thing(text.tokens[place - 1].lower) and not any_of_them
    )


def _is_thing(noun: str) -> bool:
    return noun.endswith(_THING_ENDS) or noun in _THINGS or noun.removesuffix("s") in _THINGS


def _among_things(text: Text, place: int, end: int, first: int) -> bool:
    return place > first and _is_setting(text.tokens[place - 1].lower) and _has_subject(text, end)


def _is_setting(noun: str) -> bool:
    return noun in _SETTINGS or noun.removesuffix("s") in _SETTINGS


def _purpose(text: Text, place: int, end: int, first: int) -> bool:
    """ "To find out, we asked": it opens the sentence, and a comma ends it."""
    if place != first or text.tags[end] != "VB" or text.tokens[end].lower in _NO_PURPOSE:
        return False
    commas = [at for at in range(end, min(end + 40, len(text.tokens) - 1)) if text.tokens[at].text == ","]
    return bool(commas) and text.tags[commas[0] + 1] in _CLAUSE_OPENS


def _before_verb(text: Text, place: int, end: int, first: int) -> bool:
    return text.tags[end] == "VB"


def _leaning(text: Text, place: int, end: int, first: int) -> bool:
    """After a word that takes "on" in a figure of speech: "based on"."""
    return place > first and text.tokens[place - 1].lower in _LEANING and text.tags[end] not in ("RB", ".")


def _before_comparative(text: Text, place: int, end: int, first: int) -> bool:
    return text.tags[end] in ("JJR", "RBR") or text.tokens[end].lower == "too"


def _no_amount(text: Text, place: int, end: int, first: int) -> bool:
    return text.tokens[end].lower not in ("of", "more", "part", "player", "role")


def _no_person(text: Text, place: int, end: int, first: int) -> bool:
    return text.tags[end] != "PRP"


def _plain_amount(text: Text, place: int, end: int, first: int) -> bool:
    return place == first or text.tokens[place - 1].lower not in (
        "quite",
        "such",
        "whole",
        "not",
        "an",
        "the",
    )


_CLAUSE_OPENS = NOUNS | {"DT", "PRP", "PRP$", "CD", "EX", "VB"}
_ASKING = word_set("determine know see ask asked wonder wondered tell asks knows unclear unknown determined")
_OBJECTS = word_set("me us you him her it them")  # "reminds me a lot of it"
_ANY = word_set("whatever whichever any all every only same")
_NO_PURPOSE = word_set("be say tell put make get begin start sum conclude mention call")
_LEANING = word_set(
    "based depend depends depended dependent depending rely relies relied relying focus focused"
)
_THING_ENDS = ("tion", "tions", "ment", "ments", "ness", "ity", "ities", "ism", "ology", "ics")
_THINGS = word_set(
    """
film movie story picture comedy drama plot script scene moment joke idea thing work book piece performance
documentary thriller tale world screenplay experience drug method study disease cell gene protein system
procedure effect result factor lesion technique test device substance agent compound model disorder syndrome tumor
approach problem mechanism process vehicle
"""
)
_SETTINGS = word_set(
    "film movie story drama comedy world study trial case situation scene moment area region model"
)

_TABLE: tuple[tuple[str, str, _Fits], ...] = (
    ("in order to", "to", _before_verb),
    ("to", "in order to", _purpose),
    ("in spite of", "despite", _always),
    ("despite", "in spite of", _before_noun),
    ("because of", "due to", _before_noun),
    ("due to", "because of", _before_noun),
    ("due to the fact that", "because", _always),
    ("owing to", "due to", _before_noun),
    ("prior to", "before", _before_noun),
    ("subsequent to", "after", _before_noun),
    ("although", "though", _before_subject),
    ("though", "although", _before_subject),
    ("as if", "as though", _always),
    ("as though", "as if", _always),
    ("whether", "if", _after_question),
    ("kind of", "sort of", _no_person),
    ("sort of", "kind of", _no_person),
    ("kinds of", "sorts of", _no_person),
    ("sorts of", "kinds of", _no_person),
    ("a bit", "a little", _no_amount),
    ("a little", "a bit", _before_comparative),
    ("a lot of", "lots of", _plain_amount),
    ("lots of", "a lot of", _plain_amount),
    ("for example", "for instance", _always),
    ("for instance", "for example", _always),
    ("toward", "towards", _always),
    ("towards", "toward", _always),
    ("among", "amongst", _before_noun),
    ("amongst", "among", _always),
    ("amid", "amidst", _before_noun),
    ("upon", "on", _leaning),
    ("on", "upon", _leaning),
    ("via", "through", _before_noun),
    ("in which", "where", _among_things),
    ("which", "that", _restrictive),
    ("that", "which", _of_things),
    ("with regard to", "regarding", _before_noun),
    ("with respect to", "with regard to", _before_noun),
    ("in comparison with", "compared with", _before_noun),
    ("along with", "together with", _before_noun),
    ("together with", "along with", _before_noun),
)
"""Phrase, what may stand for it, and where."""


def _by_first_word() -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...], _Fits]]]:
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...], _Fits]]] = {}
    for phrase, other, fits in _TABLE:
        words = tuple(phrase.split())
        found.setdefault(words[0], []).append((words, (other,), fits))
    return found


_PHRASES = _by_first_word()
EXCHANGED = frozenset(_PHRASES)
"""Words with which a phrase begins."""
