"""Several labels a row: every layout is read alike, and what is wrong is named with file, row and column."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from pocketbert.data import DataSettings, Splits, check, load, open_source, read_examples
from pocketbert.data.answers import holds_questions
from pocketbert.data.columns import VIEW_COLUMNS
from pocketbert.data.label_sets import read_names
from pocketbert.data.task_rows import training_rows
from pocketbert.errors import ArgumentError, PocketBertError

ASKED = (("billing",), ("billing", "refund"), ("shipping",), (), ("refund",), ("shipping", "billing"))
NAMES = ("billing", "refund", "shipping")


def texts(count: int) -> list[str]:
    return [f"message number {number} about an order" for number in range(count)]


def sets(count: int) -> list[tuple[str, ...]]:
    return [ASKED[number % len(ASKED)] for number in range(count)]


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def joined(path: Path, separator: str = "|", count: int = 60) -> Path:
    rows = [(text, separator.join(names)) for text, names in zip(texts(count), sets(count), strict=True)]
    return write_csv(path, ("text", "topics"), rows)


def loaded(path: Path, **settings: Any) -> Splits:
    return load(DataSettings(source=str(path), cache_dir=path.parent / "cache", **settings))


def read(splits: Splits) -> dict[str, set[str]]:
    """The labels of every text, by name."""
    rows = [row for split in (splits.train, splits.validation) for row in split]
    return {
        row["text"]: {name for name, given in zip(splits.task.labels, row["label"], strict=True) if given}
        for row in rows
    }


EVERY_ROW = {text: set(names) for text, names in zip(texts(60), sets(60), strict=True)}


def as_lines(path: Path) -> Path:
    pairs = zip(texts(60), sets(60), strict=True)
    path.write_text("".join(f"{json.dumps({'text': a, 'topics': b})}\n" for a, b in pairs), encoding="utf-8")
    return path


def as_columns(path: Path, *, on: Any = 1, off: Any = 0) -> Path:
    rows = [
        (text, *(on if name in given else off for name in NAMES))
        for text, given in zip(texts(60), sets(60), strict=True)
    ]
    return write_csv(path, ("text", *NAMES), rows)


def as_hub_parquet(path: Path) -> Path:
    numbers = [[NAMES.index(name) for name in given] for given in sets(60)]
    features = Features({"text": Value("string"), "labels": List(ClassLabel(names=list(NAMES)))})
    Dataset.from_dict({"text": texts(60), "labels": numbers}, features=features).to_parquet(str(path))
    return path


def as_printed(path: Path) -> Path:
    """As pandas writes a column of lists."""
    rows = [(text, str(list(given))) for text, given in zip(texts(60), sets(60), strict=True)]
    return write_csv(path, ("text", "topics"), rows)


LAYOUTS = {
    "joined.csv": (joined, {"label": "topics"}),
    "lines.jsonl": (as_lines, {"label": "topics"}),
    "columns.csv": (as_columns, {}),
    "hub.parquet": (as_hub_parquet, {}),
    "printed.csv": (as_printed, {"label": "topics"}),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_holds_the_same_rows(name: str, tmp_path: Path) -> None:
    write, settings = LAYOUTS[name]
    splits = loaded(write(tmp_path / name), **settings)
    assert splits.task.kind == "multilabel"
    assert splits.task.labels == NAMES
    assert splits.task.main_metric == "f1_micro"
    assert read(splits) == EVERY_ROW
    assert any("several labels a row" in note for note in splits.notes)
    assert any("10 of 60 rows have none" in note for note in splits.notes)


@pytest.mark.parametrize(("on", "off"), [("1.0", "0.0"), ("true", "false"), ("True", "False")])
def test_columns_of_0_and_1_may_be_written_otherwise(on: str, off: str, tmp_path: Path) -> None:
    assert read(loaded(as_columns(tmp_path / "rows.csv", on=on, off=off))) == EVERY_ROW


def test_a_separator_that_is_not_guessed_can_be_named(tmp_path: Path) -> None:
    for number, separator in enumerate((",", " ", " / ")):
        path = joined(tmp_path / f"rows{number}.csv", separator)
        assert read(loaded(path, label="topics", label_separator=separator)) == EVERY_ROW


def test_columns_can_be_named(tmp_path: Path) -> None:
    splits = loaded(as_columns(tmp_path / "rows.csv"), label_columns=("refund", "billing"))
    assert splits.task.labels == ("billing", "refund")
    assert read(splits) == {text: given - {"shipping"} for text, given in EVERY_ROW.items()}


def test_one_label_a_row_stays_a_classification(tmp_path: Path) -> None:
    plain = write_csv(
        tmp_path / "plain.csv",
        ("text", "topic", "urgent"),
        [(text, NAMES[at % 3], at % 2) for at, text in enumerate(texts(60))],
    )
    assert loaded(plain, label="topic").task.kind == "classification"
    odd = write_csv(
        tmp_path / "odd.csv",
        ("text", "label"),
        [(text, ("a|b", "shipping; fast", "refund")[at % 3]) for at, text in enumerate(texts(60))],
    )
    kept = loaded(odd)
    assert kept.task.labels == ("a|b", "refund", "shipping; fast")
    assert any("'a|b' in column 'label' is taken as one label" in note for note in kept.notes)
    told = loaded(
        joined(tmp_path / "told.csv").rename(tmp_path / "kept.csv"), kind="multilabel", label="topics"
    )
    assert told.task.kind == "multilabel"


def test_rows_without_a_label_need_the_kind_where_nothing_shows_it(tmp_path: Path) -> None:
    rows = [(text, given[0] if given else "") for text, given in zip(texts(60), sets(60), strict=True)]
    path = write_csv(tmp_path / "rows.csv", ("text", "label"), rows)
    with pytest.raises(PocketBertError, match="no label in column 'label' in rows 4, 10"):
        loaded(path)
    assert read(loaded(path, kind="multilabel"))["message number 3 about an order"] == set()


def test_what_augment_adds_is_no_label(tmp_path: Path) -> None:
    header = ("text", "urgent", *VIEW_COLUMNS)
    rows = [(text, at % 2, at // 2 + 1, at % 2, "") for at, text in enumerate(texts(60))]
    splits = loaded(write_csv(tmp_path / "rows.csv", header, rows))
    assert (splits.task.kind, splits.task.label) == ("classification", "urgent")
    several = [(*row[:2], int(row[1] == 0), *row[2:]) for row in rows]
    splits = loaded(write_csv(tmp_path / "more.csv", ("text", "urgent", "calm", *VIEW_COLUMNS), several))
    assert splits.task.labels == ("calm", "urgent")


def test_each_label_is_in_train_and_validation(tmp_path: Path) -> None:
    rows = [(text, "common") for text in texts(200)]
    rows += [(f"a rare wish {number}", "common|rare") for number in range(6)]
    splits = loaded(
        write_csv(tmp_path / "rows.csv", ("text", "label"), rows), kind="multilabel", label_separator="|"
    )
    for split in (splits.train, splits.validation):
        assert sum(label[splits.task.labels.index("rare")] for label in split["label"]) >= 1


def test_a_test_file_may_have_another_layout(tmp_path: Path) -> None:
    splits = loaded(joined(tmp_path / "rows.csv"), label="topics", test=as_columns(tmp_path / "test.csv"))
    assert splits.test is not None
    assert [sum(label) for label in splits.test["label"]] == [len(given) for given in sets(60)]
    again = read_examples(joined(tmp_path / "more.csv"), splits.task, cache_dir=tmp_path / "cache")
    assert again["label"] == splits.test["label"]


def test_views_are_made_of_rows_with_their_labels_by_name(tmp_path: Path) -> None:
    splits = loaded(joined(tmp_path / "rows.csv"), label="topics")
    source = training_rows(splits)
    assert {text: set(names) for _, (text, names) in source.rows(("text", "label"))} == {
        text: given for text, given in EVERY_ROW.items() if text in set(splits.train["text"])
    }
    assert not holds_questions(splits.train)


def test_the_check_counts_rows_of_each_label(tmp_path: Path) -> None:
    path = joined(tmp_path / "rows.csv")
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("the same words", "billing"), ("the same words", "refund|billing")])
    splits = loaded(path, label="topics", validation=joined(tmp_path / "validation.csv", count=30))
    report = check(splits, None, 128)
    assert report.label_counts["train"] == {"billing": 32, "refund": 21, "shipping": 20}
    assert report.label_counts["validation"] == {"billing": 15, "refund": 10, "shipping": 10}
    assert report.conflicting == 1


def test_a_label_that_training_never_has_is_told(tmp_path: Path) -> None:
    path = as_columns(tmp_path / "rows.csv")
    rows = [(*row, 0) for _, row in open_source(path).rows(("text", *NAMES))]
    splits = loaded(write_csv(tmp_path / "more.csv", ("text", *NAMES, "praise"), rows))
    assert splits.task.labels == (*NAMES[:1], "praise", *NAMES[1:])
    assert "train: no row has the label 'praise'" in check(splits, None, 128).warnings


@pytest.mark.parametrize(
    ("header", "rows", "settings", "message"),
    [
        (("text", "label"), [("one", "a|b"), ("two", "a||b"), ("three", "b")], {"label_separator": "|"},
         r"rows.csv: row 2, column 'label': an empty label in 'a\|\|b'"),
        (("text", "a", "b"), [("one", "1", "0"), ("two", "2", "0")], {"label_columns": ("a", "b")},
         "rows.csv: row 2, column 'a': 0 or 1 was expected, not '2'"),
        (("text", "a", "b"), [("one", "1", "0"), ("two", "", "0")], {"label_columns": ("a", "b")},
         "rows.csv: row 2, column 'a': 0 or 1 was expected, not nothing"),
        (("text", "label"), [("one", ""), ("two", "")], {"kind": "multilabel"}, "no row has a label in column 'label'"),
        (("text", "label"), [("one", "a|b"), ("two", "b|a")], {"kind": "multilabel", "label_separator": "|"},
         "every row has every label"),
        (("text", "label"), [("", "a|b"), (" ", "b|a")], {"kind": "multilabel"},
         "every text in column 'text' is empty"),
    ],
)  # fmt: skip
def test_bad_rows_are_named(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    settings: dict[str, Any],
    message: str,
    tmp_path: Path,
) -> None:
    path = write_csv(tmp_path / "rows.csv", header, rows)
    with pytest.raises(PocketBertError, match=message):
        loaded(path, text=("text",), **settings)


def test_bad_requests_are_refused(tmp_path: Path) -> None:
    path = as_columns(tmp_path / "rows.csv")
    for settings, message in [
        ({"label_columns": ("billing", "text")}, "'text' is both a text and a label"),
        ({"label_columns": ("billing", "billing")}, "'billing' is named twice"),
        ({"label_columns": ("biling",)}, "no column 'biling'; did you mean 'billing'"),
        ({"label_columns": ("billing",), "label": "refund"}, "leave --label and --label-separator out"),
        ({"label_separator": "|", "kind": "classification"}, 'not of kind "classification"'),
    ]:
        with pytest.raises(ArgumentError, match=message):
            loaded(path, text=("text",), **settings)
    with pytest.raises(ArgumentError, match="names its own columns"):
        load(DataSettings(source="sst2", label_separator="|"))


def test_an_unknown_label_in_a_test_file_is_named(tmp_path: Path) -> None:
    rows = [("one more message", "billing|refnud")]
    path = write_csv(tmp_path / "test.csv", ("text", "topics"), rows)
    with pytest.raises(
        PocketBertError, match=r"test.csv: row 1, column 'topics': no label 'refnud'; did you mean 'refund'"
    ):
        loaded(joined(tmp_path / "rows.csv"), label="topics", test=path)
    lacking = write_csv(tmp_path / "lacking.csv", ("text", "billing", "refund"), [("one", 1, 0)])
    with pytest.raises(ArgumentError, match=r"lacking.csv: no column 'shipping'"):
        loaded(joined(tmp_path / "rows.csv"), label="topics", test=lacking)
    without = write_csv(tmp_path / "without.csv", ("text", "other"), [("one", 1)])
    with pytest.raises(ArgumentError, match="no column 'topics' of labels, and none called like a label"):
        loaded(joined(tmp_path / "rows.csv"), label="topics", test=without)


def test_a_separator_inside_a_label_of_a_list_is_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"text": text, "label": ["a|b"] if at % 2 else ["c"]} for at, text in enumerate(texts(40))]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    assert loaded(path).task.labels == ("a|b", "c")


def test_one_label_that_rows_have_or_not_can_be_learned(tmp_path: Path) -> None:
    rows = [(text, "spam" if at % 3 == 0 else "") for at, text in enumerate(texts(60))]
    splits = loaded(write_csv(tmp_path / "rows.csv", ("text", "label"), rows), kind="multilabel")
    assert splits.task.labels == ("spam",)


def test_values_are_read_as_they_may_be_written() -> None:
    assert read_names(["a", 3.0, "a"], "here") == ("a", "3")
    assert read_names('["a, b", "c"]', "here") == ("a, b", "c")
    assert read_names("['a', 'b']", "here") == ("a", "b")
    assert read_names("[sic]", "here") == ("[sic]",)
    assert read_names(" a ; b ", "here", ";") == ("a", "b")
    assert read_names("a  b", "here", " ") == ("a", "b")
    for nothing in ([], "", "  ", "[]"):
        assert read_names(nothing, "here", "|") == ()
    for value, message in [
        (None, "here: the labels are missing"),
        (["a", None], "here: an empty label"),
        ([["a"]], "here: a label must be a text or a number"),
        ("|a", "here: an empty label"),
    ]:
        with pytest.raises(PocketBertError, match=message):
            read_names(value, "here", "|")


def test_go_emotions_is_read_as_published(tmp_path: Path) -> None:
    rows = ["What a day\t17,13\ta1", "Leave me alone\t2\ta2", "It opens at nine\t27\ta3", "Oh no\t9\ta4"] * 5
    for name in ("train", "dev", "test"):
        lines = [f"{number} {row}" for number, row in enumerate(rows)]
        (tmp_path / f"{name}.tsv").write_text("\n".join(lines), encoding="utf-8")
    splits = load(DataSettings(source="go_emotions", data_dir=tmp_path, cache_dir=tmp_path / "cache"))
    assert splits.test is not None
    first = splits.test[0]["label"]
    assert [name for name, given in zip(splits.task.labels, first, strict=True) if given] == [
        "excitement",
        "joy",
    ]
    assert len(splits.train) == len(splits.validation) == len(splits.test) == 20
