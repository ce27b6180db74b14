"""`pocketbert export` of answer spans and of several labels a text: the folder finds what the run finds."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import pocketbert as pb
from commands import Command, topics
from pocketbert.data.batches import EncodedRows
from pocketbert.data.question_windows import QuestionWindows
from pocketbert.deployment.predictor import OnnxPredictor

LONG = " ".join(["a book on sunday ."] * 12)
"""More than one window of a context."""
ASKED = [
    ("was the phone 7 good ?", "on monday the film . the phone 7 was lovely on friday . a book on sunday ."),
    ("was the phone 7 good ?", f"the phone 7 was superb on monday . {LONG}"),
    ("was the film 3 good ?", f"{LONG} the film 3 was awful on friday ."),
    ("was the hotel 5 good ?", f"{LONG} the hotel 5 on friday . {LONG}"),
]


def example(folder: Path, *texts: str) -> str:
    """What the folder's program prints, moved elsewhere and run by itself."""
    done = subprocess.run(
        [sys.executable, folder / "example.py", *texts], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["fp32", "int8"])
def spans(
    request: pytest.FixtureRequest, question_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An exported folder."""
    run = shutil.copytree(question_run, tmp_path_factory.mktemp("spans") / "run")
    exported = pb.export(run, precision=request.param, allow_degraded=request.param == "int8")
    assert exported.verdict.checks[1].name == "answer agreement"
    assert exported.verdict.passed or request.param == "int8"
    return exported.folder


def test_the_program_finds_what_the_run_finds(spans: Path, question_run: Path) -> None:
    run = pb.load(question_run)
    windows = QuestionWindows(run.encoder)
    assert max(len(list(windows([asked]))) for asked in ASKED) > 2
    found = [run.predict(asked).answer for asked in ASKED]
    assert "lovely" in found
    assert "" in found
    told = [example(spans, *asked).removesuffix("\n") for asked in ASKED]
    assert told == found if spans.name == "onnx-fp32" else sum(map(str.__eq__, told, found)) >= len(ASKED) - 1


def test_its_scores_are_those_of_the_model(spans: Path, question_run: Path) -> None:
    run = pb.load(question_run)
    rows = EncodedRows.of([window.features for window in QuestionWindows(run.encoder)(ASKED)])
    assert len(set(rows.lengths.tolist())) > 1  # rows of a batch are padded
    found = OnnxPredictor(spans / "model.onnx", run.encoder).read(rows)
    expected = run.predictor._scores(rows)
    assert [scores.shape for scores in found] == [(2, length) for length in rows.lengths]
    largest = max(np.abs(scores).max() for scores in expected)
    moved = max(np.abs(one - other).max() for one, other in zip(found, expected, strict=True)) / largest
    assert moved < (1e-5 if spans.name == "onnx-fp32" else 0.2)


def test_the_span_folder_is_complete(spans: Path, question_run: Path) -> None:
    assert {path.name for path in spans.iterdir()} == {
        "Example.kt", "Example.swift", "card.md", "config.json", "example.mjs", "example.py", "model.onnx",
        "tokenizer.json", "tokenizer_config.json", "vocab.txt",
    }  # fmt: skip
    for name in ("example.py", "example.mjs", "Example.kt", "Example.swift"):
        text = (spans / name).read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 60, name
        assert "{{" not in text
        assert "{%" not in text
    card = (spans / "card.md").read_text(encoding="utf-8")
    for words in (
        "a question and its context",
        "or that there is none",
        "share up to 16 tokens",
        "answer agreement",
    ):
        assert words in card, words
    session = onnxruntime.InferenceSession(spans / "model.onnx")
    assert [output.name for output in session.get_outputs()] == ["start_logits", "end_logits"]
    metadata = session.get_modelmeta().custom_metadata_map
    assert float(metadata["no_answer_threshold"]) == pytest.approx(pb.load(question_run).threshold, rel=1e-5)
    assert metadata["kind"] == "spans"


def test_spans_take_no_tokenizer_inside(question_run: Path, pocketbert: Command) -> None:
    refused = pocketbert("export", question_run, "--tokenizer")
    assert refused.status == 2
    assert "does not tell where in a context" in refused.problem
    refused = pocketbert("export", question_run, "--to", "web")
    assert refused.status == 2
    assert "with answer spans; export --to onnx" in refused.problem


@pytest.mark.parametrize("options", [[], ["--tokenizer"]], ids=["tokens", "text"])
def test_several_labels(options: list[str], topic_run: Path, pocketbert: Command, tmp_path: Path) -> None:
    shutil.copytree(topic_run, tmp_path / "run")
    done = pocketbert("export", tmp_path / "run", *options, "--json", "--allow-degraded")
    assert done.status == 0, done.err
    printed = json.loads(done.out)
    assert printed["checks"][1]["name"] == "label set agreement"
    folder = Path(printed["folder"])
    run = pb.load(topic_run)
    assert run.thresholds is not None
    kept = [float(line) for line in (folder / "thresholds.txt").read_text().splitlines()]
    assert kept == run.thresholds.probabilities.tolist()
    assert (folder / "labels.txt").read_text().splitlines() == list(run.task.labels)
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert "any of 2 labels" in card
    assert "The sigmoid of its logits" in card
    asked = [text for text, _ in topics(16, first=2000)]
    answers = run.predict(asked)
    assert {len(answer.labels) for answer in answers} == {0, 1, 2}
    for count in range(3):
        text, answer = next(pair for pair in zip(asked, answers, strict=True) if len(pair[1].labels) == count)
        told = dict(line.rsplit(" ", 1) for line in example(folder, text).splitlines())
        assert set(told) == set(answer.labels)
        for label, share in told.items():
            assert float(share) == pytest.approx(answer.probabilities[label], abs=2e-3)
