"""Part-of-speech tags (Penn Treebank) of a sentence's tokens, by textblob's rule-based tagger."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from pocketbert.text.words import Kind, Token

if TYPE_CHECKING:
    from textblob.en import Parser

_MARKS = {",": ",", ";": ":", ":": ":", "--": ":", "-": ":", "(": "(", ")": ")", "...": ":", "…": ":"}


def tags_of(sentence: Sequence[Token]) -> tuple[str, ...]:
    """One Penn tag a token; the tags depend on this sentence alone."""
    if not sentence:
        return ()
    tagged = _parser().find_tags([_plain(token) for token in sentence], map=None)  # Penn tags as they are
    tags = [_settled(token, tag) for token, (_, tag) in zip(sentence, tagged, strict=True)]
    for place in range(1, len(tags)):
        if tags[place] == "NN" and _is_subject(sentence, tags, place - 1):
            tags[place] = "VBP"
    return tuple(tags)


def _is_subject(sentence: Sequence[Token], tags: Sequence[str], place: int) -> bool:
    """Whether a pronoun stands where only a verb may follow: the tagger reads "you need" as a noun."""
    word = sentence[place].lower
    return word in ("i", "we", "they") or (
        word == "you" and (place == 0 or not tags[place - 1].startswith("V"))
    )


def _plain(token: Token) -> str:
    """What the tagger sees: its own word form, and nothing that it reads as a separator."""
    if token.kind is Kind.CODE:
        return "it"
    text = token.text.replace("’", "'")
    if token.kind is Kind.MARK:
        return text if text in ".,;:!?()" else "."
    return text if text.isascii() or text.isalnum() else "x"


def _settled(token: Token, tag: str) -> str:
    if token.kind is Kind.NUMBER:
        return "CD"
    if token.kind is Kind.CODE:
        return "SYM"
    if token.kind is Kind.MARK:
        return _MARKS.get(token.text, "." if token.text in ".!?" else "SYM")
    return _FIXED.get(token.lower, tag)


# Closed-class words which the tagger's lexicon gives another class.
_FIXED = {
    "i": "PRP", "me": "PRP", "my": "PRP$", "n't": "RB", "not": "RB", "'ve": "VBP", "'re": "VBP", "'ll": "MD",
    "'m": "VBP", "'d": "MD", "ca": "MD", "wo": "MD", "is": "VBZ", "are": "VBP", "am": "VBP", "was": "VBD",
    "were": "VBD", "has": "VBZ", "does": "VBZ", "did": "VBD", "its": "PRP$", "when": "WRB", "if": "IN",
}  # fmt: skip


def is_common(word: str) -> bool | None:
    """Whether a word, in lower case, is more than a name; None where the tagger's lexicon knows neither."""
    lexicon = _parser().lexicon
    if word in lexicon:
        return True
    return False if word.capitalize() in lexicon else None


@cache
def _parser() -> "Parser":
    from textblob.en import parser

    return parser
