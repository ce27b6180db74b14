"""Rows whose label a model doubts."""

from __future__ import annotations

import numpy as np

from pocketbert.evaluation.mislabelled import doubted_labels


def test_turned_labels_are_found_the_least_likely_first():
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 600)
    logits = np.eye(4)[labels] * 4 + random.normal(size=(600, 4))
    turned = random.choice(600, 30, replace=False)
    given = labels.copy()
    given[turned] = (given[turned] + 1) % 4
    doubts = doubted_labels(logits, given)
    found = [doubt.row in set(turned.tolist()) for doubt in doubts]
    assert sum(found) >= 22
    assert all(found[:20])
    assert all(doubt.likely == labels[doubt.row] for doubt in doubts[:20])
    shares = [doubt.share_of_label for doubt in doubts]
    assert shares == sorted(shares)


def test_a_label_that_the_model_is_never_sure_of_asks_for_less():
    # Rows of label 1 reach a probability of 0.6 only; 0.6 is then enough to doubt a label 0 that has 0.4.
    logits = np.log([[0.99, 0.01]] * 5 + [[0.4, 0.6]] * 6)
    labels = np.array([0] * 5 + [1] * 5 + [0])
    assert [doubt.row for doubt in doubted_labels(logits, labels)] == [10]


def test_labels_without_a_row_are_never_proposed():
    logits = np.array([[0.0, 0.0, 5.0], [5.0, 0.0, 0.0]])
    assert doubted_labels(logits, np.array([0, 0])) == ()


def test_one_label_or_right_ones_leave_nothing_to_doubt():
    assert doubted_labels(np.zeros((3, 1)), np.zeros(3, int)) == ()
    assert doubted_labels(np.eye(3) * 9, np.arange(3)) == ()
