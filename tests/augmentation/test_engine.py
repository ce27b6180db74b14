import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from many_views import PAIRS, PLACES, POLICY, digest_of_views, view_at

from pocketbert.augmentation import Engine, Policy, View, augment, perturb
from pocketbert.errors import ArgumentError
from pocketbert.text.edits import Span


def test_views_are_the_same_bytes_under_any_hash_seed() -> None:
    code = "import many_views; print(many_views.digest_of_views())"
    digests = {digest_of_views()}
    for hash_seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parent)}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1


@pytest.mark.parametrize("workers", [1, 4])
def test_views_are_the_same_in_any_number_of_workers(workers: int) -> None:
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        assert pool.map(view_at, PLACES, chunksize=3) == [view_at(place) for place in PLACES]


def test_views_do_not_depend_on_what_was_drawn_before() -> None:
    engine = Engine(POLICY, seed=11)
    forwards = [engine.view(PAIRS[row], epoch=epoch, row=row) for epoch, row in PLACES]
    backwards = [engine.view(PAIRS[row], epoch=epoch, row=row) for epoch, row in reversed(PLACES)]
    thawed = pickle.loads(pickle.dumps(engine))
    assert forwards == backwards[::-1]
    assert forwards == [thawed.view(PAIRS[row], epoch=epoch, row=row) for epoch, row in PLACES]


def test_epochs_rows_views_and_seeds_differ() -> None:
    text = ("I bought the big and ugly car when the quick movie was shown in the old theater yesterday.",)
    engine = Engine(Policy(clean_share=0))
    assert len({engine.view(text, epoch=epoch, row=0).texts for epoch in range(10)}) >= 6
    assert len({engine.view(text, epoch=0, row=row).texts for row in range(10)}) >= 6
    assert len({engine.view(text, epoch=0, row=0, view=view).texts for view in range(10)}) >= 6
    assert (
        len({Engine(Policy(clean_share=0), seed=seed).view(text, epoch=0, row=0).texts for seed in range(10)})
        >= 6
    )


def test_a_share_stays_clean_and_the_first_tenth_is() -> None:
    engine = Engine(Policy())
    text = ("The big dog purchased a phone yesterday.",)
    views = [engine.view(text, epoch=0, row=row) for row in range(1000)]
    assert 0.25 < sum(view.clean for view in views) / 1000 < 0.35
    assert all(view.clean == (view.texts == text) for view in views)
    assert all(engine.view(text, epoch=0, row=row, progress=0.09).clean for row in range(100))
    assert not all(engine.view(text, epoch=0, row=row, progress=0.1).clean for row in range(100))
    assert all(Engine(Policy(enabled=False)).view(text, epoch=0, row=row).clean for row in range(50))


def test_one_or_two_operators_a_side() -> None:
    engine = Engine(Policy(clean_share=0, second=1, magnitude=0.9))
    text = ("Anna slept in the house when the big and hungry dog purchased a phone.",)
    counts = {len(engine.view(text, epoch=epoch, row=0).operators) for epoch in range(100)}
    assert counts == {1, 2}


def test_offsets_lead_to_the_same_words_on_both_sides() -> None:
    engine = Engine(Policy(clean_share=0))
    for epoch in range(50):
        view = engine.view(PAIRS[0], epoch=epoch, row=0)
        for old, new, offsets in zip(PAIRS[0], view.texts, view.offsets, strict=True):
            for start in range(len(old) - 3):
                place = offsets.span(Span(start, start + 3))
                if place:
                    assert new[place.start : place.end].lower() == old[start : start + 3].lower()


def test_the_examples_of_the_origin() -> None:
    engine = Engine(Policy(clean_share=0, operators=["reorder"]))
    there = engine.view(("The cat sat on the mat.",), epoch=0, row=0)
    assert there.texts == ("On the mat, the cat sat.",)
    assert engine.view(there.texts, epoch=0, row=0).texts == ("The cat sat on the mat.",)
    assert there.operators == ("reorder",)
    noise = {
        perturb(("The cat sat on the mat.",), operator="stopword", severity=3, seed=0, row=row).texts[0]
        for row in range(200)
    }
    assert "The cat is sat on the mat." in noise
    training = Engine(Policy(clean_share=0, operators=["stopword"]))
    quiet = {training.view(("The cat sat on the mat.",), epoch=epoch, row=0).texts[0] for epoch in range(200)}
    assert "The cat is sat on the mat." not in quiet


def test_perturb_is_always_on_and_grows_with_severity() -> None:
    text = ("several customers wanted another delivery because their first parcel arrived completely empty",)
    for operator in ("typo", "ocr", "punctuation", "shuffle"):
        sizes = []
        for severity in (1, 2, 3):
            views = [
                perturb(text, operator=operator, severity=severity, seed=0, row=row) for row in range(30)
            ]
            assert all(view.operators == (operator,) and view.texts != text for view in views)
            sizes.append(sum(_moved_words(text[0], view) for view in views))
        assert sizes[0] < sizes[1] < sizes[2], operator


def _moved_words(text: str, view: View) -> int:
    return sum(old != new for old, new in zip(text.split(), view.texts[0].split(), strict=False))


def test_perturb_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ArgumentError, match="did you mean 'typo'"):
        perturb(("a",), operator="tipo", severity=1, seed=0, row=0)
    with pytest.raises(ArgumentError, match="severity 4"):
        perturb(("a",), operator="typo", severity=4, seed=0, row=0)


def test_augment_works_alone() -> None:
    texts = ["The big dog purchased a phone yesterday."] * 50
    once = augment(texts, seed=1)
    assert once == augment(iter(texts), seed=1)
    assert once != augment(texts, seed=1, epoch=1)
    assert len(set(once)) > 5
    assert augment([]) == []
    assert augment(texts, policy=Policy(enabled=False)) == texts
    with pytest.raises(ArgumentError, match="a list of texts"):
        augment("The cat sat.")
    with pytest.raises(ArgumentError, match="did you mean 'sentiment'"):
        augment(texts, policy="sentimant")
