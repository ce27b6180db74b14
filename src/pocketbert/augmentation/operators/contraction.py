"""Contracted and in full: "do not" and "don't", "it is" and "it's", apart too as in tokenised text."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Slot
from pocketbert.augmentation.operators.moving import spaced
from pocketbert.text.clauses import SUBJECT_PRONOUNS
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_NEGATED = word_set("do does did is are was were has have had would could should can will ca wo")
_CLITICS = {"am": "'m", "are": "'re", "is": "'s", "have": "'ve", "will": "'ll", "would": "'d"}
_SUBJECTS = {
    "am": word_set("i"),
    "are": word_set("we you they"),
    "is": word_set("he she it that there"),
    "have": word_set("i we you they"),
    "will": word_set("i we you he she it they"),
    "would": word_set("i we you he she they"),
}
_SPELT_OUT = {"'m": "am", "'re": "are", "'ve": "have", "'ll": "will"}
_IS_OR_HAS = word_set("he she it that there what who")
_WOULD = word_set(
    "like love be have say recommend prefer want expect think"
)  # after 'd; "had" takes none of them
_ADVERBS = word_set("not n't never always also still just only really all so now even too already quite very")
_GAPS = word_set("what where how who whom which that than as whatever however wherever why so if when all")
"""Before a subject these may leave its verb without what it says: "I know where it is now" has no "it's"."""

_PREPOSITIONS = word_set(
    "of for from about with in on to by at"
)  # "the reason for that is": no subject alone
_NEVER_AFTER = word_set(". , ; : ? ! ) and or but nor than as -- ... …")
_INVERTED = (SUBJECT_PRONOUNS | word_set("this that these those the a an my your his her its our their")) - {
    "a"
}
_INVERTED |= word_set("anyone anybody everyone everybody someone somebody nobody a")


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    apostrophe = "’" if "’" in text.string else "'"
    for first, beyond in text.sentences:
        apart = spaced(text, first, beyond)
        for place in range(first + 1, beyond):
            edit = _contracted(text, place, first, beyond, apart) or _in_full(
                text, place, first, beyond, apart
            )
            if edit is None:
                continue
            edit = Edit(edit.start, edit.end, edit.replacement.replace("'", apostrophe))
            if guard.allows((edit,)):
                before = text.tokens[place - 1]
                yield Slot(before.start, text.tokens[place].end, ((edit,),))


def _contracted(text: Text, place: int, first: int, beyond: int, apart: bool) -> Edit | None:
    """The edit that contracts the token at `place` with the one before it."""
    token, before = text.tokens[place], text.tokens[place - 1]
    if not text.space_before(place) or token.kind is not Kind.WORD:
        return None
    after = text.tokens[place + 1].lower if place + 1 < beyond else "."
    if token.lower == "not":
        if before.lower not in _NEGATED or after in ("only", "so", "to"):
            return None
        return _negative(text, place, apart)
    if token.lower in ("will", "would", "have") and after in ("not", "n't"):
        return None
    if token.lower not in _CLITICS or before.lower not in _SUBJECTS[token.lower] or after in _NEVER_AFTER:
        return None
    if token.text.isupper() or _leaves_gap(text, place, first) or not _says_on(text, place, beyond):
        return None
    start = token.start if apart else before.end
    return Edit(start, token.end, _CLITICS[token.lower])


def _negative(text: Text, place: int, apart: bool) -> Edit | None:
    token, before = text.tokens[place], text.tokens[place - 1]
    end, clitic = token.end, "n't"
    if before.lower in ("will", "wo"):
        stem = before.text[:1] + ("O" if before.text.isupper() else "o")
        return Edit(before.start, end, stem + (" " if apart else "") + _like(clitic, before.text))
    if before.lower in ("can", "ca"):
        return Edit(before.start + 2, end, (" " if apart else "") + _like(clitic, before.text))
    return Edit(token.start if apart else before.end, end, _like(clitic, before.text))


def _like(clitic: str, word: str) -> str:
    return clitic.upper() if word.isupper() and len(word) > 1 else clitic


def _leaves_gap(text: Text, place: int, first: int) -> bool:
    """Whether a word before the subject, in the same clause, may take what the verb needs after it."""
    for earlier in range(place - 2, max(first - 1, place - 8), -1):
        token = text.tokens[earlier]
        if token.kind is Kind.MARK:
            return False
        if token.lower in _GAPS or (earlier == place - 2 and token.lower in _PREPOSITIONS):
            return True
    return False


def _says_on(text: Text, place: int, beyond: int) -> bool:
    """Whether a word that carries stress follows, past adverbs."""
    following = place + 1
    while following < beyond and text.tokens[following].lower in _ADVERBS:
        following += 1
    if following >= beyond or text.tokens[following].kind is Kind.MARK:
        return False
    if text.tokens[place].lower == "have":
        return text.tags[following] in ("VBN", "VBD")
    if text.tokens[place].lower in ("will", "would"):
        return text.tags[following] == "VB"
    return text.tokens[following].lower not in ("to", "of", "in", "as", "than", "and", "but")


def _in_full(text: Text, place: int, first: int, beyond: int, apart: bool) -> Edit | None:
    """The edit that spells out the contraction at `place`."""
    token, before = text.tokens[place], text.tokens[place - 1]
    if token.text[0] not in "'’n" or before.kind is not Kind.WORD or token.text.isupper():
        return None
    if token.lower == "n't":
        if before.lower not in _NEGATED | {"must", "need"} or _asks(text, place, first, beyond):
            return None
        if before.lower in ("ca", "wo"):
            verb = {"ca": "can", "wo": "will"}[before.lower]
            stem = verb.capitalize() if before.text[0].isupper() else verb
            return Edit(before.start, token.end, stem + ("not" if verb == "can" else " not"))
        return Edit(token.start, token.end, "not" if text.space_before(place) else " not")
    full = _full_form(text, place, beyond)
    if full is None:
        return None
    return Edit(token.start, token.end, full if text.space_before(place) else f" {full}")


def _full_form(text: Text, place: int, beyond: int) -> str | None:
    token, before = text.tokens[place], text.tokens[place - 1]
    following = place + 1
    while following < beyond and text.tokens[following].lower in _ADVERBS:
        following += 1
    if following >= beyond:
        return None
    word, tag = text.tokens[following].lower, text.tags[following]
    if token.lower in _SPELT_OUT:
        return _SPELT_OUT[token.lower]
    if token.lower == "'d" and before.lower in _SUBJECTS["would"] and word in _WOULD:
        return "would"
    if token.lower == "'s" and before.lower in _IS_OR_HAS:
        if word == "been":
            return "has"
        if tag in ("DT", "JJ", "IN", "VBG", "PRP$", "NN", "CD", "RB") and word not in ("got", "like"):
            return "is"
    return None


def _asks(text: Text, place: int, first: int, beyond: int) -> bool:
    """Whether the subject follows the negated verb, as in "don't you"; "not" may not come between them."""
    if place + 1 >= beyond:
        return False
    after, tag = text.tokens[place + 1].lower, text.tags[place + 1]
    if after in SUBJECT_PRONOUNS:
        return True
    opens = place - 1 == first or text.tokens[place - 2].kind is Kind.MARK or text.tags[place - 2][0] in "WC"
    return opens and (after in _INVERTED or tag[0] == "N" or tag == "PRP")


CONTRACTION = Operator(
    name="contraction",
    title="Contractions",
    description="Verbs and negations contracted or spelt out: don't and do not, it's and it is.",
    preserves="meaning, grammar, word order, negation, protected words",
    source="contracted forms of verbs and of not (Quirk et al. 1985, A Comprehensive Grammar)",
    rate=0.1,
    slots=_slots,
    english=True,
)
