"""Related words: a wider, a narrower or a neighbouring word, where a synonym would be too narrow a choice."""

from functools import partial

from pocketbert.augmentation.operator import Operator
from pocketbert.augmentation.operators.replacing import replacement_slots

RELATED = Operator(
    name="related",
    title="Related words",
    description="A word of nearly the same meaning: what a thing is a kind of, or one of its own kind.",
    preserves="topic, grammar, word order, protected words, multiwords; meaning only nearly",
    source="WordNet 3.0 (Miller 1995), hypernyms, sisters and hyponyms of concrete words, chosen by hand",
    rate=0.45,
    slots=partial(replacement_slots, related=True),
    english=True,
    most=3,
)
