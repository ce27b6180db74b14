"""Masked-LM replacement: a model proposes words for the places of a text, and the guards dispose of them.

What a masked model finds likely is seldom what was meant: "an agreement" stands well where "a coalition" stood.  So a
proposal must be kin of the word it replaces, at most two steps away in the lexicon; it is no word that may carry a
label, has the form and part of speech of the old one, and fits the sentence better than most words of the lexicon do.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Protocol

from pocketbert.augmentation.context import CONTEXT, ContextGuard, Replacement
from pocketbert.augmentation.guard import Guard, Rules, telling_words
from pocketbert.augmentation.operator import Slot
from pocketbert.augmentation.operators.masked_lm import MASKED_LM
from pocketbert.augmentation.operators.replacing import proposal_of
from pocketbert.augmentation.plan import Plan
from pocketbert.text.inflection import INFLECTED, inflections_of, lemmas_of
from pocketbert.text.lexicon import replacements_of
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

FIT = 0.8
"""Share of the words proposed for the demo's messages by the lexicon that a word must fit its place better than."""

PLACES = 12
"""Words of one text that are asked about in one pool, evenly spread."""

WORDS = 5
"""Proposals kept for one place, the likeliest."""

_CONTENT = ("NN", "NNS", "VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "JJ", "RB")
_LIGHT = word_set("be become bring come do find get give go have hold keep make put see set take think turn")
# verbs that mean what stands beside them: an audience is found, and not seen
_SHORTEST = 3  # characters
_NEAR = 8  # tokens within which a word is not repeated


class WordProposer(Protocol):
    """Says which words are likely in a place.  What it says hangs on nothing but that place."""

    @property
    def fingerprint(self) -> str:
        """Changes when its answers would."""

    def __call__(self, places: Sequence[Replacement]) -> Sequence[Sequence[str]]:
        """Words in lower case that may stand in the place of `old`, the likeliest first; `new` is empty."""


class MaskedWords:
    """A refiner that adds the slots of `masked-lm` to plans.

    `fitting`: what its proposals must pass.  `pool`: which of the places of a long text are asked about; a short one
    has the same ones in every pool.
    """

    def __init__(self, proposer: WordProposer, fitting: ContextGuard, rules: Rules, *, pool: int = 0) -> None:
        self._proposer, self._fitting, self._rules, self._pool = proposer, fitting, rules, pool

    def pool(self, number: int) -> "MaskedWords":
        """The same for another pool."""
        return MaskedWords(self._proposer, self._fitting, self._rules, pool=number)

    @property
    def fingerprint(self) -> str:
        told = (self._proposer.fingerprint, self._fitting.fingerprint, PLACES, WORDS, self._pool)
        return blake2b(repr(told).encode(), digest_size=8).hexdigest()

    def __call__(self, plans: Sequence[Plan]) -> list[Plan]:
        texts = [Text(plan.text) for plan in plans]
        asked = [
            list(_places(text, Guard(text, self._rules), self._pool)) if text.english else []
            for text in texts
        ]
        distinct = list(dict.fromkeys(place for of in asked for _, place in of))
        likely = dict(zip(distinct, self._proposer(distinct), strict=True)) if distinct else {}
        added = [
            Plan(plan.text, plan.words, {MASKED_LM.name: tuple(self._slots(text, of, likely))})
            for plan, text, of in zip(plans, texts, asked, strict=True)
        ]
        return [
            Plan(
                plan.text,
                plan.words,
                {**plan.slots, **{name: of for name, of in fitting.slots.items() if of}},
            )
            for plan, fitting in zip(plans, self._fitting(added), strict=True)
        ]

    def _slots(
        self,
        text: Text,
        asked: Iterable[tuple[int, Replacement]],
        likely: dict[Replacement, Sequence[str]],
    ) -> Iterator[Slot]:
        guard = Guard(text, self._rules)
        for place, replacement in asked:
            token = text.tokens[place]
            proposals = []
            for word in likely[replacement]:
                proposal = (
                    proposal_of(text, guard, place, place + 1, word) if _suits(text, place, word) else None
                )
                if proposal:
                    proposals.append(proposal)
            if proposals:
                start = min(edit.start for proposal in proposals for edit in proposal)
                yield Slot(start, token.end, tuple(proposals[:WORDS]))


def _places(text: Text, guard: Guard, pool: int) -> Iterator[tuple[int, Replacement]]:
    """The places of words that may be replaced, as many as one pool asks about, each with what stands around it."""
    places = [
        place
        for place, token in enumerate(text.tokens)
        if token.kind is Kind.WORD
        and text.tags[place] in _CONTENT
        and len(token.text) >= _SHORTEST
        and token.text.isalpha()
        and place not in text.multiwords
        and text.bases[place] not in _LIGHT
        and kin_of(text.bases[place])
        and not guard.protects(place)
        and token.lower not in telling_words()
    ]
    pools = -(-len(places) // PLACES) or 1
    for place in places[pool % pools :: pools]:
        start, end = text.tokens[place].start, text.tokens[place].end
        before, after = text.string[max(0, start - CONTEXT) : start], text.string[end:][:CONTEXT]
        yield place, Replacement(before, text.string[start:end], "", after)


@lru_cache(maxsize=50_000)
def kin_of(base: str) -> frozenset[str]:
    """Base forms that the lexicon reaches from one in two steps, by synonyms or neighbouring words."""
    first = {word for words in (replacements_of(base) or {}).values() for word in words}
    second = {word for near in first for words in (replacements_of(near) or {}).values() for word in words}
    return frozenset(first | second) - {base} - _LIGHT


def _suits(text: Text, place: int, word: str) -> bool:
    """Whether a word has the part of speech and the form that the place wants, and says nothing that labels hang on."""
    if len(word) < _SHORTEST or not word.isalpha() or word in telling_words():
        return False
    near = text.tokens[max(0, place - _NEAR) : place + _NEAR]
    if not kin_of(text.bases[place]) & {word, *lemmas_of(word)}:
        return False
    own = {text.tokens[place].lower, *lemmas_of(text.tokens[place].lower)}
    if any(token.lower == word for token in near) or own & {word, *lemmas_of(word)}:
        return False
    tag = text.tags[place]
    if tag in INFLECTED and not any(word in inflections_of(lemma, tag) for lemma in lemmas_of(word)):
        return False
    first, beyond = next(of for of in text.sentences if of[0] <= place < of[1])
    start, end = text.tokens[first].start, text.tokens[beyond - 1].end
    old = text.tokens[place]
    before, after = text.string[start : old.start], text.string[old.end : end]
    return Text(before + word + after).tags == Text(before + old.text + after).tags
