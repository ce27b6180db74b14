"""What training minimises where a text may have several labels."""

import numpy as np
import pytest
import torch

from pocketbert.training.mixing import divergence
from pocketbert.training.objective import (
    MOST_WEIGHT,
    SeveralLabels,
    balanced_positive_weights,
    objective_for,
)


def test_the_loss_is_the_binary_cross_entropy_worked_by_hand() -> None:
    logits, labels = torch.tensor([[0.0, 2.0], [-1.0, 0.0]]), torch.tensor([[1, 0], [0, 1]])
    shares = 1 / (1 + np.exp(-logits.numpy()))
    wanted = (
        -(np.log(shares[0, 0]) + np.log(1 - shares[0, 1]) + np.log(1 - shares[1, 0]) + np.log(shares[1, 1]))
        / 2
    )
    assert float(SeveralLabels()(logits, labels)) == pytest.approx(float(wanted), rel=1e-5)
    heavier = (
        -(
            3 * np.log(shares[0, 0])
            + np.log(1 - shares[0, 1])
            + np.log(1 - shares[1, 0])
            + np.log(shares[1, 1])
        )
        / 2
    )
    assert float(SeveralLabels((3.0, 1.0))(logits, labels)) == pytest.approx(float(heavier), rel=1e-5)


def test_rare_labels_weigh_more_up_to_a_bound_and_absent_ones_as_they_are() -> None:
    labels = np.zeros((400, 3), int)
    labels[:100, 0] = 1
    labels[0, 1] = 1
    assert balanced_positive_weights(labels) == (3.0, MOST_WEIGHT, 1.0)
    chosen = objective_for(labels, regression=False, label_count=3, class_weights="balanced")
    assert chosen == SeveralLabels((3.0, MOST_WEIGHT, 1.0))
    assert objective_for(labels, regression=False, label_count=3, class_weights="none") == SeveralLabels()


def test_the_divergence_is_that_of_each_label() -> None:
    one, other = torch.tensor([[0.3, -2.0]]), torch.tensor([[1.1, 0.5]])
    both = 0.0
    for p, q in zip(one.sigmoid()[0].tolist(), other.sigmoid()[0].tolist(), strict=True):
        for a, b in ((p, q), (q, p)):
            both += a * np.log(a / b) + (1 - a) * np.log((1 - a) / (1 - b))
    found = divergence(one, other, regression=False, several=True)
    assert float(found) == pytest.approx(both / 2 / 2, rel=1e-5)
    assert float(divergence(one, one, regression=False, several=True)) == 0
