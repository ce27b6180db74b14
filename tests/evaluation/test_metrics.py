"""Metrics equal scikit-learn's and scipy's, and are defined where those are not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn_metrics

from pocketbert.errors import PocketBertError
from pocketbert.evaluation import compute_metrics, confusion_matrix, metric_notes
from pocketbert.evaluation.metrics import flips, per_class

ALL = ("accuracy", "f1", "f1_macro", "matthews")


@pytest.mark.parametrize("labels", [2, 3, 12])
def test_classification_metrics_equal_scikit_learn(classification, labels):
    task = classification(*(f"label {at}" for at in range(labels)), metrics=ALL)
    random = np.random.default_rng(labels)
    truth = random.integers(0, labels, 200)
    logits = random.normal(size=(200, labels))
    logits[np.arange(200), truth] += 1
    answers = logits.argmax(axis=1)
    assert compute_metrics(task, logits, truth) == pytest.approx(
        {
            "accuracy": sklearn_metrics.accuracy_score(truth, answers),
            "f1": sklearn_metrics.f1_score(truth == 1, answers == 1),
            "f1_macro": sklearn_metrics.f1_score(truth, answers, average="macro"),
            "matthews": sklearn_metrics.matthews_corrcoef(truth, answers),
        }
    )
    assert (confusion_matrix(task, logits, truth) == sklearn_metrics.confusion_matrix(truth, answers)).all()


def test_regression_metrics_equal_scipy(similarity):
    random = np.random.default_rng(0)
    truth = np.round(random.uniform(0, 5, 300), 1)
    values = truth + random.normal(size=300)
    assert compute_metrics(similarity, values[:, None], truth) == pytest.approx(
        {"pearson": stats.pearsonr(truth, values)[0], "spearman": stats.spearmanr(truth, values)[0]}
    )


def test_the_main_metric_comes_first(classification):
    task = classification("no", "yes", metrics=ALL).model_copy(update={"main_metric": "matthews"})
    assert next(iter(compute_metrics(task, np.eye(2), np.array([0, 1])))) == "matthews"


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=6))
def test_every_metric_is_a_number_on_the_smallest_splits(rows):
    from pocketbert.tasks import Task

    task = Task(
        name="tiny", title="Tiny", kind="classification", text=("text",), labels=("no", "yes"),
        metrics=ALL, main_metric="accuracy",
    )  # fmt: skip
    truth = np.array([label for label, _ in rows])
    logits = np.eye(2)[[answer for _, answer in rows]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = compute_metrics(task, logits, truth)
    assert all(-1 <= value <= 1 for value in values.values())


def test_constant_answers_to_a_regression_count_as_zero_and_say_so(similarity):
    truth = np.linspace(0, 5, 10)
    constant = np.full((10, 1), 2.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compute_metrics(similarity, constant, truth) == {"pearson": 0.0, "spearman": 0.0}
    assert metric_notes(similarity, constant, truth) == [
        "pearson is undefined and counts as 0: every row has the same prediction",
        "spearman is undefined and counts as 0: every row has the same prediction",
    ]


def test_one_class_in_test_is_scored_and_said(classification):
    task = classification("no", "yes", metrics=("f1", "matthews"))
    logits = np.array([[2.0, 0.0], [2.0, 0.0]])
    assert compute_metrics(task, logits, np.array([0, 0])) == {"f1": 0.0, "matthews": 0.0}
    notes = metric_notes(task, logits, np.array([0, 0]))
    assert notes[0] == "f1 is undefined and counts as 0: no row has or gets the label 'yes'"
    assert "matthews is undefined" in notes[1]


def test_ordinary_answers_have_no_notes(classification):
    assert metric_notes(classification("no", "yes", metrics=ALL), np.eye(2), np.array([0, 1])) == []


def test_every_label_is_listed_even_without_rows(classification):
    task = classification("a", "b", "never")
    table = per_class(task, np.eye(3)[[0, 1, 1]], np.array([0, 0, 1]))
    assert table["a"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2}
    assert table["never"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}


def test_answers_that_are_no_numbers_are_refused_with_their_row(classification):
    logits = np.array([[0.0, 1.0], [np.nan, 0.0]])
    with pytest.raises(PocketBertError, match="row 2 of 2 is not a number"):
        compute_metrics(classification("a", "b"), logits, np.array([0, 1]))


def test_another_number_of_predictions_is_refused(classification):
    with pytest.raises(PocketBertError, match="1 predictions for 2 rows"):
        compute_metrics(classification("a", "b"), np.eye(2)[:1], np.array([0, 1]))


def test_no_rows_are_refused(classification):
    with pytest.raises(PocketBertError, match="no rows to score"):
        compute_metrics(classification("a", "b"), np.empty((0, 2)), np.empty(0, int))


def test_a_flip_is_another_label_or_more_than_a_tenth_of_the_range(classification, similarity):
    assert flips(classification("a", "b"), np.array([0, 1]), np.array([0, 0])).tolist() == [False, True]
    before = np.array([1.0, 1.0, 1.0])
    assert flips(similarity, before, np.array([1.4, 1.5, 1.6])).tolist() == [False, False, True]
