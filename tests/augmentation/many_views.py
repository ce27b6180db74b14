"""Views at many places of a training, drawn by a function that other processes can import."""

import hashlib
import json

from pocketbert.augmentation import Engine, Policy

PAIRS = [
    ("The cat sat on the mat.", "A big and hungry dog barked when the cat sat down."),
    ("I bought a phone yesterday, and it is broken.", "What should I do if my card is lost?"),
    ("the film is funny and clever .", "on the whole , i think it 's a really good movie ."),
    ("In 20 patients, the dose was reduced.", ""),
]
POLICY = Policy(preset="everything", clean_share=0.1)


def view_at(place: tuple[int, int]) -> tuple[object, ...]:
    epoch, row = place
    view = Engine(POLICY, seed=11).view(PAIRS[row], epoch=epoch, row=row, progress=0.4)
    return view.texts, view.operators, [list(offsets) for offsets in view.offsets]


PLACES = [(epoch, row) for epoch in range(6) for row in range(len(PAIRS))]


def digest_of_views() -> str:
    return hashlib.sha256(json.dumps([view_at(place) for place in PLACES]).encode()).hexdigest()
