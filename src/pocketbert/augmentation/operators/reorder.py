"""Word order: phrases, clauses and adverbs moved, joined words exchanged, owners and names on the other side."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.augmentation.operators.abbreviation_order import abbreviation_swaps
from pocketbert.augmentation.operators.adverb_order import adverb_moves
from pocketbert.augmentation.operators.clause_order import clause_moves
from pocketbert.augmentation.operators.clause_pairs import clause_swaps
from pocketbert.augmentation.operators.compound_order import compound_swaps
from pocketbert.augmentation.operators.coordination import coordination_swaps
from pocketbert.augmentation.operators.genitive import genitive_swaps
from pocketbert.augmentation.operators.phrase_order import phrase_moves
from pocketbert.augmentation.operators.phrase_pairs import phrase_swaps
from pocketbert.augmentation.operators.purpose_order import purpose_moves
from pocketbert.text.text import Text


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for first, beyond in text.sentences:
        moves: list[Proposal] = [
            *phrase_moves(text, guard, first, beyond),
            *clause_moves(text, guard, first, beyond),
            *clause_swaps(text, guard, first, beyond),
            *coordination_swaps(text, guard, first, beyond),
            *genitive_swaps(text, guard, first, beyond),
            *phrase_swaps(text, guard, first, beyond),
            *abbreviation_swaps(text, guard, first, beyond),
            *compound_swaps(text, guard, first, beyond),
            *adverb_moves(text, guard, first, beyond),
            *purpose_moves(text, guard, first, beyond),
        ]
        for move in moves:
            if guard.allows(move):
                yield Slot(min(edit.start for edit in move), max(edit.end for edit in move), (move,))


REORDER = Operator(
    name="reorder",
    title="Word order",
    description="A phrase, clause or adverb moved, joined words exchanged, an owner named before or behind.",
    preserves="words, meaning, grammar",
    source="order of adjuncts, clauses, conjoins and genitives (Quirk et al. 1985, A Comprehensive Grammar)",
    rate=0.05,
    slots=_slots,
    english=True,
    most=3,
)
