"""Tasks from the files they were published in: row counts, labels, and which split is which."""

from pathlib import Path

import pytest

from pocketbert.data import DataSettings, Splits, load
from pocketbert.errors import ArgumentError, PocketBertError

FOLDERS = {
    "sst2": ("glue/SST-2", 67349, 872),
    "cola": ("glue/CoLA", 8551, 1043),
    "rte": ("glue/RTE", 2490, 277),
    "trec6": ("trec", 5452, 500),
    "trec50": ("trec", 5452, 500),
    "banking77": ("banking77", 10003, 3080),
}


def load_task_files(name: str, folder: Path, tmp_path: Path) -> Splits:
    return load(DataSettings(source=name, data_dir=folder, cache_dir=tmp_path / "cache"))


@pytest.mark.parametrize("name", FOLDERS)
def test_rows_of_train_and_test(name: str, shared: Path, tmp_path: Path) -> None:
    folder, train, test = FOLDERS[name]
    splits = load_task_files(name, shared / folder, tmp_path)
    assert splits.test is not None
    assert len(splits.train) + len(splits.validation) == train
    assert len(splits.test) == test
    assert len(splits.validation) == pytest.approx(train / 10, rel=0.1)
    assert set(splits.train.unique("label")) == set(range(len(splits.task.labels)))


def test_mrpc_is_rebuilt_with_the_row_that_its_training_file_lacks(shared: Path, tmp_path: Path) -> None:
    splits = load_task_files("mrpc", shared / "glue/MRPC", tmp_path)
    assert {name: len(split) for name, split in splits.named.items()} == {
        "train": 3668, "validation": 408, "test": 1725,
    }  # fmt: skip
    assert splits.train[0] == {
        "text": 'Amrozi accused his brother , whom he called " the witness " , '
        "of deliberately distorting his evidence .",
        "text_pair": 'Referring to him as only " the witness " , Amrozi accused his brother '
        "of deliberately distorting his evidence .",
        "label": 1,
    }


def test_stsb_is_a_regression_with_the_benchmarks_own_test_split(shared: Path, tmp_path: Path) -> None:
    splits = load_task_files("stsb", shared / "glue/STS-B", tmp_path)
    assert [len(split) for split in splits.named.values()] == [5749, 1500, 1379]
    assert splits.train[0] == {
        "text": "A plane is taking off.", "text_pair": "An air plane is taking off.", "label": 5.0,
    }  # fmt: skip


def test_trec_has_its_coarse_and_its_fine_labels(shared: Path, tmp_path: Path) -> None:
    coarse = load_task_files("trec6", shared / "trec", tmp_path)
    fine = load_task_files("trec50", shared / "trec", tmp_path)
    assert coarse.test is not None
    assert fine.test is not None
    first = coarse.test[0]
    assert first["text"] == fine.test[0]["text"] == "How far is it from Denver to Aspen ?"
    assert coarse.task.labels[first["label"]] == "NUM"
    assert fine.task.labels[fine.test[0]["label"]] == "NUM:dist"


def test_tasks_without_a_published_split_get_one(shared: Path, tmp_path: Path) -> None:
    subj = load_task_files("subj", shared / "subj", tmp_path)
    assert sum(len(split) for split in subj.named.values()) == 10000
    assert any("no test split was published: 10%" in note for note in subj.notes)
    medical = load_task_files("medical_abstracts", shared / "medical_abstracts", tmp_path)
    assert sum(len(split) for split in medical.named.values()) == 2888
    assert medical.test is not None
    assert len(medical.test) == pytest.approx(0.2 * 2888, rel=0.05)
    train, test = set(medical.train["text"]), set(medical.test["text"])
    assert not train & test


def test_all_three_published_splits_are_kept(shared: Path, tmp_path: Path) -> None:
    splits = load_task_files("unfair_tos", shared / "unfair_tos", tmp_path)
    assert [len(split) for split in splits.named.values()] == [11602, 2081, 3700]


LAYOUTS = {
    "qqp": (
        "train.tsv dev.tsv",
        "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
        ["0\t1\t2\tWhy {n} ?\tHow {n} ?\t0", '0\t1\t2\tWhat {n} ?\tWhat " {n} ?\t1', "0\tcut off"],
        {"text": "What 1 ?", "text_pair": 'What " 1 ?', "label": 1},
    ),
    "mnli": (
        "train.tsv dev_matched.tsv dev_mismatched.tsv",
        "index\tgenre\tsentence1\tsentence2\tlabel1\tgold_label",
        ["0\tg\tp {n}\th {n}\tneutral\tcontradiction", "0\tg\tP {n} .\tH {n}\tneutral\tentailment"],
        {"text": "P 1 .", "text_pair": "H 1", "label": 0},
    ),
    "qnli": (
        "train.tsv dev.tsv",
        "index\tquestion\tsentence\tlabel",
        ["0\tq {n}\ts {n}\tentailment", "0\tQ {n} ?\tS {n}\tnot_entailment"],
        {"text": "Q 1 ?", "text_pair": "S 1", "label": 1},
    ),
    "wnli": (
        "train.tsv dev.tsv",
        "index\tsentence1\tsentence2\tlabel",
        ["0\ta {n}\tb {n}\t0", "0\tA {n} .\tB {n}\t1"],
        {"text": "A 1 .", "text_pair": "B 1", "label": 1},
    ),
    "boolq": (
        "train.jsonl dev.jsonl",
        "",
        [
            '{"question": "q {n}", "title": "t", "answer": false, "passage": "p {n}"}',
            '{"question": "Q {n} .", "title": "t", "answer": true, "passage": "P {n}"}',
        ],
        {"text": "Q 1 .", "text_pair": "P 1", "label": 1},
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_tasks_that_are_not_at_hand(name: str, tmp_path: Path) -> None:
    files, header, patterns, expected = LAYOUTS[name]
    lines = [header] if header else []
    lines += [pattern.replace("{n}", str(n)) for n in range(30) for pattern in patterns]
    for file in files.split():
        (tmp_path / file).write_text("\n".join(lines) + "\n")
    splits = load_task_files(name, tmp_path, tmp_path)
    assert splits.test is not None
    further = {"mismatched": 60} if name == "mnli" else {}
    assert {key: len(split) for key, split in splits.named.items()} == {
        "train": 54,
        "validation": 6,
        "test": 60,
        **further,
    }
    assert splits.test[3] == expected


def test_the_folder_of_another_task_names_the_column(tmp_path: Path) -> None:
    for file in ("train.tsv", "dev.tsv"):
        (tmp_path / file).write_text("index\tsentence1\tsentence2\tlabel\n0\ta\tb\t1\n")
    with pytest.raises(ArgumentError, match=r"train\.tsv: no column 'sentence'; did you mean 'sentence\d'"):
        load_task_files("sst2", tmp_path, tmp_path)


def test_a_bad_byte_in_a_published_file_is_named(tmp_path: Path) -> None:
    for file in ("train.tsv", "dev.tsv"):
        (tmp_path / file).write_bytes(b"sentence\tlabel\ncaf\xe9\t1\n")
    with pytest.raises(PocketBertError, match=r"0xe9.*line 2, at byte offset 18"):
        load_task_files("sst2", tmp_path, tmp_path)


def test_a_folder_without_the_files_names_them(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"lacks train\.tsv, dev\.tsv of task 'sst2'"):
        load_task_files("sst2", tmp_path, tmp_path)
    with pytest.raises(ArgumentError, match="no such folder"):
        load_task_files("sst2", tmp_path / "missing", tmp_path)


def test_a_label_that_the_task_does_not_know_is_named_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("sentence\tlabel\nfine\t1\npoor\t0\nodd\t7\ngood\t1\nbad\t0\n")
    (tmp_path / "dev.tsv").write_text("sentence\tlabel\nfine\t1\n")
    with pytest.raises(PocketBertError, match=r"train\.tsv: row 3, column 'label': no label '7'"):
        load_task_files("sst2", tmp_path, tmp_path)


def test_columns_of_a_task_cannot_be_renamed(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="names its own columns"):
        load(DataSettings(source="sst2", text=("review",), data_dir=tmp_path))


def test_a_source_that_is_neither_file_nor_task() -> None:
    with pytest.raises(ArgumentError, match="no such file, and no task 'sst'; did you mean 'sst2'"):
        load(DataSettings(source="sst"))
