"""`pocketbert export --to litert` and `--to executorch`: complete folders, or one line and nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pocketbert as pb
from commands import Command, topics
from disks import fill, small_disk
from pocketbert.deployment.mediapipe import MediapipePredictor

SHARED = {
    "card.md", "config.json", "example.py", "Example.kt", "Example.swift", "tokenizer.json", "tokenizer_config.json",
    "vocab.txt",
}  # fmt: skip


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished_run, tmp_path / "run")


def example(folder: Path, *texts: str) -> list[str]:
    """What the folder's program prints, moved elsewhere and run by itself."""
    done = subprocess.run(
        [sys.executable, folder / "example.py", *texts], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_litert_of_single_texts(pocketbert: Command, run: Path, tmp_path: Path) -> None:
    answer = pocketbert(
        "export",
        run,
        "--to",
        "litert",
        "--length",
        16,
        "--length",
        64,
        "--out",
        tmp_path / "bare.tflite",
        "--json",
    )
    assert answer.status == 0, answer.err
    printed = json.loads(answer.out)
    folder = Path(printed["folder"])
    assert folder.name == "litert-fp32"
    assert {path.name for path in folder.iterdir()} == {
        *SHARED,
        "labels.txt",
        "mediapipe.tflite",
        "model.tflite",
    }
    assert (tmp_path / "bare.tflite").read_bytes() == (folder / "model.tflite").read_bytes()
    card = (folder / "card.md").read_text(encoding="utf-8")
    for words in (
        "LiteRT, ",
        "A signature for each of 16, 64 tokens",
        "such as [SEP]",
        "cut at 64 tokens",
        "padding moves",
    ):
        assert words in card, words
    theirs = pb.load(run).predict("the phone was great .")
    found = np.exp(
        MediapipePredictor((folder / "mediapipe.tflite").read_bytes()).predict([("the phone was great .",)])
    )
    assert found.max() == pytest.approx(theirs.probability, abs=2e-3)
    label, probability = example(folder.rename(tmp_path / "moved"), "the phone was great .")
    assert label == theirs.label
    assert float(probability) == pytest.approx(theirs.probability, abs=2e-3)


def test_litert_of_pairs(pocketbert: Command, pair_run: Path, tmp_path: Path) -> None:
    run = shutil.copytree(pair_run, tmp_path / "run")
    answer = pocketbert(
        "export", run, "--to", "litert", "--precision", "int8", "--length", 64, "--allow-degraded"
    )
    assert answer.status == 0, answer.err
    (folder,) = (run / "exports").iterdir()
    assert {path.name for path in folder.iterdir()} == {*SHARED, "model.tflite"}
    (value,) = example(folder, "a phone was good", "a film was good")
    assert float(value) == pytest.approx(
        pb.load(run).predict(("a phone was good", "a film was good")).value, abs=0.2
    )


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_executorch(precision: str, pocketbert: Command, run: Path) -> None:
    answer = pocketbert("export", run, "--to", "executorch", "--precision", precision, "--allow-degraded")
    assert answer.status == 0, answer.err
    (folder,) = (run / "exports").iterdir()
    assert {path.name for path in folder.iterdir()} == {*SHARED, "labels.txt", "model.pte"}
    assert "One text at a time, of 2 to 128 tokens" in (folder / "card.md").read_text(encoding="utf-8")
    theirs = pb.load(run).predict("the phone was great .")
    label, probability = example(folder, "the phone was great .")
    assert label == theirs.label
    assert float(probability) == pytest.approx(theirs.probability, abs=2e-3 if precision == "fp32" else 0.05)


@pytest.mark.parametrize("to", ["litert", "executorch"])
def test_answer_spans(to: str, pocketbert: Command, question_run: Path, tmp_path: Path) -> None:
    run = shutil.copytree(question_run, tmp_path / "run")
    lengths = ["--length", 32, "--length", 48] if to == "litert" else []
    answer = pocketbert("export", run, "--to", to, *lengths)
    assert answer.status == 0, answer.err
    (folder,) = (run / "exports").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        *SHARED,
        "model.tflite" if to == "litert" else "model.pte",
    }
    card = (folder / "card.md").read_text(encoding="utf-8")
    for words in ("answer agreement 100.00 %", "logits of each token", "then there is none"):
        assert words in card, words
    question, told = "was the phone 7 good ?", "the phone 7 was superb on monday ."
    fill = " ".join(["a book on sunday ."] * 12)
    for context in (told, f"{fill} {told} {fill}", fill):
        expected = pb.load(run).predict((question, context)).answer
        assert " ".join(example(folder, question, context)) == expected
        assert (expected == "superb") == (told in context)


@pytest.mark.parametrize("to", ["litert", "executorch"])
def test_several_labels(to: str, pocketbert: Command, topic_run: Path, tmp_path: Path) -> None:
    run = shutil.copytree(topic_run, tmp_path / "run")
    answer = pocketbert("export", run, "--to", to, *(["--length", 64] if to == "litert" else []))
    assert answer.status == 0, answer.err
    (folder,) = (run / "exports").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        *SHARED,
        "labels.txt",
        "thresholds.txt",
        "model.tflite" if to == "litert" else "model.pte",
    }
    assert "label set agreement 100.00 %" in (folder / "card.md").read_text(encoding="utf-8")
    counts = set()
    for text, _ in topics(16, first=2000)[::3]:
        expected = pb.load(run).predict(text)
        told = example(folder, text)
        assert set(told[::2]) == set(expected.labels)
        for label, share in zip(told[::2], told[1::2], strict=True):
            assert float(share) == pytest.approx(expected.probabilities[label], abs=2e-3)
        counts.add(len(expected.labels))
    assert len(counts) > 1


def test_only_ours_is_said(run: Path) -> None:
    """Exporters and run times write to the terminal by themselves."""
    command = [sys.executable, "-m", "pocketbert", "export", run, "--to", "litert", "--length", "16"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(
        line.startswith(("fp32: ", "accuracy ", "passed: ", "written: ")) for line in done.stdout.splitlines()
    )
    said = [line for line in done.stderr.splitlines() if "of " not in line]
    assert len(said) <= 1, done.stderr
    assert all("validation rows" in line for line in said)


def test_what_cannot_be_asked_for(pocketbert: Command, run: Path) -> None:
    answer = pocketbert("export", run, "--to", "litert", "--length", 129)
    assert answer.status == 2
    assert "--length 129: the model reads from 4 to 128 tokens" in answer.problem
    task = run / "task.json"
    task.write_text(task.read_text(encoding="utf-8").replace('"good"', '"go\\nod"'), encoding="utf-8")
    answer = pocketbert("export", run, "--to", "executorch")
    assert answer.status == 1
    assert "does not fit a line of labels.txt" in answer.problem
    assert not (run / "exports").exists()


@pytest.mark.parametrize("to", ["litert", "executorch"])
def test_a_full_disk_leaves_no_half_written_file(
    to: str, pocketbert: Command, finished_run: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        run = shutil.copytree(finished_run, disk / "run")
        pb.load(run)
        fill(disk, 50_000)
        answer = pocketbert("export", run, "--to", to, *(["--length", 16] if to == "litert" else []))
        assert answer.status == 1
        assert "the disk is full; make room" in answer.problem
        assert not list((run / "exports").glob("*"))
