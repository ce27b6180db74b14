"""From a file whose rows have several labels to predictions: a whole run, what it leaves, and what is refused."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from pydantic import TypeAdapter

import pocketbert as pb
from commands import Command, topics, with_both_labels_and_none, write_rows
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluation.schema import Metrics

HEADER = ("text", "topics")


@pytest.fixture
def files(topic_files: Path) -> Path:
    return topic_files


def test_the_run_learns_and_leaves_what_the_contract_says(topic_run: Path) -> None:
    assert {path.name for path in topic_run.iterdir()} == {
        "recipe.toml", "task.json", "base", "model", "thresholds.json", "familiarity.safetensors", "metrics.json",
        "history.jsonl", "suites", "answers.npz", "report.html",
    }  # fmt: skip
    metrics = TypeAdapter(Metrics).validate_json(
        (topic_run / "metrics.json").read_text(encoding="utf-8"), strict=True
    )
    split = metrics["splits"]["test"]
    assert split["main_metric"] == "f1_micro"
    assert split["clean"]["f1_micro"]["value"] > 0.8
    assert split["clean"]["exact_match"]["value"] > 0.5
    assert set(split["per_class"]) == {"film", "hotel"}
    assert split["per_class"]["film"]["support"] == 21
    assert 0 < split["suites"]["typo@3"]["flip_rate"] <= 1
    config = json.loads((topic_run / "model" / "config.json").read_text(encoding="utf-8"))
    assert config["problem_type"] == "multi_label_classification"
    told = json.loads((topic_run / "thresholds.json").read_text(encoding="utf-8"))
    assert set(told["thresholds"]) == {"film", "hotel"}
    report = (topic_run / "report.html").read_text(encoding="utf-8")
    assert "micro F1" in report
    assert "hotel" in report


def test_a_loaded_run_gives_several_labels_or_none(topic_run: Path) -> None:
    run = pb.load(topic_run)
    thresholds = json.loads((topic_run / "thresholds.json").read_text(encoding="utf-8"))["thresholds"]
    both, none = run.predict(list(with_both_labels_and_none(run)))
    assert both.labels is not None
    assert set(both.labels) == {"film", "hotel"}
    assert none.labels == ()
    assert both.label is None
    for answer in (both, none):
        assert answer.probabilities is not None
        assert answer.labels == tuple(
            sorted(
                (name for name, share in answer.probabilities.items() if share > thresholds[name]),
                key=lambda name, shares=answer.probabilities: -shares[name],
            )
        )
    with pytest.raises(ArgumentError, match="several labels a text; leave it out"):
        run.predict("the film was a hotel .", accuracy=0.9)


def test_predictions_on_the_terminal_as_json_and_in_files(
    topic_run: Path, files: Path, pocketbert: Command, tmp_path: Path
) -> None:
    texts = with_both_labels_and_none(pb.load(topic_run))
    shown = pocketbert("predict", topic_run, *texts).out.splitlines()
    assert re.match(r"(film|hotel) \d\.\d{3}, (film|hotel) \d\.\d{3} ", shown[0])
    assert shown[1].startswith("(no label)")
    printed = json.loads(pocketbert("predict", topic_run, *texts, "--json").out)
    assert set(printed[0]["predicted_labels"]) == {"film", "hotel"}
    assert printed[1]["predicted_labels"] == []
    assert set(printed[1]["probabilities"]) == {"film", "hotel"}
    for name in ("out.csv", "out.jsonl"):
        done = pocketbert("predict", topic_run, "--file", files / "test.csv", "--out", tmp_path / name)
        assert done.status == 0, done.err
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    assert [json.loads(cell["predicted_labels"]) for cell in cells] == [
        row["predicted_labels"] for row in rows
    ]
    right = sum(set(row["predicted_labels"]) == set(filter(None, row["topics"].split("|"))) for row in rows)
    metrics = pb.load(topic_run).metrics["splits"]["test"]["clean"]
    assert right / len(rows) == pytest.approx(metrics["exact_match"]["value"])


def test_answers_can_be_scored_as_labels_of_a_file(
    topic_run: Path, files: Path, pocketbert: Command, tmp_path: Path
) -> None:
    """What `predict --out` writes is what `evaluate --data` reads."""
    answered = tmp_path / "answered.csv"
    assert pocketbert("predict", topic_run, "--file", files / "test.csv", "--out", answered).status == 0
    done = pocketbert(
        "evaluate", topic_run, "--data", answered, "--label", "predicted_labels", "--suite", "none", "--json"
    )
    assert json.loads(done.out)["splits"]["test"]["clean"]["f1_micro"]["value"] == 1.0
    again = pocketbert("evaluate", topic_run, "--suite", "none", "--json")
    metrics = pb.load(topic_run).metrics["splits"]["test"]["clean"]
    assert json.loads(again.out)["splits"]["test"]["clean"] == metrics


def test_augmented_rows_keep_their_labels(
    files: Path, tiny_backbone: Path, pocketbert: Command, tmp_path: Path
) -> None:
    out = tmp_path / "augmented.csv"
    done = pocketbert("augment", files / "train.csv", "--out", out, "--views", 2, "--rows", 20)
    assert done.status == 0, done.err
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    given = dict(enumerate((names for _, names in topics(20)), start=1))
    assert len(rows) > 30
    assert all(row["topics"] == given[int(row["view_row"])] for row in rows)


@pytest.mark.parametrize(
    "options", [("--label-separator", " "), ("--label-column", "film", "--label-column", "hotel")]
)
def test_a_small_run_from_the_command_line_with_lora(
    options: tuple[str, ...], tiny_backbone: Path, pocketbert: Command, tmp_path: Path
) -> None:
    rows = [
        (text, names.replace("|", " "), int("film" in names), int("hotel" in names))
        for text, names in topics(60)
    ]
    file = write_rows(tmp_path / "rows.csv", ("text", "topics", "film", "hotel"), rows)
    column = ("--label", "topics") if "--label-separator" in options else ()
    done = pocketbert(
        "train", file, *column, *options, "--backbone", tiny_backbone, "--epochs", 1, "--suite", "none",
        "--set", "training.consistency=0.5", "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.status == 0, done.err
    assert "f1 micro" in done.out
    resumed = pocketbert(
        "train", file, *column, *options, "--backbone", tiny_backbone, "--epochs", 1, "--suite", "none",
        "--set", "training.consistency=0.5", "--out", tmp_path / "run",
    )  # fmt: skip
    assert "holds this very run, finished" in resumed.err


def test_what_is_not_there_yet_is_refused_in_a_line(
    topic_run: Path, files: Path, tiny_backbone: Path, pocketbert: Command, tmp_path: Path
) -> None:
    assert (
        "with several labels a text; export --to onnx"
        in pocketbert("export", topic_run, "--to", "web").problem
    )
    suite = write_rows(tmp_path / "suite.csv", HEADER, topics(8))
    refused = pocketbert("evaluate", topic_run, "--suite", suite)
    assert "suites from files have one label a row" in refused.problem
    taught = pocketbert(
        "train", files / "train.csv", "--label", "topics", "--backbone", tiny_backbone, "--set",
        f"teacher.run={topic_run}", "--out", tmp_path / "taught",
    )  # fmt: skip
    assert "learned without a teacher" in taught.problem


def test_a_damaged_run_is_told(topic_run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(topic_run, tmp_path / "copy")
    (copy / "thresholds.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PocketBertError, match=r"thresholds.json is missing or damaged"):
        pb.load(copy)
