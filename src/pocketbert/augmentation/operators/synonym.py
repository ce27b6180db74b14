"""Synonyms: a word or phrase of the same meaning in the place of another."""

from pocketbert.augmentation.operator import Operator
from pocketbert.augmentation.operators.replacing import replacement_slots

SYNONYM = Operator(
    name="synonym",
    title="Synonyms",
    description="A word or phrase of the same meaning, inflected, with its article and capitals put right.",
    preserves="meaning, grammar, word order, protected words, multiwords",
    source="WordNet 3.0 (Miller 1995), mutual dominant senses; function phrases chosen by hand",
    rate=0.2,
    slots=replacement_slots,
    english=True,
)
