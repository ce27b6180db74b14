"""Answer spans from files: SQuAD's JSON, the hub's layout, and what is wrong with either, in one line."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from review_files import Load

from pocketbert.data import check, open_source, read_examples
from pocketbert.data.answers import answer_columns, gold_texts, holds_answers, stored_answers
from pocketbert.data.answers import questions as questions_of
from pocketbert.data.stored import dataset_source
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.recipe import resolve
from question_files import Record, questions, write_lines, write_squad

CONTEXT = "Ada was born in London. She wrote to Charles."


def row(**changes: Any) -> Record:
    answers = {"text": ["London"], "answer_start": [16]}
    return {
        "id": "1", "question": "Where was Ada born?", "context": CONTEXT, "answers": answers, **changes
    }  # fmt: skip


def test_squads_json_and_the_hubs_layout_read_alike(tmp_path: Path, load_file: Load) -> None:
    rows = questions(60, unanswerable=0.3)
    squad = load_file(write_squad(tmp_path / "one.json", rows))
    lines = load_file(write_lines(tmp_path / "two.jsonl", rows))
    parquet = tmp_path / "three.parquet"
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), parquet)
    flat = tmp_path / "four.csv"
    with flat.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "context", "answers"])
        writer.writerows([one["question"], one["context"], json.dumps(one["answers"])] for one in rows)
    for name in ("train", "validation"):
        read = [
            splits.named[name].to_list()
            for splits in (squad, lines, load_file(parquet), load_file(flat, kind="spans"))
        ]
        assert read[0] == read[1] == read[2] == read[3]
    assert squad.task.kind == "spans"
    assert squad.task.unanswerable
    assert any("of them without an answer" in note for note in squad.notes)


def test_every_answer_stands_where_it_says(tmp_path: Path, load_file: Load) -> None:
    splits = load_file(write_squad(tmp_path / "all.json", questions(80)))
    assert not splits.task.unanswerable
    for one in splits.train:
        (answer,) = stored_answers(one["label"])
        assert one["text_pair"][answer.start : answer.span.end] == answer.text


def test_questions_on_one_context_stay_on_one_side(tmp_path: Path, load_file: Load) -> None:
    rows = [
        one | {"id": f"{one['id']}-{again}", "question": f"{one['question']} {again}"}
        for one in questions(40)
        for again in range(5)
    ]
    splits = load_file(write_lines(tmp_path / "shared.jsonl", rows), validation_share=0.3)
    train, validation = ({one["text_pair"] for one in split} for split in (splits.train, splits.validation))
    assert validation
    assert not train & validation


def test_several_right_answers_are_kept_each_once(tmp_path: Path, load_file: Load) -> None:
    several = row(answers={"text": ["London", "in London", "London"], "answer_start": [16, 13, 16]})
    path = write_lines(tmp_path / "several.jsonl", [several])
    task = load_file(write_lines(tmp_path / "train.jsonl", questions(20))).task
    assert list(gold_texts(read_examples(path, task))) == [("London", "in London")]


def test_an_answer_a_little_beside_its_start_is_taken_where_it_stands(
    tmp_path: Path, load_file: Load
) -> None:
    beside = row(answers={"text": ["London", "London"], "answer_start": [15, 16]})
    splits = load_file(write_lines(tmp_path / "beside.jsonl", [*questions(20), beside]))
    assert [note for note in splits.notes if "answer_start" in note] == [
        f"1 answer of {tmp_path / 'beside.jsonl'} taken where the context has the text, a few characters beside "
        "answer_start"
    ]
    found = [
        one
        for split in (splits.train, splits.validation)
        for one in split
        if one["text"] == beside["question"]
    ]
    assert [answer["start"] for answer in found[0]["label"]] == [16, 16]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"answers": {"text": ["London"], "answer_start": [12]}},
            "the answer 'London' is not what stands at character 12 of its context, ' in Lo'; it stands at 16",
        ),
        ({"answers": {"text": ["Paris"], "answer_start": [16]}}, "the context does not hold it"),
        ({"answers": {"text": ["London"], "answer_start": [-3]}}, "it stands at 16"),
        ({"answers": {"text": [""], "answer_start": [0]}}, "an answer is empty"),
        ({"answers": {"text": ["London"], "answer_start": []}}, "answers were expected"),
        ({"answers": {"text": ["London"], "answer_start": ["16"]}}, "answers were expected"),
        ({"answers": "London"}, "answers were expected"),
        ({"answers": None}, "answers were expected"),
        ({"id": "0-3"}, "has the id '0-3' of row 4"),
        ({"context": ["a", "list"]}, "column 'context': a text was expected, not a list"),
    ],
)
def test_a_wrong_row_is_named_in_one_line(
    changes: Record, problem: str, tmp_path: Path, load_file: Load
) -> None:
    path = write_lines(tmp_path / "wrong.jsonl", [*questions(20), row(**changes)])
    with pytest.raises(PocketBertError) as refused:
        load_file(path)
    assert problem in str(refused.value)
    assert "row 21" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_first_squad_has_an_answer_for_every_question(tmp_path: Path, load_file: Load) -> None:
    rows = questions(40)
    write_squad(tmp_path / "train-v1.1.json", [*rows[1:], row(answers={"text": [], "answer_start": []})])
    write_squad(tmp_path / "dev-v1.1.json", rows[:1])
    with pytest.raises(
        PocketBertError, match=r"row 40 has no answer, and this task has no questions without"
    ):
        load_file("squad", data_dir=tmp_path)


def test_both_squads_come_from_their_published_files(tmp_path: Path, load_file: Load) -> None:
    for version in ("1.1", "2.0"):
        share = 0.3 if version == "2.0" else 0.0
        write_squad(tmp_path / f"train-v{version}.json", questions(60, unanswerable=share))
        write_squad(tmp_path / f"dev-v{version}.json", questions(10, unanswerable=share, seed=1))
    for name in ("squad", "squad_v2"):
        splits = load_file(name, data_dir=tmp_path)
        assert splits.test is not None
        assert len(splits.test) == 10
        assert len(splits.train) + len(splits.validation) == 60
        assert (() in list(gold_texts(splits.train))) == (name == "squad_v2")


def test_rows_of_the_hub_read_as_those_of_files(tmp_path: Path, load_file: Load) -> None:
    import datasets

    rows = questions(30, unanswerable=0.3)
    answers = {
        "text": datasets.List(datasets.Value("string")),
        "answer_start": datasets.List(datasets.Value("int32")),
    }
    words = {name: datasets.Value("string") for name in ("id", "question", "context")}
    features = datasets.Features({**words, "answers": answers})
    hub = dataset_source(datasets.Dataset.from_list(rows, features=features), "the hub")
    file = open_source(write_squad(tmp_path / "one.json", rows))
    read = [
        list(questions_of(source, answer_columns(source, (), None), unanswerable=True))
        for source in (hub, file)
    ]
    assert read[0] == read[1]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"data": [{"paragraphs": [{"context": "x"}]}]}', "article 1, paragraph 1 has no list 'qas'"),
        ('{"data": {"paragraphs": []}}', "has no list 'data', as SQuAD's JSON does"),
        ('{"data": [{"paragraphs": [', "line 1 is not JSON"),
        ('{"data": [{"paragraphs": [{"context": "x", "qas": [7]}]}]}', "a question is no record"),
    ],
)
def test_a_damaged_file_is_refused(content: str, problem: str, tmp_path: Path, load_file: Load) -> None:
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(PocketBertError, match=problem):
        load_file(tmp_path / "bad.json", kind="spans")


def test_columns_are_named_or_those_of_squad(tmp_path: Path, load_file: Load) -> None:
    rows = [
        {"asked": one["question"], "passage": one["context"], "found": one["answers"]}
        for one in questions(30)
    ]
    path = write_lines(tmp_path / "own.jsonl", rows)
    splits = load_file(path, text=("asked", "passage"), label="found")
    assert splits.task.text == ("asked", "passage")
    usual = write_squad(tmp_path / "usual.json", questions(5))
    assert read_examples(usual, splits.task)["text"] == [one["question"] for one in questions(5)]
    with pytest.raises(ArgumentError, match="no column 'question'"):
        load_file(path)
    with pytest.raises(ArgumentError, match="name two texts, the question and its context"):
        load_file(path, text=("asked",), label="found")


def test_a_recipe_of_questions_brings_their_preset_and_length(tmp_path: Path) -> None:
    squad = write_squad(tmp_path / "one.json", questions(4))
    assert holds_answers(squad)
    for recipe in (resolve(str(squad), {}, {}), resolve("squad_v2", {}, {})):
        assert (recipe.augmentation.preset, recipe.data.max_length) == ("qa", 384)
    own = resolve(str(squad), {"data.max_length": 64, "augmentation.preset": "default"}, {})
    assert (own.augmentation.preset, own.data.max_length) == ("default", 64)
    (tmp_path / "labels.jsonl").write_text('{"text": "x", "label": "y"}\n')
    assert not holds_answers(tmp_path / "labels.jsonl")
    assert resolve("sst2", {}, {}).data.max_length == 128


def test_check_counts_questions_without_an_answer(tmp_path: Path, load_file: Load) -> None:
    rows = questions(60, unanswerable=0.4)
    splits = load_file(write_squad(tmp_path / "all.json", rows))
    report = check(splits, None, 20)
    without = sum(not one["answers"]["text"] for one in rows)
    assert sum(counts["no answer"] for counts in report.label_counts.values()) == without
    assert report.truncated_share == 0
    assert report.windowed_share > 0.3
    assert any("read in several windows" in line for line in report.warnings)
