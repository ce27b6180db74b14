"""Splits and samples depend on the texts alone: not on row order, duplicates, runs or the hash seed."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from review_files import Load, Write, reviews

from pocketbert.data.splitting import held_back, sample
from pocketbert.data.survey import text_hash

ROWS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 3)), min_size=1, max_size=200)


def arrays(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    hashes = np.array([text_hash((f"text {text}",)) for text, _ in rows], np.uint64)
    return hashes, np.array([label for _, label in rows], np.int16)


def every(rows: np.ndarray) -> np.ndarray:
    return np.ones(len(rows), bool)


@given(rows=ROWS, share=st.floats(0.05, 0.5), order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, share, order) -> None:
    hashes, labels = arrays(rows)
    marked = set(hashes[held_back(hashes, labels, every(hashes), share)].tolist())
    order.shuffle(rows)
    hashes, labels = arrays(rows)
    assert set(hashes[held_back(hashes, labels, every(hashes), share)].tolist()) == marked


@given(rows=ROWS, share=st.floats(0.05, 0.5))
def test_equal_texts_stay_together(rows, share) -> None:
    hashes, labels = arrays(rows)
    marked = held_back(hashes, labels, every(hashes), share)
    assert not set(hashes[marked].tolist()) & set(hashes[~marked].tolist())


def test_rows_that_are_not_eligible_stay() -> None:
    hashes, labels = arrays([(n // 2, n % 2) for n in range(400)])
    eligible = np.arange(400) < 200
    assert not held_back(hashes, labels, eligible, 0.3)[200:].any()
    assert not sample(hashes, labels, eligible, 50)[200:].any()


def test_every_label_gives_its_share() -> None:
    hashes, labels = arrays([(n, 0 if n < 1000 else 1 if n < 1100 else 2) for n in range(1110)])
    counts = Counter(labels[held_back(hashes, labels, every(hashes), 0.1)].tolist())
    assert counts == {0: 100, 1: 10, 2: 1}


def test_another_salt_is_another_split() -> None:
    hashes, labels = arrays([(n, 0) for n in range(1000)])
    first, second = (held_back(hashes, labels, every(hashes), 0.1, salt=salt) for salt in (0, 1))
    assert 0 < (first & second).sum() < 30


@given(rows=ROWS, size=st.integers(1, 250))
def test_a_sample_has_exactly_the_size_asked_for(rows, size) -> None:
    hashes, labels = arrays(rows)
    assert sample(hashes, labels, every(hashes), size).sum() == min(size, len(rows))


def test_a_sample_keeps_the_shares_of_the_labels_and_every_label() -> None:
    hashes, labels = arrays([(n, 0 if n < 900 else 1 if n < 999 else 2) for n in range(1000)])
    counts = Counter(labels[sample(hashes, labels, every(hashes), 100)].tolist())
    assert counts[0] == pytest.approx(90, abs=1)
    assert counts[1] == pytest.approx(10, abs=1)
    assert counts[2] == 1


@settings(max_examples=50)
@given(text=st.text(min_size=1))
def test_case_and_spaces_do_not_make_another_text(text: str) -> None:
    assert text_hash((text,)) == text_hash((f"  {text.replace(' ', '   ')}\n",))
    assert text_hash((text.lower(),)) == text_hash((text.lower().casefold(),))


def test_sides_of_a_pair_are_not_mixed_up() -> None:
    assert text_hash(("a b", "c")) != text_hash(("a", "b c"))
    assert text_hash(("a", "b")) != text_hash(("b", "a"))
    assert text_hash(("a", " ")) == 0


def test_the_split_is_the_same_in_every_process(write: Write, load_file: Load, tmp_path: Path) -> None:
    path = write("reviews.csv", reviews(200))
    here = load_file(path).validation["text"][:]
    script = (
        "import sys; from pocketbert.data import DataSettings, load;"
        "print(*load(DataSettings(source=sys.argv[1], cache_dir=sys.argv[2])).validation['text'], sep='|')"
    )
    there = subprocess.run(
        [sys.executable, "-c", script, str(path), str(tmp_path / "other")],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip().split("|") == here
    assert len(here) == 20


def test_a_limit_takes_a_fixed_sample_and_leaves_validation_apart(write: Write, load_file: Load) -> None:
    path = write("reviews.csv", reviews(3000))
    whole, limited, again = load_file(path), load_file(path, limit=100), load_file(path, limit=100)
    assert len(limited.train) == 100
    assert limited.train["text"][:] == again.train["text"][:]
    assert limited.train["text"][:] != whole.train["text"][:100]
    assert set(limited.train["text"]) <= set(whole.train["text"])
    assert set(limited.validation["text"]) <= set(whole.validation["text"])
    assert Counter(limited.train["label"]) == {0: 50, 1: 50}
    assert any("a fixed sample of 100 of 2,700 training rows" in note for note in limited.notes)
