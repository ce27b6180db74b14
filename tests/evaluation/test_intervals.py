"""Bootstrap intervals: the same figures as metric by metric, row by row."""

from __future__ import annotations

import numpy as np
import pytest

from pocketbert.evaluation import EvaluationSettings
from pocketbert.evaluation.intervals import (
    Outcomes,
    difference_of_shares,
    interval,
    metric_intervals,
    proportion,
    resamples,
    wilson,
)
from pocketbert.evaluation.metrics import METRICS


def expanded(counts: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts.astype(int))


@pytest.mark.parametrize("metric", ["accuracy", "f1", "f1_macro", "matthews"])
@pytest.mark.parametrize("labels", [2, 7])
def test_counted_metrics_equal_those_of_the_rows_drawn(classification, metric, labels):
    task = classification(*map(str, range(labels)), metrics=(metric,))
    random = np.random.default_rng(1)
    outcomes = Outcomes(task, random.integers(0, labels, 40), random.integers(0, labels, 40))
    counts = next(resamples(40, 100, 3))
    for drawn, value in zip(counts, outcomes.values(metric, counts), strict=True):
        rows = expanded(drawn)
        assert value == pytest.approx(METRICS[metric](outcomes.labels[rows], outcomes.predictions[rows]))


@pytest.mark.parametrize("metric", ["pearson", "spearman"])
def test_counted_correlations_equal_those_of_the_rows_drawn(similarity, metric):
    random = np.random.default_rng(2)
    truth = np.round(random.uniform(0, 5, 50))
    outcomes = Outcomes(similarity, truth, np.round(truth + random.normal(size=50), 1))
    counts = next(resamples(50, 100, 3))
    for drawn, value in zip(counts, outcomes.values(metric, counts), strict=True):
        rows = expanded(drawn)
        assert value == pytest.approx(METRICS[metric](truth[rows], outcomes.predictions[rows]))


def test_resamples_draw_as_many_rows_as_there_are_and_repeat_for_a_seed():
    blocks = list(resamples(30, 250, seed=5))
    assert sum(len(block) for block in blocks) == 250
    assert all((block.sum(axis=1) == 30).all() for block in blocks)
    assert (np.concatenate(blocks) == np.concatenate(list(resamples(30, 250, seed=5)))).all()
    assert (np.concatenate(blocks) != np.concatenate(list(resamples(30, 250, seed=6)))).any()


def test_the_interval_of_accuracy_is_near_the_binomial_one(classification):
    truth = np.zeros(400, int)
    answers = np.repeat([0, 1], [320, 80])
    measured = metric_intervals(
        Outcomes(classification("a", "b"), truth, answers), ("accuracy",), EvaluationSettings(suites="none")
    )["accuracy"]
    margin = 1.96 * np.sqrt(0.8 * 0.2 / 400)
    assert measured["value"] == 0.8
    assert measured["low"] == pytest.approx(0.8 - margin, abs=0.006)
    assert measured["high"] == pytest.approx(0.8 + margin, abs=0.006)


def test_an_interval_always_holds_its_value():
    assert interval(0.9, np.linspace(0.1, 0.2, 50), 0.95)["high"] == 0.9


def test_constant_answers_give_an_interval_of_zero_width(similarity):
    outcomes = Outcomes(similarity, np.linspace(0, 5, 20), np.full(20, 2.0))
    measured = metric_intervals(outcomes, ("pearson", "spearman"), EvaluationSettings(suites="none"))
    assert measured["pearson"] == measured["spearman"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_a_difference_of_shares_is_newcombes():
    # Newcombe 1998, table II, row (a): 56/70 against 48/80, method 10
    first = proportion([True] * 56 + [False] * 14, 0.95)
    second = proportion([True] * 48 + [False] * 32, 0.95)
    difference = difference_of_shares(first, second)
    assert difference["value"] == pytest.approx(0.2)
    assert (difference["low"], difference["high"]) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_a_few_rows_that_are_all_right_prove_little():
    many = proportion([True] * 800 + [False] * 200, 0.95)
    difference = difference_of_shares(many, proportion([True] * 3, 0.95))
    assert difference["low"] < 0 < difference["high"]


def test_wilsons_interval_is_that_of_scipy():
    from scipy.stats import binomtest

    for right, cases in ((0, 7), (3, 7), (7, 7), (480, 500)):
        ends = binomtest(right, cases).proportion_ci(0.95, method="wilson")
        found = wilson(right / cases, cases, 0.95)
        assert (found["low"], found["high"]) == (pytest.approx(ends.low), pytest.approx(ends.high))
    assert wilson(0.0, 0, 0.95) == {"value": 0.0, "low": 0.0, "high": 1.0}
