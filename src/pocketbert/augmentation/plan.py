"""A plan: where each operator can act in a text, worked out once and drawn from every epoch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pocketbert.augmentation.guard import Guard, Rules
from pocketbert.augmentation.operator import Operator, Slot
from pocketbert.text.text import Text


@dataclass(frozen=True, slots=True)
class Plan:
    """The slots of one text for every operator that found any."""

    text: str
    words: int
    slots: Mapping[str, Sequence[Slot]]


def plan_of(string: str, operators: Iterable[Operator], rules: Rules, *, noise: bool = False) -> Plan:
    """Plan `string` for `operators`; text that is not English is left to those that need no language.

    Words of praise and blame, where the rules protect them, may still be misspelt.

    `noise`: let operators break grammar, for a strength above `NOISE`.
    """
    text = Text(string)
    guard = Guard(text, rules, noise=noise)
    spelling = Guard(text, replace(rules, polarity=False), noise=noise) if rules.polarity else guard
    slots = {}
    for operator in operators:
        if operator.english and not text.english:
            continue
        found = tuple(operator.slots(text, spelling if operator.respells else guard))
        if found:
            slots[operator.name] = found
    return Plan(string, text.words, slots)
