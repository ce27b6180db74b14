"""P-values: what hand-worked cases say, and that many of them are corrected together."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from pocketbert.evaluation.significance import bootstrap_p, exact_p, holm, mcnemar


def test_mcnemar_counts_the_rows_on_which_one_model_alone_is_right():
    baseline = np.array([1, 1, 0, 0, 0, 0, 0, 1], bool)
    variant = np.array([1, 0, 1, 1, 1, 1, 1, 1], bool)
    found = mcnemar([baseline], [variant])
    assert (found.only_baseline, found.only_variant) == ((1,), (5,))
    assert found.p == (pytest.approx(2 * (1 + 6) / 2**6),)  # of 64 ways to toss six coins
    assert found.p_of_all == found.p[0]


def test_models_that_are_right_on_the_same_rows_show_nothing():
    rows = np.array([1, 0, 1], bool)
    assert mcnemar([rows], [rows]).p_of_all == 1.0


def test_holms_correction_of_a_textbook_family():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.2]) == [0.2]
    assert holm([]) == []
    assert holm([0.9, 0.6]) == pytest.approx([1.0, 1.0])


def test_a_family_without_any_effect_is_falsely_discovered_no_more_often_than_promised():
    random = np.random.default_rng(3)
    families = [holm(random.random(20).tolist()) for _ in range(1000)]
    assert sum(min(family) < 0.05 for family in families) <= 65


def test_a_row_that_several_seeds_answer_counts_once():
    wrong, right = np.zeros(6, bool), np.ones(6, bool)
    found = mcnemar([wrong] * 3, [right] * 3)
    assert found.p_of_all == found.p[0] == pytest.approx(2 / 2**6)


def test_rows_of_a_group_count_once():
    wrong, right = np.zeros(6, bool), np.ones(6, bool)
    assert mcnemar([wrong], [right], np.array([0, 0, 0, 1, 1, 1])).p_of_all == pytest.approx(2 / 2**2)


def test_the_exact_test_is_that_of_all_changes_of_sign():
    random = np.random.default_rng(7)
    for _ in range(20):
        rows = random.integers(-3, 4, size=9)
        sums = [np.dot(rows, signs) for signs in product((-1, 1), repeat=len(rows))]
        assert exact_p(rows) == pytest.approx(np.mean(np.abs(sums) >= abs(rows.sum())))


def test_seeds_that_disagree_at_random_are_falsely_discovered_no_more_often_than_promised():
    random = np.random.default_rng(5)
    found = [
        exact_p(random.integers(0, 2, (3, 80)).sum(0) - random.integers(0, 2, (3, 80)).sum(0))
        for _ in range(1000)
    ]
    assert sum(p < 0.05 for p in found) <= 65


def test_the_bootstrap_knows_a_gain_from_none():
    draws = np.linspace(-0.01, 0.09, 1000)
    assert bootstrap_p(draws) == pytest.approx(0.2, abs=0.01)
    assert bootstrap_p(draws + 0.02) == pytest.approx(2 / 1001)
    assert bootstrap_p(np.zeros(100)) == 1.0
