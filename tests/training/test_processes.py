"""Several processes under `accelerate launch` train as one does."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from tiny_runs import VOCABULARY, history

from launching import launched
from pocketbert.data.batches import Batch
from pocketbert.errors import ArgumentError
from pocketbert.training.processes import accelerator, share_of


def batch(rows: int) -> Batch:
    ids = torch.arange(rows)[:, None].expand(rows, 3)
    return Batch({"input_ids": ids}, torch.arange(rows), 3 * rows)


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
def test_every_row_of_an_update_is_one_process_s(processes):
    update = [batch(4), batch(1), batch(7)]
    seen = []
    for process in range(processes):
        share, weight = share_of(update, process, processes)
        assert weight == 1
        seen += [(part.rows, label) for part in share for label in part.labels.tolist()]
    assert sorted(label for _, label in seen) == sorted([*range(4), 0, *range(7)])


def test_a_process_without_rows_takes_part_and_counts_for_nothing():
    share, weight = share_of([batch(1)], 1, 2)
    assert weight == 0
    assert [part.rows for part in share] == [1]


def test_processes_that_would_not_know_of_each_other_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ArgumentError, match=r"2 processes were started, .* set ACCELERATE_USE_CPU=true"):
        accelerator()


@pytest.fixture
def without_dropout(tmp_path, tiny_backbone):
    """A backbone that drops nothing out, as each process would for its own rows."""
    folder = shutil.copytree(tiny_backbone, tmp_path / "backbone")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["attention_probs_dropout_prob"] = 0.0
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def leaves(value: object, path: str = "") -> dict[str, object]:
    """The numbers and texts of a JSON value by their place in it."""
    if isinstance(value, dict):
        parts = [leaves(inner, f"{path}.{name}") for name, inner in value.items()]
    elif isinstance(value, list):
        parts = [leaves(inner, f"{path}.{number}") for number, inner in enumerate(value)]
    else:
        return {path: value}
    return {name: leaf for part in parts for name, leaf in part.items()}


def test_two_processes_train_as_one(tmp_path, without_dropout):
    """The same losses within 1e-5, the same best checkpoint and the same model; one of them speaks and writes.

    An epoch's last update is a single row, of which the second process has nothing.
    """
    file = tmp_path / "animals.csv"
    words = [word for word in VOCABULARY if word.isalpha() and len(word) > 2]
    lines = [
        f"{' '.join(words[at % 7 : at % 7 + 2 + at % 5])},{'even' if at % 2 else 'odd'}" for at in range(62)
    ]
    file.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    options = [file, "--text", "text", "--label", "label", "--backbone", without_dropout, "--epochs", "2",
               "--suite", "none", "--json", "--set", "training.token_budget=96",
               "--set", "training.batch_size=6"]  # fmt: skip
    one = launched(1, "train", *options, "--out", tmp_path / "one")
    two = launched(2, "train", *options, "--out", tmp_path / "two")
    assert leaves(json.loads(two.stdout)["splits"]) == pytest.approx(
        leaves(json.loads(one.stdout)["splits"]), abs=1e-4
    )
    ours, theirs = history(tmp_path / "two"), history(tmp_path / "one")
    assert [line["step"] for line in ours] == [line["step"] for line in theirs]
    assert max(line["step"] for line in ours) == 2 * (55 // 6 + 1)
    losses = [
        (mine["loss"], other["loss"]) for mine, other in zip(ours, theirs, strict=True) if "loss" in mine
    ]
    assert len(losses) == 2
    assert [mine for mine, _ in losses] == pytest.approx([other for _, other in losses], rel=1e-5)
    left, right = (load_file(tmp_path / name / "model/model.safetensors") for name in ("two", "one"))
    for name, weight in right.items():
        assert (left[name] - weight).abs().max() <= 1e-4 * weight.abs().max(), name
