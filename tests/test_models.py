"""`pocketbert models`: the family on the terminal and as JSON, and the page of attention."""

import json
from pathlib import Path

import pytest

from commands import Command

NAMES = ["BERT_LARGE", "BERT_BASE", "IB-BERT_LARGE", "MobileBERT", "MobileBERT_TINY", "bundled"]


def test_the_family_is_shown_within_a_terminal_beside_the_published_figures(pocketbert: Command) -> None:
    answer = pocketbert("models")
    assert answer.status == 0
    tables = answer.out.split("\n\n")[:3]
    for table in tables:
        lines = table.splitlines()
        assert [line.split()[0] for line in lines[1:]] == NAMES
        assert max(map(len, lines)) <= 80
    shapes, parts, costs = (
        {line.split()[0]: line.split()[1:] for line in table.splitlines()} for table in tables
    )
    assert shapes["IB-BERT_LARGE"] == ["24", "4", "512", "1,024", "4,096", "x", "1", "LayerNorm", "GELU"]
    assert parts["MobileBERT"] == ["4,367,104", "2,764,800", "4,737,024", "12,644,352", "68,608"]
    assert costs["MobileBERT"] == ["24,581,888", "25.3", "M", "2.69", "G", "98.3", "MB", "25.1", "MB"]
    assert "4.3 times smaller" in answer.out


def test_the_family_as_json(pocketbert: Command) -> None:
    content = json.loads(pocketbert("models", "--json").out)
    assert (content["schema"], content["length"]) == (1, 128)
    assert [model["name"] for model in content["models"]] == NAMES
    teacher = content["models"][2]
    assert (teacher["parameters"], teacher["published_millions"]) == (294_205_184, 293)
    assert sum(teacher["by_part"].values()) == teacher["parameters"]
    assert len(content["explanation"]) == 4


def test_attention_without_a_teacher_says_that_one_can_be_named(
    pocketbert: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = pocketbert("models", "--attention", "The cat sat on the mat.")
    assert answer.status == 0
    assert "bundled alone; name a teacher with --teacher FOLDER" in answer.out
    assert answer.out.endswith("page: attention.html\n")
    assert "The cat sat on the mat." in (tmp_path / "attention.html").read_text(encoding="utf-8")


def test_attention_of_a_teacher_and_a_student(
    pocketbert: Command, tmp_path: Path, tiny_backbone: Path
) -> None:
    page = tmp_path / "page.html"
    both = ("--teacher", tiny_backbone, "--student", tiny_backbone, "--out", page)
    answer = pocketbert("models", "--attention", "the phone was good", *both)
    assert answer.status == 0
    assert [line.split() for line in answer.out.splitlines()[1:3]] == [
        ["layer", "1", "1", "0%"],
        ["layer", "2", "2", "0%"],
    ]
    assert page.is_file()
    content = json.loads(pocketbert("models", "--attention", "the phone was good", *both, "--json").out)
    assert content["page"] == str(page)
    assert content["layers"][0] == {"layer": 1, "teacher_layer": 1, "elsewhere": 0.0}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--attention", "A cat.", "--out", "page.txt"], "give a name that ends in .html"),
        (["--attention", "A cat.", "--teacher", "no where"], "no folder no where for --teacher"),
        (["--attention", "A cat.", "--student", ""], "--student is empty"),
        (["--attention", ""], "no words in it"),
        (["--attention", "cat " * 50], "52 tokens, and 32 are the most"),
    ],
)
def test_wrong_arguments_end_with_status_2_and_one_line(
    pocketbert: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = pocketbert("models", *arguments)
    assert words in answer.problem
    assert (answer.status, answer.out, list(tmp_path.iterdir())) == (2, "", [])
