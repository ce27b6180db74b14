"""Files appear whole or not at all, and their rights are those of any other file of the user's."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pocketbert.writing import whole


@pytest.fixture(params=[0o022, 0o027, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_rights_follow_the_umask_whoever_writes(tmp_path: Path, umask: int) -> None:
    with whole(tmp_path / "weights.safetensors") as partial:
        save_file({"weight": torch.ones(2)}, partial)
    with whole(tmp_path / "words.txt") as partial:
        partial.write_text("words", encoding="utf-8")
    assert {path.name: rights(path) for path in tmp_path.iterdir()} == {
        "weights.safetensors": 0o666 & ~umask,
        "words.txt": 0o666 & ~umask,
    }


def test_work_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(UnicodeEncodeError), whole(path) as partial:
        partial.write_text("half of \udcff", encoding="utf-8")
    assert {entry.name: entry.read_text(encoding="utf-8") for entry in tmp_path.iterdir()} == {
        "words.txt": "before"
    }


def test_every_file_of_a_run_can_be_read_by_whom_the_umask_lets(finished_run: Path, tmp_path: Path) -> None:
    (tmp_path / "another").touch()
    files = [path for path in finished_run.rglob("*") if path.is_file()]
    assert {"model.safetensors", "adapter_model.safetensors", "metrics.json"} <= {path.name for path in files}
    assert {path.name: rights(path) for path in files} == {
        path.name: rights(tmp_path / "another") for path in files
    }
