"""Acceptance: how much of what each operator makes passes the guards, counted on a sample of the texts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from pocketbert.augmentation.agreement import Agreement
from pocketbert.augmentation.engine import Engine
from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators import OPERATORS
from pocketbert.augmentation.plan import Plan
from pocketbert.augmentation.planning import Planner, refined
from pocketbert.augmentation.refining import Refiner
from pocketbert.text.edits import Edit, Span
from pocketbert.text.text import Text

SAMPLE = 500
"""Texts that acceptance is counted on."""


class Accepted(NamedTuple):
    """What an operator made, and what of it passed."""

    made: int
    passed: int

    @property
    def share(self) -> float:
        return self.passed / self.made if self.made else 1.0


def sample_of(texts: Collection[str], count: int = SAMPLE) -> list[str]:
    """So many of the texts, evenly spread."""
    return list(islice(texts, 0, None, max(1, len(texts) // count)))[:count]


def accepted_proposals(
    planner: Planner, refiners: Sequence[Refiner], texts: Iterable[str]
) -> dict[str, Accepted]:
    """Of each operator, the proposals that came before the hard rules or a refiner, and those that were left.

    Slips and other edits that are drawn afresh every time are no proposals of a plan: they are not counted.
    """
    plans, refused = [], dict.fromkeys(planner.operators, 0)
    for string in dict.fromkeys(texts):
        text = Text(string)
        slots = {}
        for name in planner.operators:
            operator = OPERATORS[name]
            if operator.english and not text.english:
                continue
            guard = _CountingGuard(text, planner.rules, noise=planner.noise)
            slots[name] = tuple(operator.slots(text, guard))
            refused[name] += guard.refused
        plans.append(Plan(string, text.words, {name: of for name, of in slots.items() if of}))
    made = _proposals(plans)
    for refine in refiners:
        plans = refined(plans, (refine,))
        for name, proposals in _proposals(plans).items():
            made.setdefault(name, set()).update(proposals)
    passed = _proposals(plans)
    counted = {
        name: Accepted(len(made.get(name, ())) + refused[name], len(passed.get(name, ()))) for name in refused
    }
    return {name: accepted for name, accepted in counted.items() if accepted.made}


def accepted_views(
    engine: Engine,
    examples: Sequence[tuple[str, ...]],
    agrees: Agreement,
    kept: Mapping[int, Sequence[tuple[int, Span]]] | None = None,
) -> dict[str, Accepted]:
    """Of each operator, the views it has a part in at full strength and those that the agreement guard lets pass.

    `kept`: what views of an example keep, by its place, as in `Engine.view`.
    """
    views = [
        engine.view(texts, epoch=0, row=row, kept=(kept or {}).get(row, ()))
        for row, texts in enumerate(examples)
    ]
    drawn = [(texts, view) for texts, view in zip(examples, views, strict=True) if not view.clean]
    verdicts = agrees([texts for texts, _ in drawn], [view.texts for _, view in drawn]) if drawn else []
    counted: dict[str, Accepted] = {}
    for (_, view), agreed in zip(drawn, verdicts, strict=True):
        for name in view.operators:
            made, passed = counted.get(name, (0, 0))
            counted[name] = Accepted(made + 1, passed + bool(agreed))
    return dict(sorted(counted.items()))


class _CountingGuard(Guard):
    """The hard rules, which count what they refuse."""

    refused = 0

    def allows(self, proposal: Sequence[Edit]) -> bool:
        allowed = super().allows(proposal)
        self.refused += not allowed
        return allowed


def _proposals(plans: Iterable[Plan]) -> dict[str, set[tuple[str, Proposal]]]:
    """The proposals of each operator that has listed any, with their texts."""
    found: dict[str, set[tuple[str, Proposal]]] = {}
    for plan in plans:
        for name, slots in plan.slots.items():
            listed = {(plan.text, proposal) for slot in slots for proposal in slot.proposals}
            if listed:
                found.setdefault(name, set()).update(listed)
    return found
