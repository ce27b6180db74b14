"""The two words or phrases that stand beside "and", "or" or the comma of a list."""

from collections.abc import Iterator
from typing import NamedTuple

from pocketbert.text.clauses import NOUNS
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_MODIFIERS = frozenset({"JJ", "NN", "NNS"})
_OPENINGS = ("DT", "PRP$")
DEGREES = word_set("so too how as very more most quite rather pretty both equally at")
"""What is said of both of two adjectives."""
_LONGEST_ASIDE = 8


class Side(NamedTuple):
    """One of two joined phrases: its tokens `first..end`."""

    first: int
    end: int
    tag: str
    """Of its last word, or JJ for what describes."""
    opening: str = ""
    """The tag of its determiner, its count or its adverb."""
    modifier: str = ""
    """The tag of what first describes its last word."""
    aside: int = 0
    """How many of its tokens stand in brackets at its end."""

    @property
    def head(self) -> int:
        return self.end - self.aside - 1

    @property
    def uncounted(self) -> Iterator[int]:
        """Its tokens but for the count that opens it and what stands in brackets."""
        yield from range(self.first + (self.opening == "CD"), self.end - self.aside)


def phrase_before(text: Text, joint: int, first: int) -> Side | None:
    """The phrase that ends before the joint, in the sentence that begins at `first`."""
    aside = _aside_before(text, joint, first)
    head = joint - 1 - aside
    if head < first:
        return None
    if not aside and (describing := _description_before(text, head, first)):
        return describing
    tags = text.tags
    if tags[head] not in NOUNS:
        return None
    begin = head
    while begin > first and tags[head] != "NNP" and tags[begin - 1] in _MODIFIERS:
        begin -= 1
    modifier = tags[begin] if begin < head else ""
    opens = begin > first and (tags[begin - 1] in _OPENINGS or is_count(text, begin - 1))
    opening = tags[begin - 1] if opens else ""
    return Side(begin - opens, joint, noun_tag(tags[head]), opening, modifier, aside)


def _description_before(text: Text, head: int, first: int) -> Side | None:
    """An adjective with its adverb, a participle behind a comma or verb, or an adverb."""
    tags = text.tags
    if tags[head] in ("JJ", "JJR"):
        adverb = head > first and tags[head - 1] == "RB" and text.tokens[head - 1].lower not in DEGREES
        return Side(head - adverb, head + 1, "JJ", "RB" if adverb else "")
    if tags[head] == "RB" and text.tokens[head].lower.endswith("ly"):
        return Side(head, head + 1, "RB")
    return None


def phrase_after(text: Text, joint: int, beyond: int, left: Side) -> Side | None:
    """The phrase that begins behind the joint and is of the left one's sort."""
    tags, begin = text.tags, joint + 1
    if left.tag in ("JJ", "RB"):
        return _description_after(text, begin, beyond, left.tag)
    opening = tags[begin] if tags[begin] in _OPENINGS or is_count(text, begin) else ""
    head = begin + bool(opening)
    if head >= beyond:
        return None
    start = head
    while head + 1 < beyond and _describes(text, head, left) and tags[head + 1] in NOUNS | {"JJ"}:
        head += 1
    if tags[head] not in NOUNS:
        return None
    aside = _aside_after(text, head + 1, beyond)
    modifier = tags[start] if head > start else ""
    return Side(begin, head + 1 + aside, noun_tag(tags[head]), opening, modifier, aside)


def _describes(text: Text, place: int, left: Side) -> bool:
    """Whether the word may describe a noun behind it; a participle does behind "in" or "of", where no verb stands."""
    if text.tags[place] == "VBN":
        return left.first > 0 and text.tags[left.first - 1] in ("IN", ",")
    return text.tags[place] in _MODIFIERS


def _description_after(text: Text, begin: int, beyond: int, tag: str) -> Side | None:
    """An adjective that may have an adverb, a participle with nothing behind it, or an adverb."""
    tags = text.tags
    if tag == "RB":
        adverb = tags[begin] == "RB" and text.tokens[begin].lower.endswith("ly")
        return Side(begin, begin + 1, "RB") if adverb else None
    head = begin + (tags[begin] == "RB")
    if head >= beyond:
        return None
    after = text.tokens[head + 1] if head + 1 < beyond else None
    participle = tags[head] in ("VBN", "VBG") and (after is None or after.text in (".", ",", ";", ")", "!"))
    if tags[head] not in ("JJ", "JJR") and not participle:
        return None
    return Side(begin, head + 1, "JJ", "RB" if head > begin else "")


def _aside_before(text: Text, joint: int, first: int) -> int:
    """How many tokens in brackets end before the joint."""
    if text.tokens[joint - 1].text != ")":
        return 0
    for place in range(joint - 2, max(first, joint - _LONGEST_ASIDE) - 1, -1):
        if text.tokens[place].text == ")":
            return 0
        if text.tokens[place].text == "(":
            return joint - place
    return 0


def _aside_after(text: Text, begin: int, beyond: int) -> int:
    """How many tokens in brackets follow."""
    if begin >= beyond or text.tokens[begin].text != "(":
        return 0
    for place in range(begin + 1, min(beyond, begin + _LONGEST_ASIDE)):
        if text.tokens[place].text == ")":
            return place + 1 - begin
    return 0


def is_count(text: Text, place: int) -> bool:
    """Whether a number in digits stands here."""
    return text.tags[place] == "CD" and text.tokens[place].text.isdigit()


def noun_tag(tag: str) -> str:
    """The tag of a noun, names in the plural as names."""
    return "NNP" if tag == "NNPS" else tag


def is_word(text: Text, place: int) -> bool:
    return text.tokens[place].kind is Kind.WORD
