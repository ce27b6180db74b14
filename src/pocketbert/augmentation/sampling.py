"""Drawing the edits of one text from its plan."""

from collections.abc import Mapping, Sequence
from functools import cache

from pocketbert.augmentation.draw import Draws, continued, key_of, number_of
from pocketbert.augmentation.guard import keeps_length, spares
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.augmentation.operators import OPERATORS
from pocketbert.augmentation.plan import Plan
from pocketbert.text.edits import Edit, Span

_ATTEMPTS = 2  # rejected as often, the text stays as it is
_number_of = cache(number_of)


def draw_edits(
    plan: Plan,
    weights: Mapping[str, float],
    *,
    second: float,
    strength: float,
    key: int,
    kept: Sequence[Span] = (),
) -> tuple[list[str], list[Edit]]:
    """The names of one or two operators and their edits; both empty where nothing fits the text.

    `second`: the chance of a second operator.  `key`: the counted draws of this side of this view.
    `kept`: spans that no edit may touch, unless it carries them whole to another place.
    """
    for attempt in range(_ATTEMPTS if plan.slots else 0):
        attempted = key_of(key, attempt)
        draws = Draws(attempted)
        left = dict(plan.slots)
        wanted = 1 + (draws.real() < second)
        names: list[str] = []
        edits: list[Edit] = []
        while left and len(names) < wanted:
            name = draws.weighted(list(left), [weights[name] for name in left])
            own = Draws(continued(attempted, _number_of(name)))
            drawn = _draw(OPERATORS[name], left.pop(name), plan, own, strength, edits, kept)
            if drawn:
                names.append(name)
                edits += drawn
        growth = sum(len(edit.replacement) - (edit.end - edit.start) for edit in edits)
        if names and keeps_length(len(plan.text), len(plan.text) + growth):
            return names, edits
    return [], []


def _draw(
    operator: Operator,
    slots: Sequence[Slot],
    plan: Plan,
    draws: Draws,
    strength: float,
    taken: list[Edit],
    kept: Sequence[Span],
) -> list[Edit]:
    """The edits of one operator, clear of those already taken and of each other."""
    wanted = min(max(1, round(strength * operator.rate * plan.words)), operator.most)
    made: list[Edit] = []
    for slot in draws.some(slots, wanted):
        proposal = operator.propose(plan.text, slot, draws, strength)
        if not proposal or _collide(proposal, made) or _collide(proposal, taken):
            continue
        if not kept or spares(kept, proposal):
            made += proposal
    return made


def _collide(proposal: Proposal, edits: list[Edit]) -> bool:
    """Whether an edit of the proposal touches one of `edits`; neighbours without a gap count as touching."""
    for start, end, _, _ in proposal:
        for edit in edits:
            if edit.start <= end and edit.end >= start:
                return True
    return False
