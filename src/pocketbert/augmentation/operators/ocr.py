"""What a scanner misreads: letters taken for others of the same shape.  Held out of training."""

from pocketbert.augmentation.draw import Draws
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.augmentation.operators.typo import respelt, words_to_spoil
from pocketbert.text.edits import Edit

_SHAPES = {
    "rn": ("m",), "m": ("rn",), "cl": ("d",), "d": ("cl",), "vv": ("w",), "w": ("vv",), "li": ("h",), "ri": ("n",),
    "nn": ("m",), "ii": ("u",), "fi": ("h",), "tt": ("ll",), "in": ("m",), "l": ("1", "I", "i"), "i": ("l", "j"),
    "o": ("0", "c"), "e": ("c", "o"), "c": ("e", "o"), "h": ("b", "li"), "b": ("h", "6"), "a": ("o", "e"),
    "u": ("v", "ii"), "v": ("u", "y"), "s": ("5",), "g": ("q", "9"), "q": ("g",), "t": ("f", "l"), "f": ("t",),
    "n": ("u", "ri"), "z": ("2",), "y": ("v",), "r": ("t",), "j": ("i",), "k": ("lc",),
    "I": ("l", "1"), "O": ("0", "Q"), "S": ("5",), "B": ("8",), "Z": ("2",), "G": ("6", "C"), "E": ("F",),
    "D": ("O",), "T": ("I",), "C": ("G",), "P": ("F",), "R": ("K",), "M": ("N",),
}  # fmt: skip
"""Letters, and what is read for them."""


def _propose(text: str, slot: Slot, draws: Draws, strength: float) -> Proposal:
    readings = [
        (place, width)
        for width in (2, 1)
        for place in range(slot.start, slot.end - width + 1)
        if text[place : place + width] in _SHAPES
    ]
    if not readings:
        return ()
    place, width = draws.choose(readings)
    return respelt(text, slot, Edit(place, place + width, draws.choose(_SHAPES[text[place : place + width]])))


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
    respells=True,
)
