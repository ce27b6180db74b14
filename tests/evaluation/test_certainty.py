"""What labelled rows show of a model's probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from datasets import Dataset

from pocketbert.evaluation import EvaluationSettings, Scored, freeze_given, summarise
from pocketbert.evaluation.certainty import calibration_metrics, coverage_curve, promises_tried
from pocketbert.evaluation.confidence import Confidence

SETTINGS = EvaluationSettings(suites="none", bootstrap_samples=100)


def overconfident(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits three times too large for how often they are right."""
    random = np.random.default_rng(seed)
    margin = random.normal(size=rows) * 2
    labels = (random.random(rows) < 1 / (1 + np.exp(-margin))).astype(int)
    return np.stack([np.zeros(rows), margin * 3], axis=1), labels


def test_the_surest_rows_are_right_more_often():
    logits, labels = overconfident(4000, 0)
    curve = coverage_curve(logits, labels, 1.0)
    assert curve[0]["coverage"] == 0.1
    assert curve[-1] == {"coverage": 1.0, "accuracy": pytest.approx((logits.argmax(1) == labels).mean())}
    accuracies = [point["accuracy"] for point in curve]
    assert accuracies == sorted(accuracies, reverse=True)
    assert accuracies[0] > accuracies[-1] + 0.1


def test_rows_that_are_equally_sure_count_alike():
    curve = coverage_curve(np.zeros((8, 2)), np.array([0, 1] * 4), 1.0)
    assert {point["accuracy"] for point in curve} == {0.5}


def test_scaling_shows_in_the_figures():
    confidence = Confidence.of(*overconfident(2000, 1))
    figures = calibration_metrics(*overconfident(2000, 2), confidence.temperature)
    assert figures["temperature"] == pytest.approx(3, rel=0.2)
    assert figures["ece"] < figures["unscaled_ece"] / 2
    assert figures["brier"] < figures["unscaled_brier"]


def test_thresholds_are_tried_on_other_rows():
    confidence = Confidence.of(*overconfident(2000, 1))
    tried = promises_tried(confidence, *overconfident(4000, 3), 0.95)
    assert [one["wanted"] for one in tried] == [0.8, 0.9, 0.95, 0.98][: len(tried)]
    assert len(tried) >= 2
    for one in tried:
        assert one["accuracy"]["value"] >= one["wanted"] - 0.01
        assert 0 < one["coverage"] <= 1
    coverages = [one["coverage"] for one in tried]
    assert coverages == sorted(coverages, reverse=True)


def test_metrics_say_it_of_clean_text_and_of_each_suite(classification, tmp_path):
    task = classification("no", "yes")
    logits, labels = overconfident(300, 4)
    rows = Dataset.from_dict({"text": [f"row {at}" for at in range(300)], "label": labels})
    texts = [(f"changed {at}",) for at in range(300)]
    suites = [
        freeze_given(name, rows, texts, tmp_path, seen=seen)
        for name, seen in (("typo@1", True), ("ocr@1", False), ("ocr@2", False))
    ]
    answers = {"typo@1": logits, "ocr@1": logits, "ocr@2": -logits}
    scored = Scored(task, labels, logits, answers, temperature=3.0)
    split = summarise(scored, suites, SETTINGS, confidence=Confidence.of(*overconfident(2000, 1)))
    assert split["calibration"]["ece"] < split["calibration"]["unscaled_ece"]
    assert split["suites"]["typo@1"]["calibration"] == split["calibration"]
    assert split["suites"]["ocr@2"]["calibration"]["brier"] > split["calibration"]["brier"]
    assert split["coverage"] == split["suites"]["typo@1"]["coverage"]
    assert split["promises"]
    assert split["worst_suite"] == "ocr@2"
    assert split["worst_operator"] == "ocr"
    unseen = split["averages"]["unseen"]
    drops = [split["suites"][name]["drop"] for name in ("ocr@1", "ocr@2")]
    assert unseen["suites"] == 2
    assert unseen["drop"] == pytest.approx(np.mean(drops))
    assert unseen["drop_interval"]["low"] <= unseen["drop"] <= unseen["drop_interval"]["high"]
    assert unseen["verdict"] == "worse"
    assert split["averages"]["seen"]["verdict"] == "no difference shown"


def test_a_regression_has_no_probabilities(similarity):
    truth = np.linspace(0, 5, 30)
    split = summarise(Scored(similarity, truth, truth[:, None]), [], SETTINGS)
    assert "calibration" not in split
    assert "averages" not in split
