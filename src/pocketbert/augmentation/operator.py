"""What an operator is: data about it, where it can act, and what it proposes there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pocketbert.augmentation.draw import Draws
from pocketbert.augmentation.guard import Guard
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text

Proposal = tuple[Edit, ...]
"""Edits that belong together: all are made, or none."""


NOISE = 0.9
"""Full strength above which operators may also do what breaks grammar."""


class Slot(NamedTuple):
    """A place where an operator can act: the characters it reads there, and what it may propose."""

    start: int
    end: int
    proposals: tuple[Proposal, ...] = ()


def choose(text: str, slot: Slot, draws: Draws, strength: float) -> Proposal:
    """Propose one of the slot's proposals, all alike likely."""
    return draws.choose(slot.proposals)


@dataclass(frozen=True)
class Operator:
    """One way to vary a text.  It proposes edits and never returns strings."""

    name: str
    title: str
    description: str
    preserves: str
    source: str
    rate: float  # edits for each word at full strength; at least one edit is drawn
    slots: Callable[[Text, Guard], Iterable[Slot]]  # worked out once a text
    propose: Callable[[str, Slot, Draws, float], Proposal] = choose  # drawn once a view; () proposes nothing
    held_out: bool = False  # drawn by robustness suites only
    english: bool = False  # leaves text in other languages alone
    respells: bool = False  # changes how words are written, never which ones: praise misspelt is praise
    most: int = 1_000  # edits in one view
    resources: str = ""  # what it needs beyond this package, in words
