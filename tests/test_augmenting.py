"""`augment DATA --out FILE`: rows as they were, views after them, labels and answers true, a file that reads back."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands import Command, write_rows
from disks import fill, small_disk
from pocketbert.augmentation import Policy
from pocketbert.augmenting import augment_file
from pocketbert.data import DataSettings, load, open_source
from pocketbert.data.columns import VIEW_COLUMNS
from pocketbert.recipe import make_recipe
from pocketbert.reporter import Silent
from pocketbert.tasks import load_task, task_names
from question_files import questions, write_lines, write_squad

OPENINGS = ("When the rain stopped", "After the long show", "Because the shop was closed", "Before the meal")
ENDINGS = (
    "we slowly walked home",
    "the old waiter brought a bill",
    "my friends did not wait",
    "I bought a phone",
)
SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")


def records(count: int = 40) -> list[dict[str, Any]]:
    """Rows with what columns may hold: marks that a file must quote, gaps, numbers."""
    return [
        {
            "id": f"{number:04d}",
            "review": f'{OPENINGS[number % 4]}, {ENDINGS[number // 4 % 4]} "{number}",\nreally.',
            "stars": "good" if number % 3 else "bad",
            "note": None if number % 5 else "0.50\ttabs, commas",
        }
        for number in range(count)
    ]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A file of any of the formats."""
    if path.suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        return path
    if path.suffix == ".jsonl":
        return write_lines(path, rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writerows([list(rows[0]), *(["" if v is None else v for v in row.values()] for row in rows)])
    return path


def read(path: Path) -> list[dict[str, Any]]:
    source = open_source(path)
    return [dict(zip(source.columns, values, strict=True)) for _, values in source.rows(source.columns)]


def numbers(row: dict[str, Any]) -> tuple[int, int]:
    return int(row["view_row"]), int(row["view_number"])


@pytest.mark.parametrize("before", SUFFIXES)
@pytest.mark.parametrize("after", SUFFIXES)
def test_rows_and_columns_stay_and_views_come_after_them(
    pocketbert: Command, tmp_path: Path, before: str, after: str
) -> None:
    file, out = written(tmp_path / f"reviews{before}", records()), tmp_path / f"augmented{after}"
    answer = pocketbert("augment", file, "--out", out, "--views", 3, "--workers", 0)
    assert answer.status == 0, answer.err
    original, rows = read(file), read(out)
    assert list(rows[0]) == [*original[0], *VIEW_COLUMNS]
    keeps_none = {".jsonl", ".parquet"} >= {before, after}
    of: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        of.setdefault(numbers(row)[0], []).append(row)
    assert list(of) == list(range(1, len(original) + 1))
    for number, (first, *views) in of.items():
        row = original[number - 1]
        kept = row if keeps_none else {name: "" if value is None else value for name, value in row.items()}
        found = (
            first if keeps_none else {name: "" if value is None else value for name, value in first.items()}
        )
        assert {name: found[name] for name in row} == kept
        assert first["view_operators"] in ("", None)
        assert [numbers(view)[1] for view in views] == list(range(1, len(views) + 1))
        assert len({one["review"] for one in (first, *views)}) == len(views) + 1
        for view in views:
            assert (view["id"], view["stars"], view["note"]) == (first["id"], first["stars"], first["note"])
            assert view["view_operators"]
    assert len(rows) > len(original) * 3.5
    assert f"40 rows and {len(rows) - 40} views written to {out}" in answer.err


@pytest.mark.parametrize("after", SUFFIXES)
def test_it_reads_back_as_training_data_without_options(
    pocketbert: Command, tmp_path: Path, after: str
) -> None:
    file, out = written(tmp_path / "reviews.csv", records(200)), tmp_path / f"augmented{after}"
    assert pocketbert("augment", file, "--out", out, "--views", 2, "--workers", 0).status == 0
    splits = load(DataSettings(source=str(out), cache_dir=tmp_path / "cache"))
    assert (splits.task.text, splits.task.label, splits.task.labels) == (
        ("review",),
        "stars",
        ("bad", "good"),
    )
    rows = read(out)
    label_of = {row["review"]: row["stars"] for row in rows}
    row_of = {row["review"]: row["view_row"] for row in rows}
    assert len(splits.train) + len(splits.validation) == len(rows)
    for text, label in zip(splits.train["text"], splits.train["label"], strict=True):
        assert label_of[text] == splits.task.labels[label]
    train, validation = (
        {row_of[text] for text in split["text"]} for split in (splits.train, splits.validation)
    )
    assert validation
    assert not train & validation  # no view of a training row among the validation rows


def test_types_of_parquet_stay(pocketbert: Command, tmp_path: Path) -> None:
    import datasets
    import pyarrow.parquet

    features = datasets.Features(
        {
            "text": datasets.Value("large_string"),
            "label": datasets.ClassLabel(names=["bad", "good"]),
            "tags": datasets.List(datasets.Value("int8")),
            "weight": datasets.Value("float32"),
        }
    )
    rows = [
        {"text": row["review"], "label": n % 2, "tags": [n % 7], "weight": n / 3}
        for n, row in enumerate(records(20))
    ]
    file, out = tmp_path / "rows.parquet", tmp_path / "out.parquet"
    datasets.Dataset.from_list(rows, features=features).to_parquet(str(file))
    assert pocketbert("augment", file, "--out", out, "--views", 1, "--workers", 0).status == 0
    before, after = pyarrow.parquet.read_schema(file), pyarrow.parquet.read_schema(out)
    assert [after.field(name) for name in before.names] == list(before)
    again = datasets.Dataset.from_parquet(str(out), cache_dir=str(tmp_path / "cache"))
    assert again.features["label"].names == ["bad", "good"]
    originals = again.filter(lambda row: row["view_number"] == 0, load_from_cache_file=False)
    assert (
        originals.select_columns(list(features)).to_list()
        == datasets.Dataset.from_list(rows, features).to_list()
    )


def test_the_bytes_hang_on_seed_and_epoch_alone(tmp_path: Path, pocketbert: Command) -> None:
    file = written(tmp_path / "reviews.csv", records(1_200))

    def content(name: str, *options: object) -> bytes:
        out = tmp_path / f"{name}.csv"
        answer = pocketbert("augment", file, "--out", out, "--views", 1, "--rows", 1_100, *options)
        assert answer.status == 0, answer.err
        return out.read_bytes()

    first = content("first", "--workers", 0)
    assert content("workers", "--workers", 2) == first
    assert content("seed", "--seed", 1) != first
    assert content("epoch", "--epoch", 1) != first


def test_views_are_those_that_are_shown(tmp_path: Path, pocketbert: Command) -> None:
    file, out = written(tmp_path / "reviews.csv", records(5)), tmp_path / "out.jsonl"
    options = ("--views", 1, "--seed", 3, "--epoch", 2)
    shown = json.loads(pocketbert("augment", file, *options, "--json").out)
    assert pocketbert("augment", file, "--out", out, *options).status == 0
    views = [row["review"] for row in read(out) if row["view_number"] == 1]
    assert views == [row["views"][0]["text"][0] for row in shown]


def test_pairs_of_a_paraphrase_task_change_one_side(tmp_path: Path, pocketbert: Command) -> None:
    rows = [
        (f"{OPENINGS[n % 4]}, {ENDINGS[0]}.", f"{ENDINGS[1]} {n} times when it rained.", n % 2)
        for n in range(20)
    ]
    file, out = write_rows(tmp_path / "pairs.csv", ("text", "text_pair", "label"), rows), tmp_path / "out.csv"
    assert pocketbert("augment", file, "--preset", "paraphrase", "--out", out, "--views", 2).status == 0
    sides = set()
    for row in read(out):
        number, view = numbers(row)
        if view:
            original = rows[number - 1]
            changed = [row["text"] != original[0], row["text_pair"] != original[1]]
            assert changed.count(True) == 1
            sides.add(changed[0])
    assert sides == {True, False}


def test_a_model_looks_at_the_words_where_it_is_asked_to(
    tmp_path: Path, pocketbert: Command, tiny_backbone: Path
) -> None:
    file = written(tmp_path / "reviews.csv", records(8))
    out, guarded = tmp_path / "out.jsonl", tmp_path / "guarded.jsonl"
    options = ("--views", 3, "--workers", 0)
    assert pocketbert("augment", file, "--out", out, *options).status == 0
    answer = pocketbert("augment", file, "--out", guarded, *options, "--context-guard", tiny_backbone)
    assert answer.status == 0, answer.err
    assert f"context guard {tiny_backbone}: " in answer.err
    assert [row["review"] for row in read(guarded)] != [row["review"] for row in read(out)]
    shown = json.loads(pocketbert("augment", file, *options, "--context-guard", tiny_backbone, "--json").out)
    views = [row["review"] for row in read(guarded) if numbers(row) == (1, 1)]
    assert views == shown[0]["views"][0]["text"]
    answer = pocketbert("augment", file, "--out", tmp_path / "x.csv", "--context-guard", "nowhere/at-all")
    assert "augmentation.context_guard: " in answer.problem


# Tasks


@pytest.mark.parametrize("name", task_names())
def test_a_task_reads_back_too(name: str, tmp_path: Path) -> None:
    from datasets import Dataset

    from pocketbert.data.splits import Splits
    from pocketbert.data.task_rows import training_rows

    task = load_task(name)
    context = "The show began at noon. Nobody came before the rain stopped."
    label: Any = 1 if task.labels else 2.5
    if task.kind == "spans":
        label = [{"text": "noon", "start": context.index("noon")}]
    if task.kind == "multilabel":
        label = [int(at == 1) for at in range(len(task.labels))]
    pair = {"text_pair": [context] * 3} if task.is_pair else {}
    train = Dataset.from_dict(
        {"text": [f"When did the show {n} begin?" for n in range(3)], **pair, "label": [label] * 3}
    )
    source = training_rows(Splits(task, train, train, None))
    values = [dict(zip(source.columns, values, strict=True)) for _, values in source.rows(source.columns)]
    if task.kind == "spans":
        assert values[0]["answers"] == {"text": ["noon"], "answer_start": [18]}
    else:
        from pocketbert.data.columns import resolve_label, resolve_text

        assert resolve_text(source, (), None)[0] == source.columns[:-1]
        assert resolve_label(source, None, source.columns[:-1])[0] == "label"
        named: Any = task.labels[1] if task.labels else 2.5
        assert values[0]["label"] == ([named] if task.kind == "multilabel" else named)


# Answers


@pytest.mark.parametrize("after", SUFFIXES)
@pytest.mark.parametrize("before", [".json", ".jsonl", ".parquet", ".csv"])
def test_answers_stand_where_the_file_says(
    pocketbert: Command, tmp_path: Path, before: str, after: str
) -> None:
    made = questions(60, unanswerable=0.3)
    file, out = tmp_path / f"asked{before}", tmp_path / f"out{after}"
    if before == ".json":
        write_squad(file, made)
    elif before == ".csv":
        header = list(made[0])
        lines = (
            [json.dumps(value) if name == "answers" else value for name, value in row.items()] for row in made
        )
        write_rows(file, header, lines)
    else:
        written(file, made)
    answer = pocketbert("augment", file, "--out", out, "--views", 3)
    assert answer.status == 0, answer.err
    rows = read(out)
    moved = 0
    for row in rows:
        number, view = numbers(row)
        asked = made[number - 1]
        value = json.loads(row["answers"]) if isinstance(row["answers"], str) else row["answers"]
        pairs = (
            list(zip(value["text"], value["answer_start"], strict=True))
            if isinstance(value, dict)
            else [(one["text"], one["answer_start"]) for one in value]
        )
        assert [text for text, _ in pairs] == asked["answers"]["text"]
        assert all(row["context"][start : start + len(text)] == text for text, start in pairs)
        assert row["id"] == asked["id"]
        moved += [start for _, start in pairs] != asked["answers"]["answer_start"]
        assert view or not moved or row["context"] == asked["context"]
    assert moved > 20
    splits = load(DataSettings(source=str(out), cache_dir=tmp_path / "cache"))
    assert splits.task.kind == "spans"
    assert len(splits.train) + len(splits.validation) == len(rows) > 200


SENTENCES = [
    "In 1911 the small museum was moved to the old harbour, and many visitors bought a ticket before the fire.",
    "When the bridge collapsed, the engineers quickly built another, but nobody used it until the rain stopped.",
    "The committee didn't publish its report in May; it's said that Dr. Ruiz of course refused to sign the paper.",
    "First, the surgeon really wanted an hour's rest.",
    "Then she went home on foot, happy and tired 🙂.",
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_answer_in_every_written_view_is_valid(tmp_path: Path, data: st.DataObject) -> None:
    rows = []
    for number in range(data.draw(st.integers(1, 4))):
        context = " ".join(data.draw(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4)))
        answers = []
        for _ in range(data.draw(st.integers(0, 3))):
            start = data.draw(st.integers(0, len(context) - 1))
            text = context[start : data.draw(st.integers(start + 1, len(context)))]
            if text.strip():
                answers.append((text, start))
        told = {"text": [text for text, _ in answers], "answer_start": [start for _, start in answers]}
        rows.append(
            {"id": number, "question": "What was moved, and when?", "context": context, "answers": told}
        )
    file, out = write_lines(tmp_path / "asked.jsonl", rows), tmp_path / "out.jsonl"
    out.unlink(missing_ok=True)
    policy = Policy(preset="everything", magnitude=1.0, second=1.0).model_dump(mode="json", exclude_none=True)
    data_of = {"source": str(file), "cache_dir": str(tmp_path / "cache"), "kind": "spans"}
    augment_file(
        make_recipe({"data": data_of, "augmentation": policy}, {}),
        out,
        views=6,
        rows=None,
        seed=data.draw(st.integers(0, 99)),
        epoch=0,
        workers=0,
        reporter=Silent(),
    )
    for row in read(out):
        told = row["answers"]
        assert told["text"] == rows[row["id"]]["answers"]["text"]
        for text, start in zip(told["text"], told["answer_start"], strict=True):
            assert row["context"][start : start + len(text)] == text


# Refusals


def test_what_cannot_be_written_is_said_in_a_line(pocketbert: Command, tmp_path: Path) -> None:
    file = written(tmp_path / "reviews.csv", records(8))
    there = tmp_path / "there.csv"
    there.write_text("mine", encoding="utf-8")
    cases = [
        ((file, "--out", there), "exists already; name a new file"),
        ((file, "--out", tmp_path / "out.txt"), "end its name in one of .csv, .tsv, .jsonl, .parquet"),
        ((file, "--out", tmp_path / "nowhere" / "out.csv"), "no folder"),
        (("--text", "A cat.", "--out", tmp_path / "out.csv"), "name a data file or a task"),
        ((file, "--out", tmp_path / "out.csv", "--text", "revew"), "did you mean 'review'?"),
        ((tmp_path / "reviws.csv", "--out", tmp_path / "out.csv"), "did you mean 'reviews.csv'?"),
    ]
    for arguments, told in cases:
        answer = pocketbert("augment", *arguments)
        assert (answer.status, told in answer.problem) == (2, True), answer.err
    assert there.read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reviews.csv", "there.csv"]


def test_a_set_with_views_is_not_augmented_again(pocketbert: Command, tmp_path: Path) -> None:
    file, out = written(tmp_path / "reviews.csv", records(8)), tmp_path / "out.csv"
    assert pocketbert("augment", file, "--out", out).status == 0
    answer = pocketbert("augment", out, "--out", tmp_path / "again.csv")
    assert (answer.status, "has a column 'view_number' already" in answer.problem) == (2, True)


def test_a_wrong_row_leaves_no_file(pocketbert: Command, tmp_path: Path) -> None:
    rows = questions(30)
    rows[20]["answers"]["answer_start"] = [1]
    file, out = write_lines(tmp_path / "asked.jsonl", rows), tmp_path / "out.csv"
    answer = pocketbert("augment", file, "--out", out)
    assert (answer.status, "row 21: the answer" in answer.problem) == (1, True)
    mixed = write_lines(tmp_path / "mixed.jsonl", [{"text": "a cat", "n": 1}, {"text": "a dog", "n": "two"}])
    answer = pocketbert("augment", mixed, "--out", tmp_path / "out.parquet")
    assert (answer.status, "name it .jsonl" in answer.problem) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["asked.jsonl", "mixed.jsonl"]


@pytest.mark.parametrize("after", SUFFIXES)
def test_a_full_disk_leaves_no_file(pocketbert: Command, tmp_path: Path, after: str) -> None:
    file = written(tmp_path / "reviews.csv", records(400))
    with small_disk(tmp_path / "disk", 1) as disk:
        fill(disk, leave=4096)
        answer = pocketbert("augment", file, "--out", disk / f"out{after}")
        assert (answer.status, "the disk is full; make room and try again" in answer.problem) == (1, True)
        assert [path.name for path in disk.iterdir()] == ["filler"]


def test_rows_without_words_stay_and_have_no_views(pocketbert: Command, tmp_path: Path) -> None:
    rows = [
        {"text": text, "label": "x"} for text in ("", "   ", "42", "🙂", "?", "When it rained, we slept.")
    ]
    file, out = write_lines(tmp_path / "few.jsonl", rows), tmp_path / "out.jsonl"
    answer = pocketbert("augment", file, "--out", out, "--views", 2, "--text", "text")
    assert answer.status == 0
    found = read(out)
    assert [row["text"] for row in found if row["view_number"] == 0] == [row["text"] for row in rows]
    assert {row["view_row"] for row in found if row["view_number"]} == {6}
    assert "10 views left out" in answer.err
