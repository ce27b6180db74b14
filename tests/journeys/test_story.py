"""The stories of the README: from a file to a run folder that other tools load."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter

import pocketbert as pb
from commands import Command, reviews, write_rows
from pocketbert.evaluation.schema import Metrics

TEXTS = ["the phone was great .", "an awful book on monday , really", "superb"]

FOREIGN = """
import json, sys, torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

run, texts = sys.argv[1], json.loads(sys.argv[2])
tokenizer = AutoTokenizer.from_pretrained(f"{run}/model")
merged = AutoModelForSequenceClassification.from_pretrained(f"{run}/model").eval()
base = AutoModelForSequenceClassification.from_pretrained(
    f"{run}/base", num_labels=merged.config.num_labels
)
adapted = PeftModel.from_pretrained(base, f"{run}/adapter").eval()
inputs = tokenizer(texts, padding=True, return_tensors="pt")
with torch.no_grad():
    logits = {"merged": merged(**inputs).logits.tolist(), "adapted": adapted(**inputs).logits.tolist()}
print(json.dumps({**logits, "labels": [merged.config.id2label[i] for i in range(2)]}))
"""


def test_other_programs_load_the_run_and_answer_alike(finished_run: Path) -> None:
    run = pb.load(finished_run)
    ours = run.predictor.predict([(text,) for text in TEXTS])
    done = subprocess.run(
        [sys.executable, "-c", FOREIGN, str(finished_run), json.dumps(TEXTS)],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(done.stdout)
    for name in ("merged", "adapted"):
        assert np.abs(ours - np.array(theirs[name])).max() / np.abs(ours).max() < 1e-5
    assert tuple(theirs["labels"]) == run.task.labels


@pytest.mark.parametrize("kind", ["finished_run", "pair_run"])
def test_metrics_have_the_documented_shape(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    text = (folder / "metrics.json").read_text(encoding="utf-8")
    metrics = TypeAdapter(Metrics).validate_json(text, strict=True)
    assert metrics["schema"] == 1
    (split,) = metrics["splits"].values()
    for measured in split["clean"].values():
        assert measured["low"] <= measured["value"] <= measured["high"]
    for suite in split["suites"].values():
        frozen = split["clean"][split["main_metric"]]["value"] - suite["drop"]
        assert suite["metrics"][split["main_metric"]]["value"] == pytest.approx(frozen)
        assert len(suite["sha256"]) == 64
    (stage,) = metrics["stages"]
    assert 0 < stage["parameters"]["trainable"] <= stage["parameters"]["total"]


def test_a_run_folder_holds_what_the_contract_says(finished_run: Path, pair_run: Path) -> None:
    files = {
        "recipe.toml", "task.json", "base", "model", "metrics.json", "history.jsonl", "answers.npz", "suites",
        "report.html",
        "familiarity.safetensors",
    }  # fmt: skip
    assert {path.name for path in finished_run.iterdir()} == files | {"adapter", "confidence.json"}
    assert {path.name for path in pair_run.iterdir()} == files
    for folder in (finished_run, pair_run):
        report = (folder / "report.html").read_text(encoding="utf-8")
        assert "<html" in report
        assert "nan" not in report.lower().replace("finance", "").split()


def test_a_regression_is_reported_in_its_own_metrics(pair_run: Path, pocketbert: Command) -> None:
    metrics = json.loads((pair_run / "metrics.json").read_text())
    assert set(metrics["splits"]["test"]["clean"]) == {"pearson", "spearman"}
    answer = pocketbert("evaluate", pair_run, "--suite", "none")
    assert "pearson" in answer.out


def test_a_run_is_measured_again_from_any_folder(
    pocketbert: Command,
    review_files: Path,
    tiny_backbone: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(review_files)
    options = ["--text", "review", "--backbone", tiny_backbone, "--epochs", 1, "--suite", "none"]
    trained = pocketbert("train", "train.csv", "--test", "test.csv", *options, "--out", tmp_path / "run")
    assert trained.status == 0, trained.err
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    measured = pocketbert("evaluate", tmp_path / "run", "--suite", "none", "--json")
    assert measured.status == 0, measured.err
    assert json.loads(measured.out) == json.loads((tmp_path / "run/metrics.json").read_text())


def test_two_stages_full_on_clean_then_lora_on_augmented(
    pocketbert: Command, review_files: Path, tiny_backbone: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "two.toml"
    recipe.write_text(
        f"""
        [data]
        source = "{review_files / "train.csv"}"
        text = "review"
        label = "verdict"
        test = "{review_files / "test.csv"}"
        [backbone]
        name = "{tiny_backbone}"
        [evaluation]
        suites = "none"
        [[stages]]
        name = "full on clean"
        data = "clean"
        method = "full"
        epochs = 1
        [[stages]]
        name = "lora on augmented"
        method = "lora"
        epochs = 1
        """,
        encoding="utf-8",
    )
    out = tmp_path / "run"
    answer = pocketbert("train", recipe, "--set", "training.seed=1", "--out", out, "--json")
    assert answer.status == 0, answer.err
    metrics = json.loads(answer.out)
    assert [(stage["name"], stage["method"]) for stage in metrics["stages"]] == [
        ("full on clean", "full"),
        ("lora on augmented", "lora"),
    ]
    assert (out / "adapter").is_dir()
    again = pocketbert("train", out / "recipe.toml", "--out", tmp_path / "again", "--json")
    assert json.loads(again.out)["splits"] == metrics["splits"]
    refused = pocketbert("train", recipe, "--epochs", 2, "--out", tmp_path / "third")
    assert (refused.status, "several stages" in refused.problem) == (2, True)


def test_a_terminal_shows_only_our_words(review_files: Path, tiny_backbone: Path, tmp_path: Path) -> None:
    """From a fresh process, as a user starts it: no library's warnings, no progress bars in a file."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pocketbert", "train", review_files / "train.csv"),
            *("--test", review_files / "test.csv", "--backbone", tiny_backbone, "--epochs", "1"),
            *("--suite", "typo@2", "--out", tmp_path / "run"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stderr.splitlines()
    assert said[0] == "columns guessed: text from 'review' (--text), label from 'verdict' (--label)"
    starts = (
        "columns guessed",
        "F1 counts",
        "validation:",
        "86 training rows",
        "warning: ",
        "fine-tuning: lora",
    )
    assert [line for line in said if not line.startswith(starts)] == []
    assert "\r" not in done.stderr + done.stdout
    assert "\x1b" not in done.stderr + done.stdout
    assert f"report: {tmp_path / 'run' / 'report.html'}" in done.stdout


def test_training_learns_what_the_words_say(pocketbert: Command, tiny_backbone: Path, tmp_path: Path) -> None:
    train = write_rows(tmp_path / "reviews.csv", ("review", "verdict"), reviews(400))
    test = write_rows(tmp_path / "new.csv", ("review", "verdict"), reviews(60, first=2000))
    out = tmp_path / "run"
    answer = pocketbert(
        *("train", train, "--text", "review", "--label", "verdict", "--test", test, "--method", "full"),
        *(
            "--no-augment",
            "--seed",
            1,
            "--backbone",
            tiny_backbone,
            "--epochs",
            6,
            "--lr",
            0.005,
            "--suite",
            "none",
            "--out",
            out,
            "--json",
        ),
    )
    assert answer.status == 0, answer.err
    assert json.loads(answer.out)["splits"]["test"]["clean"]["accuracy"]["value"] > 0.9
    (told,) = json.loads(pocketbert("predict", out, "the film 7 was awful on friday .", "--json").out)
    assert told["predicted_label"] == "bad"


def test_no_examples_keeps_every_text_out_of_the_report(
    pocketbert: Command, tiny_backbone: Path, tmp_path: Path
) -> None:
    rows = reviews(60)
    rows += [(f"secret {text}", "good" if label == "bad" else "bad") for text, label in rows[:8]]
    rows += [(text, "good" if label == "bad" else "bad") for text, label in rows[:4]]  # conflicting labels
    train = write_rows(tmp_path / "reviews.csv", ("review", "verdict"), rows)
    arguments = (
        "train",
        train,
        "--text",
        "review",
        "--label",
        "verdict",
        "--test",
        train,
        "--validation",
        train,
    )
    arguments += ("--backbone", tiny_backbone, "--epochs", 1, "--suite", "typo@3", "--suite", "shuffle@3")
    pages = {}
    for option in ("", "--no-examples"):
        out = tmp_path / f"run{option}"
        answer = pocketbert(*arguments, *([option] if option else []), "--out", out)
        assert answer.status == 0, answer.err
        pages[option] = (out / "report.html").read_text(encoding="utf-8")
    shown = [sum(text in page for text, _ in rows) for page in pages.values()]
    assert shown[0] > 0
    assert shown[1] == 0
    assert "texts with more than one label" in pages["--no-examples"]
    assert 'id="flips"' not in pages["--no-examples"]


def test_both_development_sets_of_mnli_are_reported(
    tmp_path: Path, tiny_backbone: Path, pocketbert: Command
) -> None:
    """Mismatched rows whose labels are turned round: what is right on one set is wrong on the other."""
    other = {"entailment": "contradiction", "contradiction": "entailment"}
    for file in ("train.tsv", "dev_matched.tsv", "dev_mismatched.tsv"):
        first = 1000 if file.startswith("dev") else 0
        lines = ["sentence1\tsentence2\tgold_label"]
        for text, label in reviews(60, first=first):
            gold = "entailment" if label == "good" else "contradiction"
            lines.append(f"{text}\tit is good .\t{other[gold] if 'mismatched' in file else gold}")
        (tmp_path / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "run"
    given = ("--data-dir", tmp_path, "--backbone", tiny_backbone, "--suite", "none", "--no-augment")
    answer = pocketbert("train", "mnli", *given, "--method", "full", "--epochs", 2, "--json", "--out", out)
    assert answer.status == 0, answer.err
    splits = json.loads(answer.out)["splits"]
    assert list(splits) == ["test", "mismatched"]
    right = [split["clean"]["accuracy"]["value"] for split in splits.values()]
    assert right[0] + right[1] <= 1
    again = pocketbert("evaluate", out, "--suite", "none", "--json")
    assert json.loads(again.out)["splits"]["mismatched"]["clean"] == splits["mismatched"]["clean"]
    assert "Mismatched rows, accuracy" in (out / "report.html").read_text(encoding="utf-8")
