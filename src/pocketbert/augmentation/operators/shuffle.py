"""Words out of order.  Held out of training."""

from collections.abc import Iterator

from pocketbert.augmentation.draw import Draws
from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    """Two neighbouring words; what stands between them stays."""
    free = [
        token.kind is Kind.WORD and not guard.protects(place) and not _attached(text, place)
        for place, token in enumerate(text.tokens)
    ]
    for place in range(1, len(text.tokens)):
        first, second = text.tokens[place - 1], text.tokens[place]
        if free[place - 1] and free[place] and first.end < second.start and first.lower != second.lower:
            yield Slot(first.start, second.end)


def _attached(text: Text, place: int) -> bool:
    """Whether a clitic stands against the token, or it is one."""
    after = text.tokens[place + 1 : place + 2]
    return text.tokens[place].text[0] in "'’" or bool(
        after and after[0].text[0] in "'’n" and not text.space_before(place + 1)
    )


def _propose(text: str, slot: Slot, draws: Draws, strength: float) -> Proposal:
    first, *_, last = text[slot.start : slot.end].split()
    second = slot.end - len(last)
    return (
        Edit(slot.start, slot.start + len(first), last, moved_from=second),
        Edit(second, slot.end, first, moved_from=slot.start),
    )


SHUFFLE = Operator(
    name="shuffle",
    title="Word shuffle",
    description="Neighbouring words exchanged.",
    preserves="the words, protected words in their places",
    source="Sinha et al. 2021, Masked Language Modeling and the Distributional Hypothesis",
    rate=0.35,
    slots=_slots,
    propose=_propose,
    held_out=True,
)
