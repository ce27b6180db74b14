"""A plan: where each operator can act in a text, worked out once and drawn from every epoch."""

from collections.abc import Iterable
from dataclasses import dataclass

from pocketbert.augmentation.guard import Guard, Rules
from pocketbert.augmentation.operator import NOISE, Operator, Slot
from pocketbert.text.text import Text


@dataclass(frozen=True, slots=True)
class Plan:
    """The slots of one text for every operator that found any."""

    text: str
    words: int
    slots: dict[str, tuple[Slot, ...]]
    with_noise: dict[str, tuple[Slot, ...]]

    def open(self, strength: float) -> dict[str, tuple[Slot, ...]]:
        """The slots that are open at this strength."""
        return self.with_noise if strength > NOISE else self.slots


def plan_of(string: str, operators: Iterable[Operator], rules: Rules) -> Plan:
    """Plan `string` for `operators`; text that is not English is left to those that need no language."""
    text = Text(string)
    guard = Guard(text, rules)
    slots = {}
    with_noise = {}
    for operator in operators:
        if operator.english and not text.english:
            continue
        found = tuple(operator.slots(text, guard))
        quiet = (
            found
            if not any(slot.noise for slot in found)
            else tuple(slot for slot in found if not slot.noise)
        )
        if found:
            with_noise[operator.name] = found
        if quiet:
            slots[operator.name] = quiet
    return Plan(string, text.words, slots, slots if slots == with_noise else with_noise)
