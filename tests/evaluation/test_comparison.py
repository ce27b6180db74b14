"""Comparisons of variants: paired, and honest about few seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pocketbert.errors import PocketBertError
from pocketbert.evaluation import EvaluationSettings, Scored
from pocketbert.evaluation.comparison import compare, over_seeds
from pocketbert.evaluation.verdict import verdict

SETTINGS = EvaluationSettings(suites="none", bootstrap_samples=400)


def answers(task, right: np.ndarray, suites: dict[str, np.ndarray] | None = None) -> Scored:
    """A model that gets the rows marked right, on clean texts and on each suite."""
    labels = np.zeros(len(right), int)

    def logits(marks: np.ndarray) -> np.ndarray:
        return np.stack([marks, 1 - marks], axis=1).astype(float)

    return Scored(
        task, labels, logits(right), {name: logits(marks) for name, marks in (suites or {}).items()}
    )


def draws(
    random, task, rate: float, seeds: int, rows: int = 300, hard: np.ndarray | None = None
) -> list[Scored]:
    hard = np.zeros(rows) if hard is None else hard
    return [answers(task, (random.random(rows) < rate - hard).astype(int)) for _ in range(seeds)]


def test_a_clear_gain_is_better_and_the_reverse_worse(classification):
    task, random = classification("a", "b"), np.random.default_rng(0)
    weak, strong = draws(random, task, 0.6, 3), draws(random, task, 0.9, 3)
    gain = compare(weak, strong, SETTINGS)
    assert gain.verdict == "better"
    assert gain.low <= gain.value <= gain.high
    assert gain.value == pytest.approx(gain.variant - gain.baseline) == pytest.approx(np.mean(gain.per_seed))
    assert (gain.seeds, gain.rows) == (3, 300)
    assert compare(strong, weak, SETTINGS).verdict == "worse"


def test_the_same_answers_show_no_difference(classification):
    scored = draws(np.random.default_rng(0), classification("a", "b"), 0.8, 3)
    same = compare(scored, scored, SETTINGS)
    assert (same.value, same.p, same.verdict) == (0.0, 1.0, "no difference shown")


@pytest.mark.parametrize("rows", [16, 300])
def test_rows_that_all_agree_do_not_prove_that_others_would(classification, rows):
    """That of three in so many none differs is not rare: the rule of three."""
    same = draws(np.random.default_rng(0), classification("a", "b"), 0.8, 3, rows)
    found = compare(same, same, SETTINGS)
    assert found.low == pytest.approx(-2 / rows, rel=0.1)
    assert found.high == pytest.approx(2 / rows, rel=0.1)


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("rows", [8, 200])
def test_few_rows_that_differ_show_nothing(classification, rows, seeds):
    task, places = classification("a", "b"), np.arange(rows)
    before = [answers(task, places < 0)] * seeds
    for gained in range(1, 6):
        gain = compare(before, [answers(task, places < gained)] * seeds, SETTINGS)
        assert gain.p >= 2 ** (1 - gained)  # that of McNemar's exact test
        assert gain.verdict == "no difference shown"
    eight = compare(before, [answers(task, places < 8)] * seeds, SETTINGS)
    assert eight.verdict == "better"


def test_three_seeds_hold_the_truth_at_least_as_often_as_promised(classification):
    """Seeds and rows that both differ a lot: 95% intervals over 200 experiments without a gain."""
    task, random = classification("a", "b"), np.random.default_rng(4)
    held = 0
    for _ in range(200):
        hard = random.uniform(0, 0.3, 150)
        variants = [
            [draws(random, task, random.normal(0.85, 0.04), 1, 150, hard)[0] for _ in range(3)]
            for _ in range(2)
        ]
        difference = compare(*variants, EvaluationSettings(suites="none", bootstrap_samples=200))
        held += difference.low <= 0 <= difference.high
    assert held >= 186


def test_rows_of_a_group_are_drawn_together(classification):
    """Ten copies of each row say no more than one."""
    task, places = classification("a", "b"), np.arange(20)
    copies = np.repeat(places, 10)
    alone = compare([answers(task, places < 8)], [answers(task, places < 12)], SETTINGS)
    before, after = (replace(answers(task, copies < cut), groups=copies) for cut in (8, 12))
    grouped = compare([before], [after], SETTINGS)
    assert grouped.value == pytest.approx(alone.value)
    assert (grouped.low, grouped.high) == pytest.approx((alone.low, alone.high))
    assert (grouped.p, grouped.rows, alone.rows) == (alone.p, 200, 20)


def test_seeds_that_disagree_widen_the_interval(classification):
    task = classification("a", "b")
    rows = np.arange(300)
    baseline = [answers(task, (rows < 200).astype(int))] * 3
    steady = [answers(task, (rows < 230).astype(int))] * 3
    shaky = [answers(task, (rows < cut).astype(int)) for cut in (200, 230, 260)]
    assert compare(baseline, steady, SETTINGS).verdict == "better"
    assert compare(baseline, shaky, SETTINGS).verdict == "no difference shown"


def test_one_seed_is_compared_over_rows_only(classification):
    task = classification("a", "b")
    rows = np.arange(300)
    gain = compare(
        [answers(task, (rows < 200).astype(int))], [answers(task, (rows < 260).astype(int))], SETTINGS
    )
    assert (gain.seeds, gain.verdict) == (1, "better")


def test_several_suites_are_averaged_over_the_same_rows(classification):
    task = classification("a", "b")
    rows = np.arange(100)
    before = [answers(task, rows < 100, {"ocr": rows < 40, "shuffle": rows < 60})]
    after = [answers(task, rows < 100, {"ocr": rows < 60, "shuffle": rows < 80})]
    gain = compare(before, after, SETTINGS, suites=("ocr", "shuffle"))
    assert (gain.baseline, gain.variant) == (pytest.approx(0.5), pytest.approx(0.7))


def test_fewer_flips_are_better(classification):
    task = classification("a", "b")
    rows = np.arange(200)
    before = [answers(task, rows < 200, {"ocr": rows < 100})]
    after = [answers(task, rows < 200, {"ocr": rows < 180})]
    fewer = compare(before, after, SETTINGS, suites=("ocr",), metric="flip_rate")
    assert fewer.value == pytest.approx(-0.4)
    assert fewer.verdict == "better"


def test_a_mean_over_seeds_has_an_interval_that_seeds_widen(classification):
    task = classification("a", "b")
    rows = np.arange(200)
    steady = over_seeds([answers(task, rows < 150)] * 3, SETTINGS)
    shaky = over_seeds([answers(task, rows < cut) for cut in (140, 150, 160)], SETTINGS)
    assert steady["value"] == pytest.approx(0.75) == pytest.approx(shaky["value"])
    assert shaky["high"] - shaky["low"] > steady["high"] - steady["low"]


def test_few_rows_that_are_all_right_leave_doubt(classification):
    task = classification("a", "b")
    perfect = over_seeds([answers(task, np.ones(20, bool))] * 3, SETTINGS)
    assert perfect["value"] == perfect["high"] == 1
    assert perfect["low"] == pytest.approx(0.84, abs=0.01)  # Wilson's


def test_an_interval_stays_within_what_the_metric_can_be(classification):
    task = classification("a", "b")
    rows = np.arange(50)
    shaky = over_seeds([answers(task, rows < cut) for cut in (30, 45, 50)], SETTINGS)
    assert 0 <= shaky["low"] < shaky["value"] < shaky["high"] <= 1


def test_other_rows_or_another_number_of_seeds_are_refused(classification):
    task = classification("a", "b")
    one, other = answers(task, np.ones(4)), answers(task, np.ones(5))
    with pytest.raises(PocketBertError, match="not scored on the same test rows"):
        compare([one], [other], SETTINGS)
    with pytest.raises(PocketBertError, match="2 seeds of one variant against 1"):
        compare([one, one], [one], SETTINGS)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 0.2, "better"),
        (-0.2, -0.1, "worse"),
        (-0.1, 0.1, "no difference shown"),
        (0, 0.1, "no difference shown"),
    ],
)
def test_the_verdict_follows_from_the_interval(low, high, words):
    assert verdict(low, high) == words
