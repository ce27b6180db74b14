"""Back-translation: sentences go into another language and come back as a pair of translators says them.

What comes back is taken apart into edits of the words that differ, so that offsets survive and the hard rules see each
of them: a sentence that lost its negation, a number or a name is no proposal.
"""

import json
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from pocketbert.augmentation.guard import Guard, Rules, keeps_length
from pocketbert.augmentation.operator import Proposal, Slot
from pocketbert.augmentation.operators.back_translation import BACK_TRANSLATION
from pocketbert.augmentation.plan import Plan
from pocketbert.augmentation.plan_store import PlanStore, key_of_text
from pocketbert.text.edits import Edit, Span
from pocketbert.text.text import Text

SENTENCES = 8
"""Sentences of one text that are translated, the first ones."""

WORDS = range(4, 81)
"""Words of a sentence that is worth translating, and that translators read whole."""

_PARTS = re.compile(r"\s+|\w+|[^\w\s]")


class RoundTrip(Protocol):
    """Says sentences anew.  What it says of a sentence hangs on that sentence alone."""

    @property
    def fingerprint(self) -> str:
        """Changes when its answers would."""

    def __call__(self, sentences: Sequence[str]) -> Sequence[Sequence[str]]:
        """Of each sentence, what comes back, the likeliest first."""


class RoundTrips:
    """A refiner that adds the slots of `back-translation` to plans."""

    def __init__(self, translate: RoundTrip, rules: Rules) -> None:
        self._translate, self._rules = translate, rules

    @property
    def fingerprint(self) -> str:
        told = (self._translate.fingerprint, SENTENCES, WORDS)
        return blake2b(repr(told).encode(), digest_size=8).hexdigest()

    def __call__(self, plans: Sequence[Plan]) -> list[Plan]:
        texts = [Text(plan.text) for plan in plans]
        spans = [list(_sentences(text)) if text.english else [] for text in texts]
        asked = dict.fromkeys(
            text.string[span.start : span.end] for text, of in zip(texts, spans, strict=True) for span in of
        )
        said = dict(zip(asked, self._translate(list(asked)), strict=True)) if asked else {}
        refined = []
        for plan, text, of in zip(plans, texts, spans, strict=True):
            slots = tuple(self._slots(text, of, said))
            added = {BACK_TRANSLATION.name: slots} if slots else {}
            refined.append(Plan(plan.text, plan.words, {**plan.slots, **added}))
        return refined

    def _slots(self, text: Text, spans: Sequence[Span], said: dict[str, Sequence[str]]) -> Iterator[Slot]:
        guard = Guard(text, self._rules) if spans else None
        for span in spans:
            sentence = text.string[span.start : span.end]
            proposals = [
                edits
                for other in dict.fromkeys(said[sentence])
                if (edits := differing(sentence, other.strip(), span.start))
                and keeps_length(len(sentence), len(other))
                and guard is not None
                and guard.allows(edits)
            ]
            if proposals:
                yield Slot(span.start, span.end, tuple(proposals))


def differing(sentence: str, other: str, start: int) -> Proposal:
    """The edits that make `other` of a sentence that begins at `start`; () where both say the same words."""
    if sentence.casefold().split() == other.casefold().split():
        return ()
    old, new = _PARTS.findall(sentence), _PARTS.findall(other)
    places = [0]
    for part in old:
        places.append(places[-1] + len(part))
    edits = []
    for kind, first, beyond, from_, to in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind != "equal":
            edits.append(Edit(start + places[first], start + places[beyond], "".join(new[from_:to])))
    return tuple(edits)


def _sentences(text: Text) -> Iterator[Span]:
    for first, beyond in text.sentences[:SENTENCES]:
        if beyond - first in WORDS:
            yield Span(text.tokens[first].start, text.tokens[beyond - 1].end)


class CachedRoundTrip:
    """A round trip kept in `folder`, or in memory without one: an interrupted run goes on with what is there."""

    def __init__(self, translate: RoundTrip, folder: Path | None = None) -> None:
        self._translate = translate
        self._store = PlanStore(folder / translate.fingerprint if folder else None)

    @property
    def fingerprint(self) -> str:
        return self._translate.fingerprint

    def __call__(self, sentences: Sequence[str]) -> list[list[str]]:
        missing = self._store.missing(sentences)
        if missing:
            said = self._translate(list(missing.values()))
            self._store.add(
                list(map(key_of_text, missing.values())), [json.dumps(list(of)).encode() for of in said]
            )
        return [json.loads(self._store.get(sentence) or b"[]") for sentence in sentences]
