"""Acceptance: how much of what each operator makes passes the guards, counted on a sample of the texts."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from pocketbert.augmentation.agreement import Agreement
from pocketbert.augmentation.engine import Engine
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.plan import Plan
from pocketbert.augmentation.planning import Planner, refined
from pocketbert.augmentation.refining import Refiner

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
    """Of each operator, the proposals that any refiner saw and those that the last one left."""
    plans = [planner(text) for text in dict.fromkeys(texts)]
    made = _proposals(plans)
    for refine in refiners:
        plans = refined(plans, (refine,))
        for name, proposals in _proposals(plans).items():
            made.setdefault(name, set()).update(proposals)
    passed = _proposals(plans)
    return {
        name: Accepted(len(proposals), len(passed.get(name, ())))
        for name, proposals in sorted(made.items())
        if proposals
    }


def accepted_views(
    engine: Engine, examples: Sequence[tuple[str, ...]], agrees: Agreement
) -> dict[str, Accepted]:
    """Of each operator, the views it has a part in at full strength and those that the agreement guard lets pass."""
    views = [engine.view(texts, epoch=0, row=row) for row, texts in enumerate(examples)]
    drawn = [(texts, view) for texts, view in zip(examples, views, strict=True) if not view.clean]
    verdicts = agrees([texts for texts, _ in drawn], [view.texts for _, view in drawn]) if drawn else []
    counted: dict[str, Accepted] = {}
    for (_, view), agreed in zip(drawn, verdicts, strict=True):
        for name in view.operators:
            made, passed = counted.get(name, (0, 0))
            counted[name] = Accepted(made + 1, passed + bool(agreed))
    return dict(sorted(counted.items()))


def _proposals(plans: Iterable[Plan]) -> dict[str, set[tuple[str, Proposal]]]:
    """The proposals of each operator that has listed any, with their texts."""
    found: dict[str, set[tuple[str, Proposal]]] = {}
    for plan in plans:
        for name, slots in plan.slots.items():
            found.setdefault(name, set()).update(
                (plan.text, proposal) for slot in slots for proposal in slot.proposals
            )
    return found
