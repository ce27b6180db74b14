"""A run says how sure it is, by its validation rows: `not sure` below a threshold, and texts unlike those it knows."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import pocketbert as pb
from commands import Command, reviews, write_rows

UNLIKE = "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"


@pytest.fixture(scope="module")
def sure_run(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: Path) -> Path:
    """A run that has learned its reviews, validated on 400 rows of which a tenth are mislabelled."""
    folder = tmp_path_factory.mktemp("sure")
    rows = reviews(400, first=3000)
    turned = [(text, "good" if label == "bad" else "bad") for text, label in rows[::10]]
    files = {
        "train": write_rows(folder / "train.csv", ("review", "verdict"), reviews(400)),
        "validation": write_rows(folder / "validation.csv", ("review", "verdict"), [*rows, *turned]),
        "test": write_rows(folder / "test.csv", ("review", "verdict"), reviews(60, first=9000)),
    }
    pb.finetune(
        files["train"], text="review", label="verdict", validation=files["validation"], test=files["test"],
        backbone=str(tiny_backbone), method="full", epochs=6, learning_rate=0.005, augment=False, seed=1,
        out=folder / "run", settings={"evaluation.suites": "none"},
    )  # fmt: skip
    return folder / "run"


def test_probabilities_are_at_the_temperature_of_the_validation_rows(sure_run: Path) -> None:
    run = pb.load(sure_run)
    told = json.loads((sure_run / "confidence.json").read_text())
    logits = run.predictor.predict([("the film 7 was awful on friday .",)])[0] / told["temperature"]
    shares = np.exp(logits - logits.max())
    answer = run.predict("the film 7 was awful on friday .")
    assert answer.probability == pytest.approx((shares / shares.sum()).max(), abs=1e-5)
    assert told["rows"] == 440


def test_answers_below_the_threshold_are_not_sure(sure_run: Path) -> None:
    run = pb.load(sure_run)
    threshold = run.threshold_for(0.8)
    texts = [text for text, _ in reviews(40, first=5000)] + ["was", "the", ""]
    answers = run.predict(texts, accuracy=0.8)
    assert [answer.sure for answer in answers] == [
        (answer.probability or 0) >= threshold for answer in answers
    ]
    assert any(answer.sure for answer in answers)
    assert {answer.sure for answer in run.predict(texts)} == {None}


def test_texts_unlike_training_are_told(sure_run: Path) -> None:
    run = pb.load(sure_run)
    known = run.predict([text for text, _ in reviews(100, first=5000)])
    assert sum(bool(answer.familiar) for answer in known) > 80
    assert run.predict(UNLIKE).familiar is False
    assert run.predict(UNLIKE, familiar=False).familiar is None


def test_predict_marks_what_it_is_not_sure_of(pocketbert: Command, sure_run: Path) -> None:
    run = pb.load(sure_run)
    answer = pocketbert("predict", sure_run, "the film 7 was awful on friday .", UNLIKE, "--accuracy", 0.8)
    assert answer.status == 0, answer.err
    first, second = answer.out.splitlines()
    assert first.startswith("bad ")
    assert "unlike" not in first
    assert "unlike training" in second
    unsure = run.predict(UNLIKE, accuracy=0.8).sure is False
    assert second.startswith("not sure (") == unsure
    told = json.loads(pocketbert("predict", sure_run, UNLIKE, "--accuracy", 0.8, "--json").out)
    assert (told[0]["sure"], told[0]["familiar"]) == (not unsure, False)


def test_a_file_of_answers_has_the_same_columns(pocketbert: Command, sure_run: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "in.csv", ("review",), [("the film 7 was awful on friday .",), (UNLIKE,)])
    answer = pocketbert("predict", sure_run, "--file", rows, "--out", tmp_path / "out.csv", "--accuracy", 0.8)
    assert answer.status == 0, answer.err
    with (tmp_path / "out.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert list(written[0]) == ["review", "predicted_label", "probability", "sure", "familiar"]
    assert [row["familiar"] for row in written] == ["True", "False"]
    assert written[0]["sure"] == "True"


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [
        (
            "0.99",
            "440 validation rows show no probability from which on 0.99 of the answers are right; ask for at most",
        ),
        ("95", "an accuracy lies between 0 and 1, not 95; 95 percent is 0.95"),
        ("0", "an accuracy lies between 0 and 1, not 0"),
        ("nan", "an accuracy lies between 0 and 1, not nan"),
    ],
)
def test_an_accuracy_that_cannot_be_had_is_refused(
    pocketbert: Command, sure_run: Path, accuracy: str, words: str
) -> None:
    answer = pocketbert("predict", sure_run, "a film", "--accuracy", accuracy)
    assert (answer.status, words in answer.problem) == (2, True), answer.err


def test_values_have_no_accuracy_but_unlike_texts_are_told(pocketbert: Command, pair_run: Path) -> None:
    pair = ("--pair", "the phone was good .", "a phone was good .")
    refused = pocketbert("predict", pair_run, *pair, "--accuracy", 0.9)
    assert "answers with values; leave it out" in refused.problem
    (told,) = json.loads(pocketbert("predict", pair_run, *pair, "--json").out)
    assert set(told) == {"predicted_value", "familiar"}


def test_a_run_of_an_earlier_version_still_answers(
    pocketbert: Command, sure_run: Path, tmp_path: Path
) -> None:
    shutil.copytree(sure_run, tmp_path / "run")
    for name in ("confidence.json", "familiarity.safetensors"):
        (tmp_path / "run" / name).unlink()
    (told,) = json.loads(pocketbert("predict", tmp_path / "run", "a film", "--json").out)
    assert set(told) == {"predicted_label", "probability"}
    refused = pocketbert("predict", tmp_path / "run", "a film", "--accuracy", 0.9)
    assert "confidence.json is missing" in refused.problem


@pytest.mark.parametrize("name", ["confidence.json", "familiarity.safetensors"])
def test_a_damaged_file_is_named(pocketbert: Command, sure_run: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(sure_run, tmp_path / "run")
    (tmp_path / "run" / name).write_bytes(b"{")
    answer = pocketbert("predict", tmp_path / "run", "a film")
    assert (answer.status, f"{name} is missing or damaged" in answer.problem) == (1, True), answer.err
