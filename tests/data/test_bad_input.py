"""Bad input: one line that says what is wrong, where, and what to do; never a traceback."""

from pathlib import Path

import pytest
from review_files import Load, Write, reviews

from pocketbert.errors import ArgumentError, PocketBertError

FILES = {
    "empty file": ("a.csv", b"", "is empty"),
    "only blanks": ("a.csv", b"\n\n", "is empty"),
    "header only": ("a.csv", b"text,label\n", "has a header but no rows"),
    "semicolons": ("a.csv", b"text;label\nhi;a\n", "'text;label', which looks separated by semicolons"),
    "tabs in a csv": ("a.csv", b"text\tlabel\nhi\ta\n", "separated by tabs.*name it .tsv"),
    "commas in a tsv": ("a.tsv", b"text,label\nhi,a\n", "separated by commas.*name it .csv"),
    "bad byte": (
        "a.csv",
        b'text,label\nfine,a\n"two\nlines",b\ncaf\xe9,a\n',
        "0xe9.*row 3, line 5, at byte offset 35",
    ),
    "bad byte in json": (
        "a.jsonl",
        b'{"text": "caf\xe9", "label": "a"}\n',
        "0xe9.*line 1, at byte offset 13",
    ),
    "cut character": ("a.csv", "text,label\nfine,é".encode()[:-1], "0xc3.*row 1, line 2, at byte offset 16"),
    "nul byte": (
        "a.csv",
        b"text,label\nfine,a\nbad\0,b\n",
        "a NUL byte, in row 2, line 3, at byte offset 21",
    ),
    "utf-16": ("a.csv", "text,label\nhi,a\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
    "too many values": (
        "a.csv",
        b"text,label\nfine,a\none, two,b\n",
        r"row 2 \(line 3\) has 3 values, the header 2",
    ),
    "too few values": (
        "a.csv",
        b"text,label\nfine,a\nalone\n",
        r"row 2 \(line 3\) has 1 value, the header 2",
    ),
    "open quote": ("a.csv", b'text,label\nfine,a\n"never closed,b\nx,a\n', "row 2 .line 3.*never closed"),
    "stray quote": ("a.csv", b'text,label\n"so" he said,a\n', "row 1 .line 2.*text follows a closing quote"),
    "same name twice": ("a.csv", b"text,label,text\na,b,c\n", "two columns named 'text'"),
    "one class": ("a.csv", b"text,label\na,x\nb,x\n", "every label in column 'label' is 'x'"),
    "one number": ("a.csv", b"text,label\na,3\nb,3\n", "every label in column 'label' is '3'"),
    "missing labels": (
        "a.csv",
        b'text,label\na,x\nb,""\nc,y\nd, \n',
        "no label in column 'label' in rows 2, 4;",
    ),
    "mixed labels": (
        "a.csv",
        b"text,label\na,1\nb,2\nc,good\nd,1\n",
        "row 3, column 'label': 'good' stands among",
    ),
    "no text at all": ("a.csv", b'text,label\n"",x\n" ",y\n', "every text in column 'text' is empty"),
    "no json": ("a.jsonl", b'{"text": "a", "label": "x"}\n{"text": \n', "line 2 is not JSON"),
    "a list in jsonl": ("a.jsonl", b'[{"text": "a"}]\n', "line 1 is a list.*name a list of records .json"),
    "numbers in json": ("a.json", b"[1, 2]", "is not a list of records: its item 1 is a number"),
    "an object in json": ("a.json", b'{"data": []}', "is not a list of records"),
    "an open list": ("a.json", b'[{"text": "a", "label": "b"}', "the list is not closed"),
    "an empty list": ("a.json", b"[]", "has no records"),
    "a list as text": (
        "a.jsonl",
        b'{"text": ["a"], "label": "x"}\n',
        "row 1, column 'text': a text was expected",
    ),
    "a record as label": (
        "a.jsonl",
        b'{"text": "a", "label": {"x": 1}}\n',
        "row 1, column 'label': a label must be",
    ),
    "no parquet": ("a.parquet", b"text,label\n", "is not a readable Parquet file"),
    "too few to split": ("a.csv", b"text,label\na,x\nb,y\n", "too few different texts"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_gets_one_line(case: str, write: Write, load_file: Load) -> None:
    name, content, message = FILES[case]
    path = write(name, content)
    with pytest.raises(PocketBertError, match=message) as caught:
        load_file(path, **({"text": ("text",), "label": "label"} if "list as" in case else {}))
    assert caught.value.exit_status == 1
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_names_its_neighbour(write: Write, load_file: Load, tmp_path: Path) -> None:
    write("reviews.csv", reviews())
    with pytest.raises(ArgumentError, match=r"no file 'review\.csv'; did you mean 'reviews\.csv'"):
        load_file(tmp_path / "review.csv")
    with pytest.raises(ArgumentError, match="no such file"):
        load_file(tmp_path / "elsewhere" / "data.csv")


def test_a_folder_and_an_unknown_format(write: Write, load_file: Load, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="is a folder; name a file, or a task with --data-dir"):
        load_file(tmp_path)
    with pytest.raises(ArgumentError, match=r"unknown format '\.xlsx'; use one of \.csv"):
        load_file(write("table.xlsx", "x"))


def test_a_missing_column_names_the_nearest_and_all(write: Write, load_file: Load) -> None:
    path = write("a.csv", reviews())
    with pytest.raises(
        ArgumentError, match=r"no column 'lable'; did you mean 'label'.*its columns: text, label"
    ):
        load_file(path, label="lable")
    with pytest.raises(ArgumentError, match=r"no column 'review' \(its columns: text, label\)$"):
        load_file(path, text=("review",))


def test_one_column_cannot_be_both(write: Write, load_file: Load) -> None:
    path = write("a.csv", reviews())
    with pytest.raises(ArgumentError, match="column 'text' is both the text and the label"):
        load_file(path, text=("text",), label="text")
    with pytest.raises(ArgumentError, match="both texts of a pair are column 'text'"):
        load_file(path, text=("text", "text"))


def test_no_label_column_to_guess(write: Write, load_file: Load) -> None:
    path = write("a.csv", "text,id\n" + "".join(f"text {n},x{n}\n" for n in range(20)))
    with pytest.raises(ArgumentError, match="no column looks like a label; name it with --label"):
        load_file(path)


def test_texts_as_labels_are_refused(write: Write, load_file: Load) -> None:
    path = write("a.csv", "text,label\n" + "".join(f"text {n},reason {n}\n" for n in range(6000)))
    with pytest.raises(PocketBertError, match="more than 5000 different values: these are no labels"):
        load_file(path)


def test_a_label_that_training_lacks_is_named_with_its_row(write: Write, load_file: Load) -> None:
    train = write("train.csv", reviews())
    test = write("test.csv", "text,label\na,pos\nb,neutral\n")
    with pytest.raises(PocketBertError, match=r"test\.csv: row 2, column 'label': no label 'neutral'"):
        load_file(train, test=test)
    with pytest.raises(PocketBertError, match=r"test\.csv: row 2, column 'label': no label 'neutral'"):
        load_file(train, validation=test)


def test_a_word_in_a_regression_is_named(write: Write, load_file: Load) -> None:
    path = write("a.csv", "text,score\n" + "".join(f"text {n},{n}\n" for n in range(50)) + "last,n/a\n")
    with pytest.raises(
        PocketBertError, match="row 51, column 'score': 'n/a' stands among labels that are numbers"
    ):
        load_file(path)


def test_a_folder_for_prepared_rows_that_cannot_be_written(
    write: Write, load_file: Load, tmp_path: Path
) -> None:
    from pocketbert.data import DataSettings, load

    blocked = write("blocked", "a file, no folder")
    with pytest.raises(PocketBertError, match=r"cannot write prepared rows.*data\.cache_dir"):
        load(DataSettings(source=str(write("a.csv", reviews())), cache_dir=blocked))


def test_a_text_in_place_of_a_file(load_file: Load) -> None:
    with pytest.raises(ArgumentError, match="no such file, and no task"):
        load_file("the battery dies by noon")
    with pytest.raises(ArgumentError, match="cannot be a file: File name too long"):
        load_file("a long text " * 100)


def test_a_folder_named_like_a_task_is_not_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_file: Load
) -> None:
    (tmp_path / "sst2").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match=r"lacks train\.tsv"):
        load_file("sst2", data_dir="sst2")
