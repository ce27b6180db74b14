"""Probabilities that mean what they say, and thresholds that keep their promise on rows nobody has seen."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pocketbert.evaluation.calibration import brier_score, calibration_error, fit_temperature, probabilities
from pocketbert.evaluation.confidence import Confidence


def drawn(rows: int, temperature: float, seed: int = 0, labels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn by their softmax at a temperature."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(rows, labels)) * 3
    shares = probabilities(logits, temperature)
    return logits, (random.random((rows, 1)) > shares.cumsum(axis=1)).sum(axis=1).clip(max=labels - 1)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_that_drew_the_labels_is_found(temperature):
    assert fit_temperature(*drawn(20_000, temperature)) == pytest.approx(temperature, rel=0.05)


def test_scaling_helps_rows_it_was_not_fitted_on():
    temperature = fit_temperature(*drawn(2000, 3.0))
    logits, labels = drawn(2000, 3.0, seed=1)
    before, after = (probabilities(logits, one) for one in (1.0, temperature))
    assert calibration_error(after, labels) < calibration_error(before, labels) / 3
    assert brier_score(after, labels) < brier_score(before, labels)


def test_few_rows_without_a_mistake_do_not_ask_for_certainty():
    logits = np.array([[2.0, 0.0], [0.0, 2.0]])
    shares = probabilities(logits, fit_temperature(logits, np.array([0, 1])))
    assert shares.max() == pytest.approx(3 / 4, abs=0.01)


def test_logits_that_say_nothing_are_left_alone():
    shares = probabilities(np.zeros((5, 2)), fit_temperature(np.zeros((5, 2)), np.zeros(5, int)))
    assert shares == pytest.approx(np.full((5, 2), 0.5))


def test_calibration_error_and_brier_score_by_hand():
    shares = np.array([[0.9, 0.1], [0.9, 0.1], [0.3, 0.7]])
    labels = np.array([0, 1, 1])
    assert calibration_error(shares, labels, bins=10) == pytest.approx((2 * 0.4 + 0.3) / 3)
    assert brier_score(shares, labels) == pytest.approx((0.02 + 1.62 + 0.18) / 3)


def test_brier_is_that_of_scikit_learn():
    from sklearn.metrics import brier_score_loss

    logits, labels = drawn(200, 1.0, labels=2)
    shares = probabilities(logits)
    theirs = brier_score_loss(labels, shares[:, 1])
    assert brier_score(shares, labels) == pytest.approx(2 * theirs)


@pytest.mark.parametrize("accuracy", [0.8, 0.9, 0.95])
def test_promises_are_kept_nine_times_in_ten(accuracy):
    logits, labels = drawn(40_000, 1.0, seed=9)
    right = logits.argmax(axis=1) == labels
    kept, made = 0, 0
    for seed in range(60):
        own = Confidence.of(*drawn(1000, 1.0, seed))
        promise = own.promise(accuracy)
        if promise is None:
            continue
        made += 1
        threshold = promise.threshold
        new = probabilities(logits, own.temperature).max(axis=1) >= threshold
        kept += right[new].mean() >= accuracy
    assert made >= 30
    assert kept / made >= 0.9


def test_a_higher_accuracy_covers_fewer_rows():
    confidence = Confidence.of(*drawn(3000, 1.0))
    promises = [confidence.promise(accuracy) for accuracy in (0.8, 0.9, 0.95)]
    coverages = [promise.coverage for promise in promises if promise]
    assert len(coverages) == 3
    assert coverages == sorted(coverages, reverse=True)
    assert coverages[0] > coverages[-1]


def test_what_cannot_be_shown_is_not_promised():
    logits = np.tile([5.0, 0.0], (40, 1))
    confidence = Confidence.of(logits, np.arange(40) % 2)
    assert confidence.promise(0.95) is None
    highest = confidence.highest()
    assert highest is not None
    assert highest.accuracy < 0.5
    few = Confidence.of(logits[:5], np.zeros(5, int))
    assert few.promise(0.99) is None


def test_it_is_read_as_it_was_written(tmp_path):
    confidence = Confidence.of(*drawn(500, 2.0))
    file = tmp_path / "confidence.json"
    file.write_text(confidence.write())
    again = Confidence.read(file)
    assert again.temperature == confidence.temperature
    assert (again.probability == confidence.probability).all()
    assert (again.right == confidence.right).all()
    told = json.loads(file.read_text())
    assert told["schema"] == 1
    assert [one["accuracy"] for one in told["thresholds"]][:1] == [0.8]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"probability": [0.5], "right": "", "temperature": 1}',
     '{"probability": [], "right": "", "temperature": 0}'],
)  # fmt: skip
def test_a_damaged_file_is_no_confidence(tmp_path, content):
    file = tmp_path / "confidence.json"
    file.write_text(content)
    with pytest.raises((ValueError, KeyError, TypeError)):
        Confidence.read(file)
