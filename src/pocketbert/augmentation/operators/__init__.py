"""The operators, one family a file."""

from pocketbert.augmentation.operator import Operator
from pocketbert.augmentation.operators.back_translation import BACK_TRANSLATION
from pocketbert.augmentation.operators.casing import CASING
from pocketbert.augmentation.operators.contraction import CONTRACTION
from pocketbert.augmentation.operators.hurried import HURRIED
from pocketbert.augmentation.operators.marker import MARKER
from pocketbert.augmentation.operators.masked_lm import MASKED_LM
from pocketbert.augmentation.operators.misspelling import MISSPELLING
from pocketbert.augmentation.operators.ocr import OCR
from pocketbert.augmentation.operators.punctuation import PUNCTUATION
from pocketbert.augmentation.operators.related import RELATED
from pocketbert.augmentation.operators.reorder import REORDER
from pocketbert.augmentation.operators.shuffle import SHUFFLE
from pocketbert.augmentation.operators.spacing import SPACING
from pocketbert.augmentation.operators.stopword import STOPWORD
from pocketbert.augmentation.operators.synonym import SYNONYM
from pocketbert.augmentation.operators.typo import TYPO

OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        SYNONYM,
        RELATED,
        REORDER,
        STOPWORD,
        CONTRACTION,
        MARKER,
        TYPO,
        CASING,
        MASKED_LM,
        BACK_TRANSLATION,
        OCR,
        MISSPELLING,
        HURRIED,
        PUNCTUATION,
        SPACING,
        SHUFFLE,
    )
}
"""Every operator by its name."""
