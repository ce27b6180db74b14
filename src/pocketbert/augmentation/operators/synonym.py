"""Synonyms by mutual dominant sense, inflected as the word they replace."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.text.clauses import LINKING, NOUNS, VERBS
from pocketbert.text.edits import Edit
from pocketbert.text.inflection import BASE_FORMS, indefinite_article, inflections_of, lemma_of
from pocketbert.text.lexicon import multiwords_in, synonyms_of
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, Token, word_set

_SHORTEST = 3


_OBJECTS = word_set("it them him her me us you")  # a "noun" before one of these is a verb


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for first, beyond in text.sentences:
        whole = _in_multiwords(text, first, beyond)
        for place in range(first, beyond):
            token = text.tokens[place]
            if token.kind is not Kind.WORD or len(token.text) < _SHORTEST or guard.protects(place):
                continue
            if place in whole or _bound(text, place, first, beyond):
                continue
            proposals = tuple(_proposals(text, place, guard))
            if proposals:
                yield Slot(proposals[0][0].start, token.end, proposals)


def _proposals(text: Text, place: int, guard: Guard) -> Iterator[Proposal]:
    token, tag = text.tokens[place], text.tags[place]
    before_to = tag.startswith("V") and text.tags[place + 1 : place + 2] == ("TO",)
    if tag in BASE_FORMS and not synonyms_of(token.lower, tag, before_to=before_to):
        return  # without looking the word up, which takes longer
    lemma = lemma_of(token.lower, tag)
    if lemma is None:
        return
    article = _article_before(text, place)
    for synonym in synonyms_of(lemma, tag, before_to=before_to):
        forms = inflections_of(synonym, tag)
        if not forms or forms[0] in guard.rules.words or (tag in _PAST and _differ(synonym)):
            continue
        edits = [Edit(token.start, token.end, cased(forms[0], token.text))]
        if article:
            right = cased(indefinite_article(forms[0]), article.text)
            if right != article.text:
                edits.insert(0, Edit(article.start, article.end, right))
        if guard.allows(edits):
            yield tuple(edits)


_PAST = ("VBD", "VBN")


def _differ(verb: str) -> bool:
    """Whether past and participle differ; taggers mistake the one for the other."""
    return inflections_of(verb, "VBD")[:1] != inflections_of(verb, "VBN")[:1]


def cased(word: str, like: str) -> str:
    """`word` with the capitals of `like`."""
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[0].upper() + word[1:] if like[0].isupper() else word


def _article_before(text: Text, place: int) -> Token | None:
    before = text.tokens[place - 1] if place else None
    return before if before and before.lower in ("a", "an") else None


def _bound(text: Text, place: int, first: int, beyond: int) -> bool:
    """Whether the word's sense hangs on its neighbours: a compound, a verb with its preposition, an aside."""
    tag = text.tags[place]
    after = text.tags[place + 1] if place + 1 < beyond else ""
    before = text.tags[place - 1] if place > first else ""
    if tag in NOUNS:
        verbal = before in ("MD", "RB", "TO") or (after == "PRP" and text.tokens[place + 1].lower in _OBJECTS)
        return verbal or after in NOUNS or before in NOUNS or before in ("VBG", "CD")
    if tag.startswith("V"):
        return after in ("IN", "RP") or (after == "TO" and text.tags[place + 2 : place + 3] != ("VB",))
    if tag == "JJ":
        # "sure, it works" is an aside, and in "charged extra" the adjective stands for an adverb.
        aside = place == first and after == ","
        alone = after not in NOUNS | {"JJ", "CC", ",", "VBG", "VBN"}
        misread = before in ("DT", "PRP$") or (before in VERBS and not _links(text, place - 1))
        return aside or (alone and misread)
    return text.tokens[place].lower == "however" and after != ","


def _links(text: Text, place: int) -> bool:
    return text.tokens[place].lower in LINKING


def _in_multiwords(text: Text, first: int, beyond: int) -> set[int]:
    """The tokens that belong to multiwords, as they stand or in their base forms."""
    words = [token.lower for token in text.tokens[first:beyond]]
    bases = [
        word if tag in BASE_FORMS else lemma_of(word, tag) or word
        for word, tag in zip(words, text.tags[first:beyond], strict=True)
    ]
    return {first + place for whole in (*multiwords_in(words), *multiwords_in(bases)) for place in whole}


SYNONYM = Operator(
    name="synonym",
    title="Synonyms",
    description="A word of the same meaning, inflected, with its article and capitals put right.",
    preserves="meaning, grammar, word order, protected words, multiwords",
    source="WordNet 3.0 (Miller 1995), mutual dominant senses",
    rate=0.3,
    slots=_slots,
    english=True,
)
