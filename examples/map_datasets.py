"""Views in a `datasets` pipeline: other words every epoch, all else as it is, in batches of any size and as a stream.

python examples/map_datasets.py
"""

from typing import Any

from datasets import Dataset

from pocketbert import augment

MESSAGES = {
    "text": [
        "When I opened the box, the screen was already broken.",
        "The old charger quickly worked again after the update.",
        "Because the parcel was late, I bought a phone in town.",
        "The waiter slowly brought us a bill for another table.",
    ],
    "label": ["bad", "good", "bad", "bad"],
}


def in_other_words(batch: dict[str, Any], rows: list[int], epoch: int) -> dict[str, Any]:
    """The batch with a view of each text; a row's view hangs on its number and the epoch, not on its batch."""
    return {"text": augment(batch["text"], seed=0, epoch=epoch, first_row=rows[0])}


def main() -> None:
    clean = Dataset.from_dict(MESSAGES)
    for epoch in range(3):
        views = clean.map(
            in_other_words,
            batched=True,
            batch_size=2,
            with_indices=True,
            fn_kwargs={"epoch": epoch},
            load_from_cache_file=False,
        )
        for row in views:
            print(f"{epoch} {row['label']:<5}{row['text']}")
    stream = clean.to_iterable_dataset().map(
        in_other_words, batched=True, with_indices=True, fn_kwargs={"epoch": 2}
    )
    assert [row["text"] for row in stream] == views["text"]  # the same views, whatever the batches


if __name__ == "__main__":
    main()
