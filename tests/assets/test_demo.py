"""The bundled demo data keeps what its README promises."""

import csv
import re
from collections import Counter
from hashlib import blake2b
from itertools import combinations, product
from pathlib import Path

import pytest

import pocketbert

FOLDER = Path(pocketbert.__file__).parent / "assets" / "demo"
LABELS = ("account_access", "billing", "bug_report", "feature_request", "how_to", "subscription_change")
ROWS_PER_LABEL = {"train": 100, "validation": 25, "test": 50, "messy": 50}
CLEAN_SPLITS = ("train", "validation", "test")
# Two messages that share more than this part of their words say the same thing to a bag-of-words model.
LARGEST_OVERLAP = 0.6
LARGEST_SIZE = 200_000


def read(split: str) -> list[dict[str, str]]:
    with (FOLDER / f"{split}.csv").open(encoding="utf-8", errors="strict", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def overlap(first: set[str], second: set[str]) -> float:
    return len(first & second) / len(first | second)


@pytest.mark.parametrize("split", ROWS_PER_LABEL)
def test_every_label_has_its_share_of_rows(split: str) -> None:
    assert Counter(row["label"] for row in read(split)) == dict.fromkeys(LABELS, ROWS_PER_LABEL[split])


@pytest.mark.parametrize("split", ROWS_PER_LABEL)
def test_rows_are_two_filled_columns_without_stray_space(split: str) -> None:
    for row in read(split):
        assert list(row) == ["text", "label"]
        assert row["text"]
        assert row["text"] == " ".join(row["text"].split())


@pytest.mark.parametrize("split", CLEAN_SPLITS)
def test_rows_stand_in_the_order_of_their_hash(split: str) -> None:
    hashes = [blake2b(row["text"].encode()).digest() for row in read(split)]
    assert hashes == sorted(hashes)


def test_no_message_occurs_twice_in_or_across_splits() -> None:
    counts = Counter(" ".join(words(row["text"])) for split in ROWS_PER_LABEL for row in read(split))
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(("first", "second"), combinations(CLEAN_SPLITS, 2))
def test_no_near_duplicates_across_splits(first: str, second: str) -> None:
    pairs = product(read(first), read(second))
    near = [
        (one["text"], other["text"])
        for one, other in pairs
        if overlap(set(words(one["text"])), set(words(other["text"]))) > LARGEST_OVERLAP
    ]
    assert near == []


def test_messy_follows_test_row_by_row_with_other_words_and_the_same_label() -> None:
    clean, messy = read("test"), read("messy")
    assert [row["label"] for row in messy] == [row["label"] for row in clean]
    unchanged = [
        one["text"]
        for one, other in zip(clean, messy, strict=True)
        if words(one["text"]) == words(other["text"])
    ]
    assert unchanged == []


@pytest.mark.parametrize("split", CLEAN_SPLITS)
def test_messages_are_between_three_and_forty_words(split: str) -> None:
    lengths = [len(row["text"].split()) for row in read(split)]
    assert min(lengths) >= 3
    assert max(lengths) <= 40


def test_the_readme_explains_every_label_and_the_licence_is_there() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [label for label in LABELS if f"| `{label}` |" not in readme] == []
    assert "CC0 1.0 Universal" in (FOLDER / "LICENSE").read_text(encoding="utf-8")


def test_the_folder_stays_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LARGEST_SIZE
