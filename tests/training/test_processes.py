"""Several processes under `accelerate launch` train as one does."""

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file
from tiny_runs import VOCABULARY, history

from pocketbert.data.batching import Batch
from pocketbert.training.processes import share_of

LAUNCH = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_machines", "1",
          "--mixed_precision", "no", "--dynamo_backend", "no"]  # fmt: skip


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


def trained(folder, processes, *command_line):
    launch = [*LAUNCH, "--num_processes", str(processes)] if processes > 1 else [sys.executable]
    done = subprocess.run(
        [*launch, "-m", "pocketbert", "train", *map(str, command_line), "--out", str(folder)],
        capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def test_two_processes_train_as_one(tmp_path):
    """The same losses within 1e-5, the same best checkpoint and the same model; one of them speaks and writes."""
    file = tmp_path / "animals.csv"
    words = [word for word in VOCABULARY if word.isalpha() and len(word) > 2]
    lines = [
        f"{' '.join(words[at % 7 : at % 7 + 2 + at % 5])},{'even' if at % 2 else 'odd'}" for at in range(61)
    ]
    file.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    options = [file, "--text", "text", "--label", "label", "--backbone", "bundled", "--epochs", "2", "--suite", "none",
               "--set", "training.token_budget=96", "--set", "training.batch_size=6", "--json"]  # fmt: skip
    one = trained(tmp_path / "one", 1, *options)
    two = trained(tmp_path / "two", 2, *options)
    assert json.loads(two.stdout)["splits"] == json.loads(one.stdout)["splits"]
    ours, theirs = history(tmp_path / "two"), history(tmp_path / "one")
    assert [line["step"] for line in ours] == [line["step"] for line in theirs]
    losses = [
        (mine["loss"], other["loss"]) for mine, other in zip(ours, theirs, strict=True) if "loss" in mine
    ]
    assert len(losses) > 2
    assert [mine for mine, _ in losses] == pytest.approx([other for _, other in losses], rel=1e-5)
    left, right = (load_file(tmp_path / name / "model/model.safetensors") for name in ("two", "one"))
    for name, weight in right.items():
        assert (left[name] - weight).abs().max() <= 1e-4 * weight.abs().max(), name
