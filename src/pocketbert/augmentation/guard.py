"""The guard: hard rules on what no operator may change, so that labels stay true."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate

from pocketbert.text.contractions import restates, spelt_out
from pocketbert.text.edits import Edit, Span
from pocketbert.text.lexicon import polar_words
from pocketbert.text.text import Text
from pocketbert.text.words import MOST_CHARACTERS, Kind, Token

SHORTEST, LONGEST = 0.5, 2.0
"""A view is dropped whose length is outside these shares of the original's."""


@cache
def protected_words(category: str) -> frozenset[str]:
    """The words of a category of `protected_words.toml`, in lower case."""
    for table in _tables().values():
        if category in table:
            return frozenset(table[category].split())
    raise KeyError(category)


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("protected_words.toml").read_text("utf-8"))


def always_protected() -> dict[str, list[str]]:
    """The words that every policy protects, by category."""
    return {category: words.split() for category, words in _tables()["always"].items()}


@cache
def negation_and_numbers() -> frozenset[str]:
    """The words that no operator may put where none of them stood."""
    return protected_words("negation") | protected_words("numbers")


@cache
def telling_words() -> frozenset[str]:
    """Every word that may carry a label, in lower case: a slip must not make one out of another word."""
    from textblob.en import sentiment

    listed = frozenset(
        word for table in _tables().values() for words in table.values() for word in words.split()
    )
    sentiment.load()
    return listed | polar_words() | {word for word in sentiment if _says_good_or_bad(word)}


@dataclass(frozen=True)
class Rules:
    """What a policy protects: the categories that always are, its preset's, and the user's own."""

    words: frozenset[str]
    patterns: tuple[re.Pattern[str], ...] = ()
    polarity: bool = False

    @classmethod
    def of(cls, extra: Iterable[str] = (), own: Sequence[str] = (), patterns: Iterable[str] = ()) -> "Rules":
        """The rules for the preset's `extra` categories, the user's `own` words and regular expressions."""
        categories = [*_tables()["always"], *(name for name in extra if name != "polarity")]
        compiled = [re.compile(pattern) for pattern in patterns]
        if own:
            listed = "|".join(re.escape(word) for word in own)
            compiled.append(re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE))
        words = frozenset[str]().union(*map(protected_words, categories))
        return cls(words, tuple(compiled), "polarity" in extra)


class Guard:
    """The rules laid over one text.  `noise`: whether grammar may be broken."""

    def __init__(self, text: Text, rules: Rules, *, noise: bool = False) -> None:
        self.rules = rules
        self.noise = noise
        self._text = text
        protected = sorted(_protected(text, rules), key=_place)
        self.spans: tuple[Span, ...] = tuple(span for span, _ in protected)
        self._starts = [span.start for span in self.spans]
        self._reach = list(accumulate((span.end for span in self.spans), max))
        self._fixed = frozenset(span for span, word in protected if not word)
        self._covered = [bool(self._over(token.start, token.end)) for token in text.tokens]

    def protects(self, place: int) -> bool:
        """Whether the token at this index must stay as it is."""
        return self._covered[place]

    def counts(self, place: int) -> bool:
        """Whether the token says how much, how many or how sure, which hangs on what stands beside it."""
        return self._text.tokens[place].lower in self.rules.words

    def allows(self, proposal: Sequence[Edit]) -> bool:
        """Whether every protected span survives the edits, in its place or carried whole to another, and none is made.

        A word that says the label survives being contracted or spelt out too: "do not" is "don't".
        """
        if any(self._adds_label(edit) for edit in proposal):
            return False
        hit = [span for edit in proposal for span in self._over(edit.start, edit.end)]
        return not hit or spares([span for span in hit if not self._restated(span, proposal)], proposal)

    def _over(self, start: int, end: int) -> list[Span]:
        """The protected spans that a change of `start..end` touches."""
        found = []
        for place in range(bisect_left(self._starts, end) - 1, -1, -1):
            if self._reach[place] <= start:
                break
            if self.spans[place].end > start:
                found.append(self.spans[place])
        return found

    def _adds_label(self, edit: Edit) -> bool:
        """Whether the replacement denies or counts, and what it replaces does not: "at first" for "initially"."""
        if not edit.replacement or edit.moved_from is not None:
            return False
        new = negation_and_numbers().intersection(spelt_out(edit.replacement).split())
        return bool(new) and not new <= set(spelt_out(self._text.string[edit.start : edit.end]).split())

    def _restated(self, span: Span, proposal: Sequence[Edit]) -> bool:
        return span not in self._fixed and any(
            start <= span.start and span.end <= end and restates(self._text.string[start:end], replacement)
            for start, end, replacement in ((edit.start, edit.end, edit.replacement) for edit in proposal)
        )


def spares(spans: Iterable[Span], proposal: Sequence[Edit]) -> bool:
    """Whether every one of `spans` survives the edits, in its place or carried whole to another."""
    hit = [span for span in spans for edit in proposal if span.overlaps(edit.start, edit.end)]
    if not hit:
        return True
    carried = [
        Span(edit.moved_from, edit.moved_from + len(edit.replacement))
        for edit in proposal
        if edit.moved_from is not None
    ]
    return all(any(move.start <= span.start and span.end <= move.end for move in carried) for span in hit)


def _place(protected: tuple[Span, bool]) -> tuple[int, int]:
    return protected[0].start, protected[0].end


def keeps_length(old: int, new: int) -> bool:
    """Whether a view of `new` characters is not too short or too long for a text of `old`."""
    return SHORTEST * old <= new <= LONGEST * old


def _protected(text: Text, rules: Rules) -> Iterator[tuple[Span, bool]]:
    """The spans that stay, and whether each is a word that may be contracted or spelt out."""
    for first, beyond in text.sentences:
        entity: Span | None = None
        shouted = _shouted(text.tokens[first:beyond])
        for place in range(first, beyond):
            token = text.tokens[place]
            if not shouted and _names(text, place, first):
                # Neighbouring words of a name are one span: nothing may come between them.
                entity = Span(entity.start if entity else token.start, token.end)
                continue
            if entity:
                yield entity, False
                entity = None
            fixed = token.kind in (Kind.CODE, Kind.NUMBER)
            if fixed or _bears_negation(text, place) or _carries_label(token, rules):
                yield Span(token.start, token.end), not fixed
        if entity:
            yield entity, False
    for pattern in rules.patterns:
        for match in pattern.finditer(text.string, 0, MOST_CHARACTERS):
            if match.end() > match.start():
                yield Span(match.start(), match.end()), False


def _bears_negation(text: Text, place: int) -> bool:
    """Whether "n't" is written against the token: a slip in "does" would spoil "doesn't"."""
    beyond = place + 1
    return beyond < len(text.tokens) and text.tokens[beyond].lower == "n't" and not text.space_before(beyond)


def _carries_label(token: Token, rules: Rules) -> bool:
    if token.lower in rules.words:
        return True
    if "-" in token.lower and any(part in rules.words for part in token.lower.split("-")):
        return True
    return rules.polarity and token.kind is Kind.WORD and is_polar(token.lower)


def _names(text: Text, place: int, first: int) -> bool:
    """Whether the token belongs to a named entity: a capital inside a sentence, or an acronym."""
    token = text.tokens[place]
    if token.kind is not Kind.WORD or not token.text[0].isupper() or token.lower == "i":
        return False
    if place > first and text.tokens[place - 1].text not in _OPENING:
        return True
    return text.tags[place] == "NNP" or (token.text.isupper() and len(token.text) > 1)


_OPENING = frozenset("\"'“‘«([:-–—") | {"--", "``"}


def _shouted(sentence: Sequence[Token]) -> bool:
    """A sentence all in capitals says nothing about names."""
    words = [token.text for token in sentence if token.kind is Kind.WORD and len(token.text) > 1]
    return len(words) > 2 and all(word.isupper() for word in words)


@cache
def is_polar(word: str) -> bool:
    """Whether a word says good or bad, by the lexicon and by textblob's sentiment lexicon."""
    from pocketbert.text.inflection import lemmas_of

    forms = (word, *lemmas_of(word))
    return not polar_words().isdisjoint(forms) or any(map(_says_good_or_bad, forms))


def _says_good_or_bad(form: str) -> bool:
    from textblob.en import sentiment

    entry = sentiment.get(form)
    return bool(entry) and any(abs(values[0]) >= 0.1 for values in entry.values())
