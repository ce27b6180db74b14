"""Several processes under `accelerate launch` distill as one does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pocketbert.recipe import to_toml

LAUNCH = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_machines", "1", "--num_processes", "2",
          "--mixed_precision", "no", "--dynamo_backend", "no"]  # fmt: skip


def distilled(recipe: Path, folder: Path, *launch: str) -> list[dict]:
    done = subprocess.run(
        [*(launch or [sys.executable]), "-m", "pocketbert", "distill", str(recipe), "--out", str(folder)],
        capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()]


def test_two_processes_distill_as_one(tmp_path, recipes):
    """Progressive stages, in which most weights stand still, and masked LM with more windows than fit at once."""
    (tmp_path / "recipe.toml").write_text(to_toml(recipes(training={"token_budget": 48})), encoding="utf-8")
    one = distilled(tmp_path / "recipe.toml", tmp_path / "one")
    two = distilled(tmp_path / "recipe.toml", tmp_path / "two", *LAUNCH)
    assert [(line["stage"], line["step"]) for line in one] == [(line["stage"], line["step"]) for line in two]
    losses = [[line["loss"] for line in lines if "loss" in line] for lines in (one, two)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    left, right = (load_file(tmp_path / name / "model/model.safetensors") for name in ("two", "one"))
    for name, weight in right.items():
        torch.testing.assert_close(left[name], weight, rtol=1e-3, atol=1e-4 * float(weight.abs().max()))
