"""The rows that a run is measured on, and what is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import reviews, write_rows
from pocketbert.evaluating import splits_of
from pocketbert.evaluation.suite_names import keeps_labels
from pocketbert.recipe import resolve


@pytest.mark.parametrize(
    ("preset", "shuffles"), [("default", True), ("inference", False), ("everything", True)]
)
def test_suites_of_a_file_keep_what_the_recipes_preset_keeps(tmp_path: Path, preset: str, shuffles: bool):
    rows = write_rows(tmp_path / "rows.csv", ("text", "label"), reviews(40))
    task = splits_of(resolve(str(rows), {"augmentation.preset": preset}, {})).task
    assert task.augmentation == preset
    assert keeps_labels("shuffle@2", task) is shuffles


def test_a_task_of_the_catalogue_knows_what_keeps_its_labels(tmp_path: Path):
    lines = [f"LOC:city What is place {number} ?\nNUM:date When was {number} ?" for number in range(40)]
    (tmp_path / "TREC.train").write_text("\n".join(lines), encoding="latin-1")
    (tmp_path / "TREC.test").write_text("LOC:city Where ?", encoding="latin-1")
    recipe = resolve("trec6", {"data.data_dir": tmp_path, "augmentation.preset": "inference"}, {})
    assert splits_of(recipe).task.augmentation == "default"
