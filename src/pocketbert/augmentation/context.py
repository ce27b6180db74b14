"""The context guard: words that do not fit the sentence they would stand in are taken out of plans.

A model reads each word that an operator would put into a text, in its sentence and beside what stood there.  What
counts as fitting is relative to that model: of the words that operators propose for the demo's messages, it rejects
the `REJECTED` shares that fit worst, and in any other text whatever fits no better.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from importlib.resources import files
from time import perf_counter
from typing import NamedTuple, Protocol

from pocketbert.augmentation.guard import Rules
from pocketbert.augmentation.operator import Proposal, Slot
from pocketbert.augmentation.operators import OPERATORS
from pocketbert.augmentation.plan import Plan, plan_of
from pocketbert.text.edits import Edit, apply

_OWN = ("synonym", "related", "stopword")
GUARDED = (*_OWN, "masked-lm")
"""Operators that put words into sentences; `_OWN`: those that need no model for it."""

REJECTED = {"replaced": 0.2, "inserted": 0.05}
"""Shares of the words proposed for the demo's messages that fit too badly, by what becomes of the old words."""

CONTEXT = 200
"""Characters on either side that count as a word's context."""

_MESSAGES = 300


class Replacement(NamedTuple):
    """Words in the place of others, with the text around them; `old` is empty where words are put in."""

    before: str
    old: str
    new: str
    after: str

    @property
    def kind(self) -> str:
        return "replaced" if self.old else "inserted"


class ContextScorer(Protocol):
    """Says how well words fit the place they would take; a higher score is a better fit.

    Scores of one kind compare with each other, and hang on nothing but the replacement.
    """

    @property
    def fingerprint(self) -> str:
        """Changes when its scores would."""

    def __call__(self, replacements: Sequence[Replacement]) -> Sequence[float]: ...


class Work(NamedTuple):
    """What a guard has looked at so far: texts, words in them, words it rejected, seconds."""

    texts: int = 0
    words: int = 0
    rejected: int = 0
    seconds: float = 0.0

    def after(self, texts: int, words: int, rejected: int, seconds: float) -> "Work":
        return Work(self.texts + texts, self.words + words, self.rejected + rejected, self.seconds + seconds)


class ContextGuard:
    """A refiner that takes out of plans what does not fit its sentence by `scorer`."""

    def __init__(self, scorer: ContextScorer, rejected: Mapping[str, float] = REJECTED) -> None:
        self._scorer = scorer
        self._rejected = dict(rejected)
        self.work = Work()

    @property
    def fingerprint(self) -> str:
        told = f"{self._scorer.fingerprint} {sorted(self._rejected.items())} {CONTEXT}"
        return blake2b(told.encode(), digest_size=8).hexdigest()

    @cached_property
    def least(self) -> dict[str, float]:
        """The score below which words are rejected, by kind."""
        found: dict[str, list[Replacement]] = {kind: [] for kind in self._rejected}
        operators = [OPERATORS[name] for name in _OWN]
        for message in _messages():
            for replacement in _replacements(plan_of(message, operators, Rules.of())):
                found[replacement.kind].append(replacement)
        least = {}
        for kind, replacements in found.items():
            scores = sorted(self._scorer(replacements))
            least[kind] = scores[int(self._rejected[kind] * len(scores))] if scores else float("-inf")
        return least

    def __call__(self, plans: Sequence[Plan]) -> list[Plan]:
        least, started = self.least, perf_counter()
        asked = list(dict.fromkeys(found for plan in plans for found in _replacements(plan)))
        scores = dict(zip(asked, self._scorer(asked), strict=True)) if asked else {}
        unfit = {found for found, score in scores.items() if score < least[found.kind]}
        self.work = self.work.after(len(plans), len(asked), len(unfit), perf_counter() - started)
        return [_without(plan, unfit) for plan in plans] if unfit else list(plans)


def _replacements(plan: Plan) -> Iterator[Replacement]:
    for name in GUARDED:
        for slot in plan.slots.get(name, ()):
            for proposal in slot.proposals:
                found = replacement_of(plan.text, proposal)
                if found is not None:
                    yield found


def replacement_of(text: str, proposal: Proposal) -> Replacement | None:
    """The words that a proposal puts in and the place it puts them; None where it only takes out or moves words."""
    if any(edit.moved_from is not None for edit in proposal):
        return None
    start, end = min(edit.start for edit in proposal), max(edit.end for edit in proposal)
    old = text[start:end]
    new = apply(old, [Edit(edit.start - start, edit.end - start, edit.replacement) for edit in proposal]).text
    if not new.strip():
        return None
    return Replacement(text[max(0, start - CONTEXT) : start], old.strip(), new.strip(), text[end:][:CONTEXT])


def _without(plan: Plan, unfit: set[Replacement]) -> Plan:
    """The plan without the proposals that do not fit, and without slots and operators that are left with none."""
    slots: dict[str, Sequence[Slot]] = {}
    for name, of in plan.slots.items():
        kept = [_fitting(plan.text, slot, unfit) for slot in of] if name in GUARDED else of
        left = tuple(slot for slot in kept if slot is not None)
        if left:
            slots[name] = left
    return Plan(plan.text, plan.words, slots)


def _fitting(text: str, slot: Slot, unfit: set[Replacement]) -> Slot | None:
    kept = tuple(proposal for proposal in slot.proposals if replacement_of(text, proposal) not in unfit)
    return slot._replace(proposals=kept) if kept else None


def _messages() -> list[str]:
    content = files("pocketbert").joinpath("assets/demo/train.csv").read_text("utf-8")
    return [row["text"] for row in csv.DictReader(content.splitlines())][:_MESSAGES]
