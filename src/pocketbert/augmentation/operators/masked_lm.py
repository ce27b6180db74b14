"""Words that a masked language model finds likely in their place: what a refiner adds to plans (`masked_words`)."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Slot
from pocketbert.text.text import Text


def no_slots(text: Text, guard: Guard) -> Iterator[Slot]:
    """None: a model finds them, many texts at a time."""
    return iter(())


MASKED_LM = Operator(
    name="masked-lm",
    title="Words by a masked language model",
    description="A word that a masked language model finds likely in its place and close to the one that stood there.",
    preserves="grammar, word order, protected words; meaning only nearly",
    source="Kobayashi 2018, Contextual augmentation; Wu et al. 2019, Conditional BERT, without labels",
    rate=0.15,
    slots=no_slots,
    english=True,
    resources="a masked-LM head",
)
