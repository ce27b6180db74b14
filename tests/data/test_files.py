"""A user's own file: formats, columns, labels of any type, and characters of any kind."""

import json
from pathlib import Path

import pytest
from review_files import Load, Write, reviews

from pocketbert.data import DataSettings, load, read_examples
from pocketbert.errors import PocketBertError
from pocketbert.tasks import load_task

TEXTS = [
    f"message {n} “quoted” 😀 {'مرحبا' if n % 2 else 'שלום'}\u200b\nsecond line, with commas"
    for n in range(30)
]
ROWS = [{"text": text, "label": "spam" if n % 3 == 0 else "ham"} for n, text in enumerate(TEXTS)]


def csv_of(rows: list[dict[str, object]], delimiter: str = ",", end: str = "\n") -> str:
    lines = [delimiter.join(rows[0])]
    lines += [
        delimiter.join('"' + str(value).replace('"', '""') + '"' for value in row.values()) for row in rows
    ]
    return end.join(lines) + end


def write_all(folder: Path) -> list[Path]:
    import pyarrow as pa
    import pyarrow.parquet

    contents = {
        "rows.csv": csv_of(ROWS),
        "bom.csv": "\ufeff" + csv_of(ROWS),
        "windows.csv": csv_of(ROWS, end="\r\n"),
        "old mac [1].csv": csv_of(ROWS, end="\r"),
        "rows.tsv": csv_of(ROWS, "\t"),
        "rows.jsonl": "\n".join(json.dumps(row) for row in ROWS),
        "bom.jsonl": "\ufeff" + "\n\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS),
        "rows.json": json.dumps(ROWS, indent=1),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content.encode())
    pyarrow.parquet.write_table(pa.Table.from_pylist(ROWS), folder / "rows[1].parquet")
    return [*(folder / name for name in contents), folder / "rows[1].parquet"]


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    for path in write_all(tmp_path):
        splits = load(DataSettings(source=str(path), cache_dir=tmp_path / "cache"))
        rows = {row["text"]: row["label"] for split in splits.named.values() for row in split}
        assert rows == {row["text"]: int(row["label"] == "spam") for row in ROWS}, path.name
        assert splits.task.labels == ("ham", "spam"), path.name
        assert splits.task.name == path.stem


def test_texts_that_look_like_missing_values_stay(write: Write, load_file: Load) -> None:
    words = ["NA", "None", "n/a", "NULL", "nan", "null"]
    rows = [f"{word}{end},{label}\n" for word in words for end, label in (("", "null"), ("!", "nan"))]
    splits = load_file(write("na.csv", "text,label\n" + "".join(rows)))
    assert splits.task.labels == ("nan", "null")
    assert {row["text"] for split in splits.named.values() for row in split} == {
        word + end for word in words for end in ("", "!")
    }


def test_a_text_of_a_megabyte(write: Write, load_file: Load) -> None:
    big = "word " * 200_000
    splits = load_file(write("big.csv", reviews() + f"{big},pos\n"))
    assert big in [*splits.train["text"], *splits.validation["text"]]


def test_guessed_columns_are_said(write: Write, load_file: Load) -> None:
    splits = load_file(
        write("odd.csv", "id,was sagt er,stars\n" + "".join(f"{n},satz {n},{n % 5}\n" for n in range(50)))
    )
    assert splits.task.text == ("was sagt er",)
    assert splits.task.label == "stars"
    assert "columns guessed: text from 'was sagt er' (--text), label from 'stars' (--label)" in splits.notes


def test_a_pair_is_guessed_or_named(write: Write, load_file: Load) -> None:
    path = write(
        "pairs.csv", "premise,hypothesis,label\n" + "".join(f"p {n},h {n},{'yn'[n % 2]}\n" for n in range(30))
    )
    assert load_file(path).task.text == ("premise", "hypothesis")
    named = load_file(path, text=("hypothesis", "premise"), label="label")
    assert named.train.column_names == ["text", "text_pair", "label"]
    assert named.train[0]["text"].startswith("h ")
    assert named.notes[0].startswith("F1 counts 'y' as the positive label")


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([1, 2, 10], ("1", "2", "10")),
        ([True, False], ("false", "true")),
        ([0.5, 1.0, 10.0], ("0.5", "1", "10")),
        (["b", " a "], ("a", "b")),
    ],
)
def test_labels_of_any_type_become_sorted_classes(
    values: list[object], labels: tuple[str, ...], write: Write, load_file: Load
) -> None:
    rows = [{"text": f"text {n}", "label": values[n % len(values)]} for n in range(30)]
    splits = load_file(write("typed.jsonl", "\n".join(json.dumps(row) for row in rows)))
    assert splits.task.kind == "classification"
    assert splits.task.labels == labels


def test_many_numbers_are_a_regression_unless_said_otherwise(write: Write, load_file: Load) -> None:
    path = write("scores.csv", "text,score\n" + "".join(f"text {n},{n % 100 / 10}\n" for n in range(300)))
    splits = load_file(path)
    assert splits.task.kind == "regression"
    assert splits.task.label_range == (0.0, 9.9)
    assert splits.task.metrics == ("pearson", "spearman")
    assert any("taken as a regression" in note for note in splits.notes)
    assert load_file(path, kind="classification").task.kind == "classification"


def test_class_numbers_are_classes(write: Write, load_file: Load) -> None:
    path = write("ids.csv", "text,label\n" + "".join(f"text {n},{n % 30}\n" for n in range(600)))
    splits = load_file(path)
    assert splits.task.kind == "classification"
    assert splits.task.labels == tuple(str(n) for n in range(30))
    assert any("taken as classes" in note for note in splits.notes)


def test_a_few_numbers_are_a_regression_when_asked(write: Write, load_file: Load) -> None:
    path = write("stars.csv", "text,stars\n" + "".join(f"text {n},{n % 5 + 1}\n" for n in range(50)))
    assert load_file(path).task.kind == "classification"
    splits = load_file(path, kind="regression")
    assert splits.task.label_range == (1.0, 5.0)
    assert isinstance(splits.train[0]["label"], float)


def test_metrics_follow_the_labels(write: Write, load_file: Load) -> None:
    balanced = load_file(write("even.csv", reviews()))
    assert balanced.task.metrics == ("accuracy", "f1_macro", "f1", "matthews")
    assert balanced.task.main_metric == "accuracy"
    rare = "text,label\n" + "".join(f"text {n},{'rare' if n % 10 == 0 else 'common'}\n" for n in range(100))
    skewed = load_file(write("skewed.csv", rare))
    assert skewed.task.main_metric == "f1_macro"
    assert any("90% of the rows are 'common'" in note for note in skewed.notes)


def test_numbers_as_text_are_taken_and_said(write: Write, load_file: Load) -> None:
    splits = load_file(
        write("numbers.csv", "text,label\n" + "".join(f"00{n},{'ab'[n % 2]}\n" for n in range(20)))
    )
    assert splits.train[0]["text"].startswith("00")
    assert any("holds only numbers" in note for note in splits.notes)


def test_validation_and_test_files_are_used_whole(write: Write, load_file: Load) -> None:
    train = write("train.csv", reviews(40))
    splits = load_file(
        train, validation=write("v.csv", reviews(10, begin=100)), test=write("t.csv", reviews(6, begin=200))
    )
    assert {name: len(split) for name, split in splits.named.items()} == {
        "train": 40,
        "validation": 10,
        "test": 6,
    }


def test_rows_without_text_are_left_out_of_training_and_counted(write: Write, load_file: Load) -> None:
    splits = load_file(write("gaps.csv", reviews(20) + '"",pos\n"  ",neg\n'))
    assert len(splits.train) + len(splits.validation) == 20
    assert splits.left_out["train"] == 2
    assert any("2 rows" in note and "no text" in note for note in splits.notes)


def test_reading_for_prediction_keeps_every_row_and_needs_no_labels(
    write: Write, load_file: Load, tmp_path: Path
) -> None:
    task = load_file(write("train.csv", reviews())).task
    path = write("new.csv", 'text\nfirst\n""\nthird\n')
    rows = read_examples(path, task, labelled=False, cache_dir=tmp_path / "cache")
    assert rows["text"][:] == ["first", "", "third"]
    assert rows.column_names == ["text"]


def test_reading_for_evaluation_maps_the_labels_of_training(
    write: Write, load_file: Load, tmp_path: Path
) -> None:
    task = load_file(write("train.csv", reviews())).task
    rows = read_examples(write("new.csv", "text,label\na,pos\nb,neg\n"), task, cache_dir=tmp_path / "cache")
    assert rows["label"][:] == [1, 0]
    with pytest.raises(PocketBertError, match=r"row 2, column 'label': no label 'poss'; did you mean 'pos'"):
        read_examples(write("typo.csv", "text,label\na,pos\nb,poss\n"), task, cache_dir=tmp_path / "cache")
    with pytest.raises(PocketBertError, match="row 1, column 'label': the label is missing"):
        read_examples(write("gap.csv", 'text,label\na,""\nb,pos\n'), task, cache_dir=tmp_path / "cache")


def test_quotes_in_a_tsv_that_enclose_nothing_stay(write: Write, load_file: Load) -> None:
    rows = [f'" never closed {n}\t{"ab"[n % 2]}' for n in range(20)]
    splits = load_file(write("corpus.tsv", "text\tlabel\n" + "\n".join(rows)))
    assert splits.train[0]["text"].startswith('" never closed')


def test_half_a_surrogate_pair_is_no_accident(write: Write, load_file: Load) -> None:
    rows = [f'{{"text": "cut \\ud83d {n}", "label": "{"ab"[n % 2]}"}}' for n in range(20)]
    assert load_file(write("cut.jsonl", "\n".join(rows))).train[0]["text"].startswith("cut ? ")


def test_a_list_of_records_larger_than_what_is_read_at_once(write: Write, load_file: Load) -> None:
    rows = [{"text": f"{n} " + "brackets ] } , " * 30_000, "label": "ab"[n % 2]} for n in range(8)]
    splits = load_file(write("large.json", json.dumps(rows)))
    texts = {row["text"] for split in splits.named.values() for row in split}
    assert texts == {row["text"] for row in rows}


def test_a_file_of_a_catalogue_task_is_read_in_its_own_columns(write: Write, tmp_path: Path) -> None:
    rows = read_examples(
        write("dev.tsv", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t5\t6\tone\ttwo\n"),
        load_task("mrpc"),
        cache_dir=tmp_path / "cache",
    )
    assert rows[0] == {"text": "one", "text_pair": "two", "label": 1}
