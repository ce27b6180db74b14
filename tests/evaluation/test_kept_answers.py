"""Answers written and read again are the same answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pocketbert.errors import PocketBertError
from pocketbert.evaluation import Scored, compute_metrics
from pocketbert.evaluation.kept_answers import keep_answers, read_answers
from pocketbert.evaluation.suite_files.given import LabelledSuite
from pocketbert.evaluation.suite_files.scoring import GivenAnswers
from pocketbert.tasks import Task
from pocketbert.training.answering import Candidate, FoundAnswer

QUESTIONS = Task(
    name="questions",
    title="Questions",
    kind="spans",
    text=("question", "context"),
    unanswerable=True,
    metrics=("f1_tokens", "exact_match"),
    main_metric="f1_tokens",
)


def test_logits_labels_and_suites_come_back(classification, tmp_path: Path):
    task, random = classification("a", "b", "c"), np.random.default_rng(0)
    labels, logits = random.integers(0, 3, 9), random.normal(size=(9, 3)).astype(np.float32)
    scored = Scored(task, labels, logits, {"typo@2": logits * 2, "my own: suite": -logits})
    given = LabelledSuite(
        "imdb", "imdb.csv", "0" * 64, (), (("x",), ("y",)), np.array([2, 0]), groups=np.array([0, 0])
    )
    keep_answers(tmp_path / "answers.npz", scored, [GivenAnswers(given, logits[:2])])
    again, files = read_answers(tmp_path / "answers.npz", task)
    assert np.array_equal(again.labels, labels)
    assert np.array_equal(again.clean, logits)
    assert {name: value.tolist() for name, value in again.suites.items()} == {
        "typo@2": (logits * 2).tolist(),
        "my own: suite": (-logits).tolist(),
    }
    assert files["imdb"].labels.tolist() == [2, 0]
    assert files["imdb"].groups is not None
    assert files["imdb"].groups.tolist() == [0, 0]
    assert files["imdb"].clean.tolist() == logits[:2].tolist()


def test_answers_to_questions_come_back(tmp_path: Path):
    labels = np.empty(3, object)
    labels[:] = [("noon", "at noon"), (), ("the «old» mill",)]
    found = np.empty((3, 1), object)
    found[:, 0] = [
        FoundAnswer((Candidate("noon", 3, 7, 0.9), Candidate("at", 0, 2, 0.1)), 0.2, -1.5, 0.5),
        FoundAnswer((Candidate("noon", 3, 7, 0.9),), 0.8, 2.5, 0.5),
        FoundAnswer((Candidate("«old»\n", 3, 8, 0.9),), None),
    ]
    scored = Scored(QUESTIONS, labels, found)
    keep_answers(tmp_path / "answers.npz", scored)
    again, _ = read_answers(tmp_path / "answers.npz", QUESTIONS)
    assert again.labels.tolist() == labels.tolist()
    assert again.clean.tolist() == found.tolist()
    metrics = compute_metrics(QUESTIONS, again.clean, again.labels)
    assert metrics == compute_metrics(QUESTIONS, found, labels)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 half a file"])
def test_a_damaged_file_is_named(classification, tmp_path: Path, content: bytes | None):
    path = tmp_path / "answers.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PocketBertError, match=r"answers\.npz is missing or damaged; delete"):
        read_answers(path, classification("a", "b"))
