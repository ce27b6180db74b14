"""Adaptive weights: more of what a model stumbles over, less of what guards reject, the sum unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketbert.augmentation.adaptive import LEAST, MOST, STEP, adapted

USUAL = {"synonym": 3.0, "typo": 2.0, "reorder": 1.0}
SHARES = st.fixed_dictionaries({name: st.floats(0, 1) for name in USUAL})


def test_an_operator_that_flips_more_answers_is_drawn_more() -> None:
    rates = {"synonym": 0.05, "typo": 0.3, "reorder": 0.05}
    learned = adapted(USUAL, USUAL, rates, {})
    assert learned["typo"] > USUAL["typo"]
    assert learned["synonym"] < USUAL["synonym"]
    assert learned["reorder"] < USUAL["reorder"]


def test_an_operator_whose_proposals_are_rejected_is_drawn_less() -> None:
    rates = dict.fromkeys(USUAL, 0.1)
    learned = adapted(USUAL, USUAL, rates, {"synonym": 0.5})
    assert learned["synonym"] < USUAL["synonym"]
    assert learned["typo"] > USUAL["typo"]


@pytest.mark.parametrize("rate", [0.0, 0.2, 1.0])
def test_where_all_flip_alike_weights_stay(rate: float) -> None:
    assert adapted(USUAL, USUAL, dict.fromkeys(USUAL, rate), {}) == pytest.approx(USUAL)


@given(SHARES, SHARES)
def test_weights_keep_their_sum_and_settle_within_bounds(rates, accepted) -> None:
    weights = dict(USUAL)
    for _ in range(30):
        weights = adapted(weights, USUAL, rates, accepted)
    assert sum(weights.values()) == pytest.approx(sum(USUAL.values()), abs=1e-4)
    most = MOST / (LEAST * LEAST)
    assert all(USUAL[name] / most <= weight <= USUAL[name] * most for name, weight in weights.items())
    assert adapted(weights, USUAL, rates, accepted) == pytest.approx(weights, abs=1e-4)


def test_weights_go_part_of_the_way_at_once() -> None:
    rates = {"synonym": 0.0, "typo": 0.5, "reorder": 0.0}
    first = adapted(USUAL, USUAL, rates, {})
    second = adapted(first, USUAL, rates, {})
    assert second["typo"] - first["typo"] == pytest.approx(STEP * (first["typo"] - USUAL["typo"]), abs=1e-4)
