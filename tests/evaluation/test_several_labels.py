"""Several labels a row: metrics worked by hand, their intervals, thresholds, and what is reported."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset

from pocketbert.errors import PocketBertError
from pocketbert.evaluation import EvaluationSettings, build_suites, compute_metrics, score, summarise
from pocketbert.evaluation.calibration import (
    brier_score,
    fit_label_temperature,
    label_calibration_error,
    label_probabilities,
)
from pocketbert.evaluation.certainty import label_calibration_metrics
from pocketbert.evaluation.intervals import Outcomes, resamples
from pocketbert.evaluation.kept_answers import keep_answers, read_answers
from pocketbert.evaluation.label_thresholds import (
    FEWEST_ROWS,
    LabelThresholds,
    best_threshold,
    own_thresholds,
    shared_threshold,
)
from pocketbert.evaluation.metrics import flips, is_right, metric_notes, per_class
from pocketbert.evaluation.mislabelled import Doubt, doubted_of_several
from pocketbert.evaluation.report.assemble import doubted_of, run_content
from pocketbert.evaluation.report.page import render
from pocketbert.evaluation.schema import Measured
from pocketbert.tasks import Task

LABELS = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]])
LOGITS = np.array([[2.0, -1, -1], [1, -2, -3], [-1, 0.5, -1], [-1, 3, -4]])
# given: a; a; b; b - of the labels a, ab, none, b
RIGHT, GIVEN, THERE = 3, 4, 4


@pytest.fixture
def task() -> Task:
    return Task(
        name="example", title="What of?", kind="multilabel", text=("text",), labels=("a", "b", "c"),
        metrics=("f1_micro", "f1_macro", "exact_match"), main_metric="f1_micro",
    )  # fmt: skip


def test_metrics_are_those_worked_by_hand(task: Task) -> None:
    found = compute_metrics(task, LOGITS, LABELS)
    assert list(found) == ["f1_micro", "f1_macro", "exact_match"]
    assert found["f1_micro"] == pytest.approx(2 * RIGHT / (GIVEN + THERE))
    # a: 2 right of 2 given and 2 there; b: 1 right of 2 given and 2 there; c never is and never is given
    assert found["f1_macro"] == pytest.approx((1 + 0.5) / 2)
    assert found["exact_match"] == pytest.approx(2 / 4)


def test_each_label_has_its_own_figures(task: Task) -> None:
    table = per_class(task, LOGITS, LABELS)
    assert table["a"] == {"precision": 1, "recall": 1, "f1": 1, "support": 2}
    assert table["b"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert table["c"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}


def test_resamples_are_scored_as_rows_drawn_again(task: Task) -> None:
    random = np.random.default_rng(3)
    labels = (random.random((40, 3)) < [0.5, 0.2, 0.02]).astype(int)
    logits = random.normal(size=(40, 3)) + labels
    outcomes = Outcomes.of(task, logits, labels)
    counts = next(resamples(40, 20, seed=1))
    for metric in task.metrics:
        slow = []
        for drawn in counts.astype(int):
            rows = np.repeat(np.arange(40), drawn)
            slow.append(Outcomes.of(task, logits[rows], labels[rows]).value(metric))
        assert outcomes.values(metric, counts) == pytest.approx(slow)


def test_a_flip_is_any_label_that_changes(task: Task) -> None:
    before, after = np.array([[1, 0], [0, 0], [1, 1]]), np.array([[1, 0], [0, 1], [1, 0]])
    assert flips(task, before, after).tolist() == [False, True, True]
    assert is_right(task, before, after).tolist() == [True, False, False]


def test_what_is_undefined_is_told(task: Task) -> None:
    nothing = np.zeros((4, 3), int)
    assert compute_metrics(task, -np.ones((4, 3)), nothing)["f1_micro"] == 0
    assert "no row has or gets a label" in metric_notes(task, -np.ones((4, 3)), nothing)[0]
    assert metric_notes(task, LOGITS, LABELS) == [
        "no row has the label 'c': the figures say nothing of finding it"
    ]
    with pytest.raises(PocketBertError, match="row 2 of 4 is not a number"):
        compute_metrics(task, np.where(np.arange(4)[:, None] == 1, np.nan, LOGITS), LABELS)


def test_the_threshold_is_the_best_of_all() -> None:
    random = np.random.default_rng(7)
    for rate in (0.05, 0.3, 0.7):
        labels = (random.random(80) < rate).astype(int)
        logits = (random.normal(size=80) + labels - 1).round(1)  # with some that are equal

        def f1(threshold: float, labels: np.ndarray = labels, logits: np.ndarray = logits) -> float:
            given = logits > threshold
            return float(2 * (given & (labels > 0)).sum() / (given.sum() + labels.sum()))

        tried = max(f1(threshold) for threshold in np.arange(-6, 6, 0.05))
        assert f1(best_threshold(logits, labels)) == pytest.approx(tried)


def test_of_equally_good_thresholds_the_nearest_to_one_half_is_taken() -> None:
    assert best_threshold(np.array([-2.0, 3.0]), np.array([0, 1])) == 0.0
    assert best_threshold(np.array([-4.0, -2.0]), np.array([0, 1])) == pytest.approx(-3.0)
    assert best_threshold(np.array([1.0, 2.0]), np.array([0, 0])) == 0.0  # nothing to find
    assert best_threshold(np.array([1.0, 2.0]), np.array([1, 1])) < 1.0  # everything


def shifted(rows: int, seed: int, *shifts: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits of labels that half of the rows have, each best cut at its shift."""
    random = np.random.default_rng(seed)
    labels = (random.random((rows, len(shifts))) < 0.5).astype(int)
    return random.normal(size=labels.shape) + 3 * labels - 1.5 + np.array(shifts), labels


def test_each_label_gets_a_threshold_only_where_that_is_better_on_other_rows() -> None:
    together = [LabelThresholds.of(*shifted(200, seed, 0.0, 0.0, 0.0)) for seed in range(20)]
    assert sum(len(set(one.logits.tolist())) > 1 for one in together) <= 2  # by chance
    apart = LabelThresholds.of(*shifted(200, 0, -4.0, 0.0, 4.0))
    assert apart.own > apart.shared + 0.1
    low, middle, high = apart.logits * apart.temperature
    assert low < -2 < middle < 2 < high
    assert compute_with(apart, *shifted(200, 1, -4.0, 0.0, 4.0)) > 0.85  # rows it was not chosen on


def compute_with(thresholds: LabelThresholds, logits: np.ndarray, labels: np.ndarray) -> float:
    given = thresholds.over(logits) > 0
    return float(2 * (given & (labels > 0)).sum() / (given.sum() + labels.sum()))


def test_a_rare_label_keeps_the_threshold_of_all() -> None:
    logits, labels = shifted(200, 0, 0.0, 5.0)
    labels[:, 1] = 0
    labels[: FEWEST_ROWS - 1, 1] = 1
    assert own_thresholds(logits, labels)[1] == shared_threshold(logits, labels)[1]
    labels[FEWEST_ROWS - 1, 1] = 1
    assert own_thresholds(logits, labels)[1] != shared_threshold(logits, labels)[1]


def test_thresholds_come_back_as_they_were_written(tmp_path: Path) -> None:
    thresholds = LabelThresholds.of(*shifted(60, 0, -4.0, 4.0))
    path = tmp_path / "thresholds.json"
    path.write_text(thresholds.write(("a", "b"), 60), encoding="utf-8")
    back = LabelThresholds.read(path, 2)
    assert back.logits.tolist() == thresholds.logits.tolist()
    assert back.temperature == thresholds.temperature != 1.0
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["thresholds"]["a"] == pytest.approx(1 / (1 + np.exp(-thresholds.logits[0])))
    assert not told["one_for_all"]
    with pytest.raises(ValueError, match="thresholds"):
        LabelThresholds.read(path, 3)


def drawn(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of two labels, and labels drawn with their probabilities."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2, (rows, 2))
    return logits, (random.random((rows, 2)) < label_probabilities(logits)).astype(int)


def test_a_temperature_makes_too_sure_probabilities_what_they_say() -> None:
    logits, labels = drawn(4000, 0)
    assert fit_label_temperature(3 * logits, labels) == pytest.approx(3.0, rel=0.1)
    thresholds = LabelThresholds.of(3 * logits, labels)
    others, truth = drawn(4000, 1)
    over = thresholds.over(3 * others)
    told = label_calibration_metrics(over, truth, thresholds.temperature, thresholds.logits)
    assert told["ece"] < 0.03 < 0.08 < told["unscaled_ece"]
    assert told["brier"] < told["unscaled_brier"]
    perfect = np.array([[0.9, 0.1]] * 10), np.array([[1, 0]] * 9 + [[0, 1]])
    assert label_calibration_error(*perfect) == pytest.approx(0.0)
    assert brier_score(*perfect) == pytest.approx(2 * (0.9 * 0.01 + 0.1 * 0.81))


def test_scaling_changes_no_answer_and_an_export_needs_it_once() -> None:
    thresholds = LabelThresholds(np.array([0.5, -1.0]), temperature=2.5)
    logits = np.random.default_rng(0).normal(0, 3, (50, 2))
    given = thresholds.over(logits) > 0
    assert (given == (logits > thresholds.logits * 2.5)).all()
    assert np.allclose(thresholds.of_scaled.over(logits / 2.5), thresholds.over(logits))


def test_labels_too_many_and_too_few_are_doubted_the_least_likely_first() -> None:
    logits, labels = drawn(400, 2)
    labels = (logits > 0).astype(int)
    logits[7], labels[7] = (9.0, -1.0), (0, 0)  # lacks the first
    logits[8], labels[8] = (-1.0, -8.0), (0, 1)  # has the second, wrongly
    doubts = doubted_of_several(logits, labels)
    assert [(one.row, one.likely) for one in doubts[:2]] == [(7, 0), (8, 1)]
    assert doubts[0].share_of_label < 0.001 < 0.999 < doubts[0].share_of_likely
    assert len({one.row for one in doubts}) == len(doubts) < 40
    nobody = np.zeros((400, 2), int)
    assert doubted_of_several(logits, nobody) == ()


WORDS = ("the bill was wrong", "refund the bill please", "hello there", "please refund this")


class Words:
    """Finds `a` by the word bill and `b` by the word refund."""

    def predict(self, texts: list[tuple[str, ...]]) -> np.ndarray:
        return np.array(
            [[2.0 * (word in text) - 1 for word in ("bill", "refund", "never")] for (text,) in texts]
        )


def test_a_split_and_its_suites_are_measured_and_reported(task: Task, tmp_path: Path) -> None:
    rows = Dataset.from_dict({"text": list(WORDS) * 6, "label": LABELS.tolist() * 6})
    settings = EvaluationSettings(suites=("typo@3",), bootstrap_samples=100)
    suites = build_suites(task, rows, settings, tmp_path / "suites")
    scored = score(Words(), task, rows, suites)
    split = summarise(scored, suites, settings)
    assert split["clean"]["f1_micro"]["value"] == 1.0
    typo = split["suites"]["typo@3"]
    missed = (
        np.array([["bill" in text, "refund" in text] for (text,) in suites[0].texts])
        != LABELS.repeat(1, 0)[np.arange(24) % 4, :2]
    )
    assert typo["flip_rate"] == pytest.approx(missed.any(axis=1).mean())
    assert 0 < typo["drop"] < 1
    figure: Measured = split["clean"]["exact_match"]
    assert figure["low"] == figure["value"] == figure["high"] == 1.0
    assert "calibration" not in split
    assert split["confused"] == []
    content = run_content(
        "Topics", scored, suites, split, suites[0].texts, settings, trained={"a": 9, "b": 8, "c": 0}
    )
    assert [row.label for row in content.classes] == ["a", "b", "c"]
    assert content.flips
    assert {flip.label for flip in content.flips} <= {"a", "a, b", "b", "(no label)"}
    assert "micro F1" in render(content)
    assert 'id="certainty"' not in render(content)
    known = replace(scored, thresholds=np.array([-0.5, 0.0, 0.5]), temperature=2.0)
    split = summarise(known, suites, settings)
    assert 0 < split["calibration"]["ece"] < 1
    assert split["suites"]["typo@3"]["calibration"]["temperature"] == 2.0
    texts, labels = [(one,) for one in rows["text"]], np.array(rows["label"])
    doubted = doubted_of((Doubt(0, 1, 0.1, 0.9), Doubt(1, 0, 0.2, 0.8)), task, texts, labels, 5)
    page = render(run_content("Topics", known, suites, split, texts, settings, doubted=doubted))
    assert "80% of a label" in page
    assert "surest half" not in page
    assert "not a" in page
    assert "<bdi>not b</bdi>" in page
    keep_answers(tmp_path / "answers.npz", scored)
    again, _ = read_answers(tmp_path / "answers.npz", task)
    assert again.outcomes("typo@3").value("f1_micro") == scored.outcomes("typo@3").value("f1_micro")
