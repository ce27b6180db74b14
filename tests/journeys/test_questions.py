"""From a file of questions to answers: a whole run, what it leaves, and what is refused."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from pydantic import TypeAdapter

import pocketbert as pb
from commands import Command
from pocketbert.data.answers import UNANSWERED
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluation.schema import Metrics
from question_files import SETTINGS, questions, write_squad


@pytest.fixture
def files(question_files: Path) -> Path:
    return question_files


def test_the_run_learns_and_leaves_what_the_contract_says(question_run: Path) -> None:
    assert {path.name for path in question_run.iterdir()} == {
        "recipe.toml", "task.json", "base", "model", "no_answer.json", "metrics.json", "history.jsonl", "suites",
        "answers.npz", "report.html",
    }  # fmt: skip
    metrics = TypeAdapter(Metrics).validate_json(
        (question_run / "metrics.json").read_text(encoding="utf-8"), strict=True
    )
    split = metrics["splits"]["test"]
    nothing = sum(not row["answers"]["text"] for row in questions(40, unanswerable=0.3, seed=1)) / 40
    assert split["main_metric"] == "f1_tokens"
    assert (
        split["clean"]["exact_match"]["value"] > max(nothing, 1 - nothing) + 0.05
    )  # what one answer would give
    assert split["clean"]["f1_tokens"]["value"] >= split["clean"]["exact_match"]["value"]
    assert split["suites"]["typo@3"]["changed"] > 0.9
    assert split["per_class"] == {}
    assert "with an answer F1" in split["notes"][0]


def test_the_report_shows_questions_with_their_answers(question_run: Path) -> None:
    report = (question_run / "report.html").read_text(encoding="utf-8")
    assert 'id="questions"' in report
    assert "<mark>" in report.split('id="questions"')[1].split("<h2")[0]
    assert "words" in report.split("<h1>")[1].split("</h1>")[0]  # F1 of the answers' words


def test_evaluate_gives_the_same_figures_again(question_run: Path, files: Path) -> None:
    first = json.loads((question_run / "metrics.json").read_text(encoding="utf-8"))["splits"]["test"]["clean"]
    for data in (None, files / "test.json"):
        assert pb.evaluate(question_run, data, suites="none")["splits"]["test"]["clean"] == first


def test_validation_alone_chooses_when_there_is_no_answer(
    question_run: Path, files: Path, tiny_backbone: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    pb.finetune(
        files / "train.json", test=files / "other.jsonl", backbone=str(tiny_backbone), method="full", epochs=8,
        learning_rate=1e-2, out=again, settings={**SETTINGS, "evaluation.suites": "none"},
    )  # fmt: skip
    assert (again / "no_answer.json").read_text() == (question_run / "no_answer.json").read_text()
    assert pb.load(again).threshold == json.loads((again / "no_answer.json").read_text())["threshold"]


def test_answers_from_python_stand_in_their_context(question_run: Path) -> None:
    run = pb.load(question_run)
    context = "on monday the film . the phone 7 was lovely on friday . a book on sunday ."
    answer = run.predict(("was the phone 7 good ?", context))
    assert answer.answer == "lovely" == context[answer.start : answer.end]
    assert 0 < answer.score <= 1
    assert all(other.answer == context[other.start : other.end] for other in answer.alternatives)
    assert answer.alternatives
    many = run.predict([("was the phone 7 good ?", context), ("was it ?", "")])
    assert many[0] == answer
    assert (many[1].answer, many[1].start, many[1].end) == ("", None, None)
    with pytest.raises(ArgumentError, match="reads pairs of texts"):
        run.predict("was the phone good ?")


def test_answers_on_the_command_line(
    question_run: Path, files: Path, tmp_path: Path, pocketbert: Command
) -> None:
    context = "the book 3 was superb on friday ."
    told = pocketbert("predict", question_run, "--pair", "was the book 3 good ?", context)
    assert (told.status, "superb" in told.out) == (0, True)
    (answer,) = json.loads(pocketbert("predict", question_run, "--pair", "?", context, "--json").out)
    assert set(answer) == {"answer", "start", "end", "score", "alternatives"}
    out = tmp_path / "out.csv"
    assert pocketbert("predict", question_run, "--file", files / "test.json", "--out", out).status == 0
    with out.open(newline="") as file:
        written = list(csv.DictReader(file))
    asked = questions(40, unanswerable=0.3, seed=1)
    assert [row["id"] for row in written] == [row["id"] for row in asked]
    found = [row for row in written if row["answer"]]
    assert found
    assert all(row["context"][int(row["start"]) : int(row["end"])] == row["answer"] for row in found)
    assert all(row["start"] == row["end"] == "" for row in written if not row["answer"])
    assert json.loads(written[0]["answers"]) is not None  # as JSON, not as Python writes a list
    refused = pocketbert("predict", question_run, "--file", out, "--out", tmp_path / "again.csv")
    assert "has a column 'answer' already" in refused.problem


def test_check_says_what_is_there(files: Path, pocketbert: Command) -> None:
    told = pocketbert("check", files / "train.json", "--backbone", "bundled")
    assert told.status == 0
    assert UNANSWERED in told.out
    assert "questions for answer spans" in told.err


def test_the_first_squad_always_answers(tmp_path: Path, tiny_backbone: Path) -> None:
    write_squad(tmp_path / "train-v1.1.json", questions(60), "1.1")
    write_squad(tmp_path / "dev-v1.1.json", questions(20, seed=1), "1.1")
    run = pb.finetune(
        "squad",
        data_dir=tmp_path,
        backbone=str(tiny_backbone),
        epochs=1,
        out=tmp_path / "run",
        settings=SETTINGS,
    )
    assert not (tmp_path / "run" / "no_answer.json").exists()
    assert (tmp_path / "run" / "adapter").exists()
    answers = run.predict([(row["question"], row["context"]) for row in questions(20, seed=3)])
    assert all(answer.answer for answer in answers)
    assert run.metrics["splits"]["test"]["notes"] == [
        "suites left out, as they could change labels of 'squad': shuffle"
    ]


def test_a_run_without_its_threshold_is_damaged(question_run: Path, tmp_path: Path) -> None:
    shutil.copytree(question_run, tmp_path / "copy")
    (tmp_path / "copy" / "no_answer.json").unlink()
    with pytest.raises(PocketBertError, match=r"no_answer\.json is missing or damaged"):
        pb.load(tmp_path / "copy")


def test_what_is_for_labels_only_is_refused_at_once(
    question_run: Path, files: Path, tiny_backbone: Path, tmp_path: Path, pocketbert: Command
) -> None:
    train = ("train", files / "train.json", "--backbone", tiny_backbone, "--max-length", 48)
    taught = pocketbert(*train, "--out", tmp_path / "taught", "--set", f"teacher.run={question_run}")
    assert taught.status == 2
    assert "answer spans are learned without a teacher" in taught.problem
    suite = pocketbert("evaluate", question_run, "--suite", files / "other.jsonl")
    assert suite.status == 2
    assert "answers with spans" in suite.problem
    assert not (tmp_path / "taught").exists()


def test_a_backbone_that_reads_less_says_what_to_give(
    files: Path, tiny_backbone: Path, tmp_path: Path, pocketbert: Command
) -> None:
    refused = pocketbert(
        "train", files / "train.json", "--backbone", tiny_backbone, "--out", tmp_path / "run"
    )
    assert refused.status == 2
    assert "reads at most 128 tokens, not 384; give --max-length 128" in refused.problem
