"""`train glue`: several tasks, one table, published rows where the metric is the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import Command, reviews
from pocketbert.errors import ArgumentError
from pocketbert.several_tasks import table_of
from pocketbert.tasks.glue import columns_of, listed_tasks, published


def test_glue_is_the_papers_tasks_in_its_order() -> None:
    names = listed_tasks("glue")
    assert names == ("cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte")
    titles = [column.title for column in columns_of(names)]
    assert titles == ["CoLA", "SST-2", "MRPC", "STS-B", "QQP", "MNLI-m", "MNLI-mm", "QNLI", "RTE"]


def test_a_list_is_names_with_commas() -> None:
    assert listed_tasks("rte, boolq") == ("rte", "boolq")
    assert listed_tasks("rte") == listed_tasks("reviews.csv") == ()
    with pytest.raises(ArgumentError, match="no task 'boolqq'; did you mean 'boolq'"):
        listed_tasks("rte,boolqq")


def test_a_published_cell_of_another_metric_is_empty(tmp_path: Path) -> None:
    table = table_of(("mrpc", "rte", "boolq"), {}, tmp_path)
    rows = {title: [None if cell is None else cell.value for cell in cells] for title, cells in table.rows}
    assert rows["MobileBERT (25.3M), GLUE test server"] == [88.8, 66.2, None]
    assert "MobileBERT (25.3M), development sets" not in rows  # its MRPC is accuracy, the column F1
    development = published().rows[1]
    assert [development.cell(column) for column in columns_of(("sst2", "mrpc"))] == [92.1, None]


def write_tasks(folder: Path) -> None:
    for name, header in (("SST-2", "sentence\tlabel"), ("RTE", "index\tsentence1\tsentence2\tlabel")):
        (folder / name).mkdir(parents=True)
        for file, first in (("train.tsv", 0), ("dev.tsv", 1000)):
            lines = [header]
            for number, (text, label) in enumerate(reviews(60, first=first)):
                if name == "SST-2":
                    lines.append(f"{text}\t{int(label == 'good')}")
                else:
                    answer = "entailment" if label == "good" else "not_entailment"
                    lines.append(f"{number}\t{text}\tit was good .\t{answer}")
            (folder / name / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_several_tasks_make_one_table_and_one_that_fails_does_not_stop_the_others(
    tmp_path: Path, tiny_backbone: Path, pocketbert: Command
) -> None:
    write_tasks(tmp_path / "glue")
    (tmp_path / "glue" / "RTE" / "dev.tsv").rename(tmp_path / "kept.tsv")
    out = tmp_path / "out"
    given = ("--data-dir", tmp_path / "glue", "--backbone", tiny_backbone, "--epochs", 1, "--no-augment")
    broken = pocketbert("train", "rte,sst2", *given, "--suite", "none", "--out", out)
    assert broken.status == 2
    assert "1 task of 2 failed; rte: " in broken.problem
    assert "lacks dev.tsv" in broken.problem
    first = (out / "sst2" / "metrics.json").stat().st_mtime_ns

    (tmp_path / "kept.tsv").rename(tmp_path / "glue" / "RTE" / "dev.tsv")
    done = pocketbert("train", "rte,sst2", *given, "--suite", "none", "--out", out)
    assert done.status == 0, done.err
    assert (out / "sst2" / "metrics.json").stat().st_mtime_ns == first
    assert "MobileBERT (25.3M), GLUE test server" in done.out
    table = json.loads((out / "table.json").read_text(encoding="utf-8"))
    assert [column["title"] for column in table["columns"]] == ["SST-2", "RTE"]
    metrics = json.loads((out / "rte" / "metrics.json").read_text(encoding="utf-8"))
    own = metrics["splits"]["test"]["clean"]["accuracy"]["value"]
    assert table["rows"][0]["cells"][1]["value"] == pytest.approx(100 * own)
    assert "| RTE (accuracy) |" in (out / "table.md").read_text(encoding="utf-8")
