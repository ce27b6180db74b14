"""Base forms and inflected forms of English words, by lemminflect, and the indefinite article."""

from functools import lru_cache

BASE_FORMS = frozenset({"NN", "VB", "VBP", "JJ", "RB"})
"""Penn tags of words that are their own base forms."""

INFLECTED = frozenset({"NNS", "VBD", "VBG", "VBN", "VBZ"})
"""Penn tags of words that are inflected."""

_UNIVERSAL = {"N": "NOUN", "V": "VERB", "J": "ADJ", "R": "ADV"}


def base_of(word: str, tag: str) -> str:
    """The base form of a lower-case word with this Penn tag; the word itself where it has none."""
    if tag not in INFLECTED:
        return word
    return lemma_of(word, tag) or word


@lru_cache(maxsize=50_000)
def lemma_of(word: str, tag: str) -> str | None:
    """The base form of a lower-case word with this Penn tag, if inflecting it again gives the same word."""
    from lemminflect import getLemma

    universal = _UNIVERSAL.get(tag[:1])
    if universal is None:
        return None
    for lemma in getLemma(word, upos=universal, lemmatize_oov=False):
        if word in inflections_of(lemma, tag):
            return str(lemma)
    return None


@lru_cache(maxsize=50_000)
def inflections_of(lemma: str, tag: str) -> tuple[str, ...]:
    """The forms of a base form for a Penn tag, the usual one first; () where it has none."""
    from lemminflect import getInflection

    if tag in BASE_FORMS:
        return (lemma,)
    if tag in INFLECTED:
        return tuple(map(str, getInflection(lemma, tag=tag, inflect_oov=False)))
    return ()


@lru_cache(maxsize=50_000)
def lemmas_of(word: str) -> tuple[str, ...]:
    """Every base form a lower-case word may have, in any class."""
    from lemminflect import getAllLemmas

    return tuple(sorted({str(lemma) for found in getAllLemmas(word).values() for lemma in found} - {word}))


_VOWEL_SOUND = ("hour", "honest", "honor", "honour", "heir")
_CONSONANT_SOUND = ("uni", "use", "usu", "util", "euro", "eu", "one", "once", "ubiq", "uto", "ura")
_STILL_VOWEL = ("unin", "unim", "unid")


def indefinite_article(word: str) -> str:
    """`a` or `an`, as the word is spoken."""
    lower = word.lower()
    if lower.startswith(_VOWEL_SOUND) or lower.startswith(_STILL_VOWEL):
        return "an"
    if lower.startswith(_CONSONANT_SOUND):
        return "a"
    return "an" if lower[:1] in "aeiou" else "a"
