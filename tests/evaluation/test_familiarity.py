"""Texts far from those of training are told by where their states lie."""

from __future__ import annotations

import numpy as np
import pytest

from pocketbert.evaluation.familiarity import UNFAMILIAR, Familiarity


@pytest.fixture
def familiarity() -> Familiarity:
    random = np.random.default_rng(0)
    spread = np.linspace(0.1, 3, 8)
    return Familiarity.of(random.normal(size=(600, 8)) * spread, random.normal(size=(1500, 8)) * spread)


def test_texts_like_the_validation_ones_are_flagged_one_time_in_twenty(familiarity):
    random = np.random.default_rng(1)
    new = random.normal(size=(4000, 8)) * np.linspace(0.1, 3, 8)
    assert (familiarity.share_as_far(new) < UNFAMILIAR).mean() == pytest.approx(0.05, abs=0.02)


def test_far_is_measured_by_how_much_training_texts_vary(familiarity):
    along_the_narrow, along_the_wide = np.zeros((2, 1, 8))
    along_the_narrow[0, 0] = along_the_wide[0, 7] = 2.0
    assert (
        familiarity.share_as_far(along_the_narrow)[0]
        < UNFAMILIAR
        < familiarity.share_as_far(along_the_wide)[0]
    )


def test_shares_are_those_of_a_conformal_test():
    states = np.arange(10, dtype=float)[:, None]
    familiarity = Familiarity(
        np.zeros(1, np.float32), np.ones((1, 1), np.float32), np.arange(10, dtype=np.float32)
    )
    assert familiarity.share_as_far(states).tolist() == pytest.approx([(11 - at) / 11 for at in range(10)])
    assert familiarity.share_as_far(np.array([[1e9]]))[0] == pytest.approx(1 / 11)


def test_a_few_rows_suffice_and_equal_ones_do_no_harm():
    few = Familiarity.of(np.ones((2, 6)), np.ones((1, 6)))
    assert few.share_as_far(np.ones((1, 6)))[0] == 1.0
    assert np.isfinite(few.distance(np.zeros((1, 6)))).all()


def test_it_is_read_as_it_was_written(familiarity, tmp_path):
    file = tmp_path / "familiarity.safetensors"
    familiarity.write(file)
    again = Familiarity.read(file)
    states = np.random.default_rng(3).normal(size=(20, 8))
    assert again.share_as_far(states).tolist() == familiarity.share_as_far(states).tolist()
    assert len(again.distances) == 1000
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(ValueError, match=r"header|incomplete|Error"):
        Familiarity.read(file)
