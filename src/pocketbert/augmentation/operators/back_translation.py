"""Sentences that went into another language and back: what a refiner adds to plans (`round_trips`)."""

from pocketbert.augmentation.operator import Operator
from pocketbert.augmentation.operators.masked_lm import no_slots

BACK_TRANSLATION = Operator(
    name="back-translation",
    title="Back-translation",
    description="A sentence as it comes back from another language; what it must keep, it keeps.",
    preserves="protected words; meaning as far as the translators do",
    source="Sennrich et al. 2016, section 3; Edunov et al. 2018",
    rate=0.025,
    slots=no_slots,
    english=True,
    most=3,
    resources="two translation models",
)
