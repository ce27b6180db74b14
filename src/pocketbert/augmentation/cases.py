"""Cases: what each operator does to a sentence, and sentences it leaves alone, in `operators/cases/NAME.json`."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from pocketbert.augmentation.draw import key_of
from pocketbert.augmentation.guard import Rules
from pocketbert.augmentation.operator import NOISE
from pocketbert.augmentation.operators import OPERATORS
from pocketbert.augmentation.plan import Plan, plan_of
from pocketbert.augmentation.sampling import draw_edits
from pocketbert.text.edits import apply


class Case(BaseModel):
    """A text, and one that the operator alone can make of it at this strength."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: str
    after: str
    strength: float = 0.6


class Cases(BaseModel):
    """The cases of one operator, and texts in which it finds no place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cases: tuple[Case, ...]
    untouched: tuple[str, ...]


@cache
def cases_of(operator: str) -> Cases | None:
    """The operator's cases; None where nobody wrote any."""
    file = files(__package__).joinpath(f"operators/cases/{operator}.json")
    return Cases(**json.loads(file.read_text("utf-8"))) if file.is_file() else None


def planned_alone(operator: str, text: str, strength: float) -> Plan:
    """The plan of `text` for this operator and no other, with what is always protected."""
    return plan_of(text, (OPERATORS[operator],), Rules.of(), noise=strength > NOISE)


def views_alone(operator: str, text: str, strength: float, draws: int) -> Iterator[str]:
    """What this operator alone makes of `text`: each single proposal, then `draws` views at this strength."""
    plan = planned_alone(operator, text, strength)
    for slot in plan.slots.get(operator, ()):
        yield from (apply(text, proposal).text for proposal in slot.proposals)
    for row in range(draws):
        _, edits = draw_edits(plan, {operator: 1.0}, second=0.0, strength=strength, key=key_of(row))
        yield apply(text, edits).text
