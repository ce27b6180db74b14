"""What a scanner misreads: letters taken for others of the same shape.  Held out of training."""

from pocketbert.augmentation.draw import Draws
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.augmentation.operators.typo import words_to_spoil
from pocketbert.text.edits import Edit

_SHAPES = {
    "rn": "m", "m": "rn", "cl": "d", "d": "cl", "vv": "w", "w": "vv", "li": "h", "ri": "n", "nn": "m",
    "l": "1", "i": "l", "o": "0", "e": "c", "c": "e", "h": "b", "b": "h", "a": "o", "u": "v", "v": "u",
    "s": "5", "g": "q", "q": "g", "t": "f", "f": "t", "n": "u", "z": "2", "y": "v",
    "I": "l", "O": "0", "S": "5", "B": "8", "Z": "2", "G": "6", "E": "F", "D": "O", "T": "I",
}  # fmt: skip


def _propose(text: str, slot: Slot, draws: Draws, strength: float) -> Proposal:
    readings = [
        Edit(place, place + width, _SHAPES[text[place : place + width]])
        for width in (2, 1)
        for place in range(slot.start, slot.end - width + 1)
        if text[place : place + width] in _SHAPES
    ]
    return (draws.choose(readings),) if readings else ()


OCR = Operator(
    name="ocr",
    title="Scanning errors",
    description="Letters misread by a scanner: rn for m, 1 for l, 0 for o, cl for d.",
    preserves="meaning, word order, protected words",
    source="confusions of letter shapes in optical character recognition",
    rate=0.35,
    slots=words_to_spoil,
    propose=_propose,
    held_out=True,
)
