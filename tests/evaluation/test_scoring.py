"""Scoring a predictor: the shape of `metrics.json`, and figures that hang together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from datasets import Dataset
from pydantic import TypeAdapter

from pocketbert.errors import PocketBertError
from pocketbert.evaluation import (
    EvaluationSettings,
    Scored,
    Suite,
    build_suites,
    evaluate,
    freeze_given,
    score,
    summarise,
)
from pocketbert.evaluation.schema import SCHEMA, Metrics, SplitMetrics

SETTINGS = EvaluationSettings(suites=("typo@3", "ocr"), bootstrap_samples=200)
WORDS = (
    "no good book",
    "look at the zoo tomorrow",
    "tall trees",
    "an ill wind",
    "do not go too soon",
    "fine rain",
)


@pytest.fixture
def rows() -> Dataset:
    texts = [WORDS[at % len(WORDS)] for at in range(60)]
    return Dataset.from_dict({"text": texts, "label": [int(text.count("o") > 2) for text in texts]})


def test_what_is_written_has_the_documented_shape(classification, predictor, rows, tmp_path):
    task = classification("few", "many", metrics=("accuracy", "f1_macro"))
    split = evaluate(predictor, task, rows, SETTINGS, tmp_path)
    checked = TypeAdapter(Metrics).validate_python(
        {"schema": SCHEMA, "task": task.name, "splits": {"test": split}}, strict=True
    )
    assert checked["splits"]["test"]["n"] == 60
    suite = split["suites"]["ocr"]
    assert set(suite) >= {"metrics", "drop", "flip_rate", "seen", "sha256"}
    assert set(suite["metrics"]) == set(split["clean"]) == {"accuracy", "f1_macro"}
    assert set(split["per_class"]) == {"few", "many"}


def test_the_contract_names_what_the_schema_has():
    for key in ("n", "clean", "per_class", "suites"):
        assert key in SplitMetrics.__required_keys__


def test_a_drop_is_clean_minus_perturbed_with_an_interval_around_it(
    classification, predictor, rows, tmp_path
):
    task = classification("few", "many")
    split = evaluate(predictor, task, rows, SETTINGS, tmp_path)
    assert split["clean"]["accuracy"]["value"] == 1.0
    for suite in split["suites"].values():
        value = suite["metrics"]["accuracy"]["value"]
        assert suite["drop"] == pytest.approx(1.0 - value)
        assert suite["drop_interval"]["low"] <= suite["drop"] <= suite["drop_interval"]["high"]
        assert suite["flip_rate"] == pytest.approx(suite["drop"])  # every flip here makes an error
        assert 0 < suite["changed"] <= 1


@pytest.mark.parametrize(("lost", "worse"), [(4, "no difference shown"), (8, "worse")])
def test_few_answers_that_are_lost_show_nothing(classification, lost, worse):
    """Four of a thousand, none the other way: McNemar's p is 0.125, whatever the bootstrap's interval."""
    task, rows = classification("a", "b"), 1000
    right = np.tile([1.0, 0.0], (rows, 1))
    messy = np.where(np.arange(rows)[:, None] < lost, right[:, ::-1], right)
    suite = Suite("ocr", ((("x",),) * rows), np.ones(rows, bool), seen=False, sha256="0" * 64)
    split = summarise(Scored(task, np.zeros(rows, int), right, {"ocr": messy}), [suite], SETTINGS)
    assert split["suites"]["ocr"]["verdict"] == split["averages"]["unseen"]["verdict"] == worse


def test_rows_left_as_they_were_are_not_scored_twice(classification, predictor, tmp_path):
    rows = Dataset.from_dict({"text": ["one two", "do go"], "label": [0, 0]})
    suite = freeze_given("messy", rows, [("one two",), ("do gooo",)], tmp_path)
    score(predictor, classification("few", "many"), rows, [suite, replace(suite, name="again")])
    assert predictor.texts_seen == 3


def test_a_model_trained_on_everything_says_that_no_suite_is_unseen(
    classification, predictor, rows, tmp_path
):
    task = classification("few", "many")
    split = evaluate(predictor, task, rows, SETTINGS, tmp_path, trained_on_everything=True)
    assert split["suites"]["ocr"]["seen"]
    assert split["notes"] == ["trained on everything: no suite is unseen"]
    assert evaluate(predictor, task, rows, SETTINGS, tmp_path)["notes"] == []


def test_the_same_seed_gives_the_same_figures(classification, predictor, rows, tmp_path):
    task = classification("few", "many")
    assert evaluate(predictor, task, rows, SETTINGS, tmp_path / "a") == evaluate(
        predictor, task, rows, SETTINGS, tmp_path / "b"
    )


def test_a_suite_by_hand_is_summarised_with_the_others(classification, predictor, rows, tmp_path):
    task = classification("few", "many")
    suites = [
        *build_suites(task, rows, SETTINGS, tmp_path),
        freeze_given("messy", rows, [(text.replace("oo", "u"),) for text in rows["text"]], tmp_path),
    ]
    split = summarise(score(predictor, task, rows, suites), suites, SETTINGS)
    messy = split["suites"]["messy"]
    assert (messy["seen"], messy["verdict"]) == (False, "worse")


def test_confused_labels_are_listed_most_frequent_first(classification, tmp_path):
    class Always:
        def predict(self, texts):
            return np.tile([1.0, 0.0, 0.0], (len(texts), 1))

    rows = Dataset.from_dict({"text": list("abcdef"), "label": [0, 1, 1, 1, 2, 2]})
    split = evaluate(
        Always(), classification("a", "b", "c"), rows, EvaluationSettings(suites="none"), tmp_path
    )
    assert split["confused"] == [
        {"label": "b", "predicted": "a", "count": 3},
        {"label": "c", "predicted": "a", "count": 2},
    ]
    assert split["suites"] == {}


def test_a_regression_flips_by_a_tenth_of_its_range(similarity, tmp_path):
    class Lengths:
        def predict(self, texts):
            return np.array([[len(sides[0]) / 10] for sides in texts])

    rows = Dataset.from_dict(
        {
            "text": ["a" * n for n in range(1, 11)],
            "text_pair": ["b"] * 10,
            "label": [n / 2 for n in range(10)],
        }
    )
    longer = [(text + "a" * (6 if at < 3 else 1), "b") for at, text in enumerate(rows["text"])]
    suite = freeze_given("longer", rows, longer, tmp_path)
    split = summarise(score(Lengths(), similarity, rows, [suite]), [suite], SETTINGS)
    assert split["suites"]["longer"]["flip_rate"] == pytest.approx(0.3)
    assert split["per_class"] == {}
    assert split["main_metric"] == "pearson"


def test_a_model_of_another_task_is_refused(classification, predictor, rows, tmp_path):
    with pytest.raises(PocketBertError, match="trained for another task"):
        evaluate(predictor, classification("a", "b", "c"), rows, SETTINGS, tmp_path)


def test_an_empty_split_is_refused(classification, predictor, tmp_path):
    with pytest.raises(PocketBertError, match="no rows to score"):
        evaluate(
            predictor, classification("a", "b"), Dataset.from_dict({"text": [], "label": []}),
            EvaluationSettings(suites="none"), tmp_path,
        )  # fmt: skip


def test_one_label_in_the_rows_is_said_and_every_metric_has_a_value(classification, predictor, tmp_path):
    task = classification("few", "many", metrics=("accuracy", "f1_macro", "f1", "matthews"))
    rows = Dataset.from_dict({"text": ["tall trees"] * 4, "label": [0] * 4})
    split = evaluate(predictor, task, rows, SETTINGS, tmp_path)
    assert split["notes"][0] == (
        "every row has the label 'few': the figures say nothing of other labels; give rows of each"
    )
    assert split["clean"]["matthews"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert split["clean"]["accuracy"]["value"] == 1.0
    assert split["clean"]["accuracy"]["low"] < 0.6  # four rows that are right prove little
    assert all(np.isfinite(list(measured.values())).all() for measured in split["clean"].values())


def test_a_metric_that_only_a_suite_leaves_undefined_is_said(classification, predictor, tmp_path):
    task = classification("few", "many", metrics=("matthews",))
    rows = Dataset.from_dict({"text": ["look at the zoo too", "tall trees"], "label": [1, 0]})
    suites = [freeze_given(name, rows, [("tall",), ("trees",)], tmp_path) for name in ("messy", "worse")]
    split = summarise(score(predictor, task, rows, suites), suites, SETTINGS)
    assert split["notes"] == [
        "on messy, worse: matthews is undefined and counts as 0: every row has the same prediction"
    ]
    assert split["suites"]["messy"]["metrics"]["matthews"]["value"] == 0.0


@pytest.mark.parametrize("answers", [np.zeros((3, 2)), np.zeros(2), np.zeros((2, 3))])
def test_answers_of_another_length_are_refused(classification, tmp_path, answers):
    class Other:
        def predict(self, texts):
            return answers

    rows = Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]})
    with pytest.raises(PocketBertError, match=r"of shape \(.*to 2 texts|was trained for another task"):
        score(Other(), classification("few", "many"), rows)


def test_a_constant_regression_has_correlation_0_and_a_note(similarity, tmp_path):
    truth = np.linspace(0, 5, 20)
    split = summarise(Scored(similarity, truth, np.full((20, 1), 2.0)), [], SETTINGS)
    assert split["clean"]["pearson"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert "pearson is undefined and counts as 0: every row has the same prediction" in split["notes"]


def test_progress_is_told_within_a_suite_too(classification, predictor, tmp_path):
    rows = Dataset.from_dict({"text": [f"no good book {at}" for at in range(600)], "label": [0] * 600})
    told: dict[str, list[tuple[int, int]]] = {}

    def tell(what: str, done: int, of: int) -> None:
        told.setdefault(what, []).append((done, of))

    task = classification("few", "many")
    settings = EvaluationSettings(suites=("typo@3", "ocr"), bootstrap_samples=200)
    suites = build_suites(task, rows, settings, tmp_path, tell)
    score(predictor, task, rows, suites, tell)
    for what, least in (("perturbing", 20), ("scoring", 6)):
        done = [at for at, _ in told[what]]
        assert len(done) >= least
        assert done == sorted(done)
        assert done[0] == 0
        assert told[what][-1][0] == told[what][-1][1]
