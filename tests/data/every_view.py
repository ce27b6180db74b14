"""The ids of every view of a short training, for processes of any hash seed to compare."""

import hashlib
import sys
from functools import cache
from pathlib import Path

from datasets import Dataset
from torch.utils.data import DataLoader
from transformers import AutoTokenizer

import pocketbert
from pocketbert.augmentation import Engine, Policy
from pocketbert.data import Encoder
from pocketbert.data.batching import TrainingData

ROWS, EPOCHS = 90, 2
SIDES = [
    "The big dog purchased a phone yesterday, and it is broken.",
    "When the rain stopped, we quickly walked to the old theater.",
    "of course , the film is funny and clever , but it 's really too long .",
    "I don't think anybody in the hospital answered the message.",
]
TEXTS = [f"{SIDES[row % 4]} Number {row} is next." for row in range(ROWS)]
POLICY = Policy(preset="everything", warm_up=0.05, ramp=0.4, clean_share=0.1)


@cache
def encoder() -> Encoder:
    return Encoder(AutoTokenizer.from_pretrained(Path(pocketbert.__file__).parent / "assets/backbone"), 48)


def training(workers: int, batch_size: int, plans: Path | None) -> TrainingData:
    rows = Dataset.from_dict({"text": TEXTS, "text_pair": TEXTS[::-1], "label": list(range(ROWS))})
    engine = Engine(POLICY, seed=9)
    if plans is not None:
        engine.prepare(TEXTS, cache=plans)
    return TrainingData(rows, encoder(), engine, 9, EPOCHS, batch_size, 8192, workers)


def ids_of_views(
    workers: int = 0, batch_size: int = 2, resumed_at: int = 0, plans: Path | None = None
) -> str:
    """A digest of the ids that each row has in each epoch; what precedes a resumption is read before it."""
    data = training(workers, batch_size, plans)
    before = zip(range(resumed_at), training(0, batch_size, None).updates(), strict=False)
    updates = [*(update for _, update in before), *data.updates(resumed_at)]
    seen: dict[tuple[int, int], list[int]] = {}
    for number, update in enumerate(updates):
        for batch in update:
            for label, ids in zip(batch.labels.tolist(), batch.inputs["input_ids"].tolist(), strict=True):
                seen[number // data.updates_per_epoch, label] = [token for token in ids if token]
    assert len(seen) == ROWS * EPOCHS
    return hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()


class Views:
    """A map-style data set of a user's own: the epoch comes with the index."""

    engine = Engine(POLICY, seed=9)

    def __getitem__(self, place: tuple[int, int]) -> tuple[str, ...]:
        epoch, row = place
        return self.engine.view((TEXTS[row],), epoch=epoch, row=row).texts


def persistent(workers: int) -> str:
    """A digest of the views of two passes over one loader whose workers live on between them."""
    places = [(epoch, row) for epoch in range(EPOCHS) for row in range(ROWS)]
    loader = DataLoader(
        Views(), sampler=places, batch_size=None, num_workers=workers, persistent_workers=workers > 0
    )
    return hashlib.sha256(repr([list(loader), list(loader)]).encode()).hexdigest()


def every_digest(plans: Path) -> dict[str, set[str]]:
    ways = [
        {"workers": workers, "batch_size": batch_size, "resumed_at": resumed_at}
        for workers, batch_size, resumed_at in (
            (0, 2, 0), (0, 7, 0), (0, 2, 31), (0, 7, 17), (1, 2, 0), (1, 7, 15), (4, 2, 46), (4, 32, 0),
        )
    ]  # fmt: skip
    return {
        "ids": {ids_of_views(**way) for way in ways}
        | {ids_of_views(plans=plans), ids_of_views(4, 7, 5, plans)},
        "views": {persistent(workers) for workers in (0, 1, 4)},
    }


if __name__ == "__main__":
    for name, digests in sorted(every_digest(Path(sys.argv[1])).items()):
        print(name, *sorted(digests))
