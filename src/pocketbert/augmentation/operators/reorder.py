"""Word order: prepositional phrases and clauses to the front or the back, and coordinated words exchanged."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.augmentation.operators.clause_order import clause_moves
from pocketbert.augmentation.operators.coordination import coordination_swaps
from pocketbert.augmentation.operators.phrase_order import phrase_moves
from pocketbert.text.text import Text


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for first, beyond in text.sentences:
        moves: list[Proposal] = [
            *phrase_moves(text, guard, first, beyond),
            *clause_moves(text, guard, first, beyond),
            *coordination_swaps(text, guard, first, beyond),
        ]
        for move in moves:
            if guard.allows(move):
                yield Slot(min(edit.start for edit in move), max(edit.end for edit in move), (move,))


REORDER = Operator(
    name="reorder",
    title="Word order",
    description="A phrase or clause moved to the front or the back, or two joined words exchanged.",
    preserves="words, meaning, grammar",
    source="order of adjuncts, subordinate clauses and conjoins (Quirk et al. 1985, A Comprehensive Grammar)",
    rate=0.05,
    slots=_slots,
    english=True,
    most=3,
)
