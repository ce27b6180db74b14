"""Views in a PyTorch Dataset: planned once, drawn in the loader's workers, other words every epoch.

python examples/torch_dataset.py
"""

from collections.abc import Sequence

from torch.utils.data import DataLoader, Dataset

from pocketbert.augmentation import Engine, Policy

TEXTS = [
    "When I opened the box, the screen was already broken.",
    "The old charger quickly worked again after the update.",
    "Because the parcel was late, I bought a phone in town.",
    "The waiter slowly brought us a bill for another table.",
]
LABELS = [0, 1, 0, 0]


class Views(Dataset[tuple[str, int]]):
    """Texts in the words of an epoch, with their labels."""

    def __init__(self, texts: Sequence[str], labels: Sequence[int], policy: Policy, seed: int) -> None:
        self.texts, self.labels, self.epoch = texts, labels, 0
        self.engine = Engine(policy, seed=seed)
        self.engine.prepare(texts)  # with `workers=4, cache=Path("plans")` for many texts

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, row: int) -> tuple[str, int]:
        view = self.engine.view((self.texts[row],), epoch=self.epoch, row=row)
        return view.texts[0], self.labels[row]


def main() -> None:
    rows = Views(TEXTS, LABELS, Policy(preset="sentiment", clean_share=0), seed=0)
    loader = DataLoader(rows, batch_size=2, shuffle=True, num_workers=2)
    for epoch in range(3):
        rows.epoch = epoch  # before the loader starts its workers, which happens anew every epoch
        for texts, labels in loader:
            for text, label in zip(texts, labels.tolist(), strict=True):
                print(epoch, label, text)


if __name__ == "__main__":
    main()
