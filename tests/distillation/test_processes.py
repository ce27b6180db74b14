"""Several processes under `accelerate launch` distill as one does."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, MobileBertModel

from launching import launched
from pocketbert.recipe import to_toml
from tiny_mobilebert import tiny_config


def history_of(processes: int, command: str, recipe: Path, folder: Path) -> list[dict]:
    launched(processes, command, recipe, "--out", folder)
    return [json.loads(line) for line in (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()]


def test_two_processes_distill_as_one(tmp_path, recipes):
    """Progressive stages, in which most weights stand still, and masked LM with more windows than fit at once."""
    (tmp_path / "recipe.toml").write_text(to_toml(recipes(training={"token_budget": 48})), encoding="utf-8")
    one = history_of(1, "distill", tmp_path / "recipe.toml", tmp_path / "one")
    two = history_of(2, "distill", tmp_path / "recipe.toml", tmp_path / "two")
    assert [(line["stage"], line["step"]) for line in one] == [(line["stage"], line["step"]) for line in two]
    losses = [[line["loss"] for line in lines if "loss" in line] for lines in (one, two)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    left, right = (load_file(tmp_path / name / "model/model.safetensors") for name in ("two", "one"))
    for name, weight in right.items():
        if not name.endswith("key.bias"):  # the same for every key, so its gradient is rounding alone
            torch.testing.assert_close(left[name], weight, rtol=1e-3, atol=1e-4 * float(weight.abs().max()))


def test_two_processes_learn_from_a_fine_tuned_teacher_as_one(
    tmp_path, tiny_backbone, finished_run, review_files
):
    """With projected states, attention, and updates that are split and shared out."""
    words = AutoTokenizer.from_pretrained(tiny_backbone)
    torch.manual_seed(0)
    narrow = MobileBertModel(
        tiny_config(vocab_size=len(words), hidden_size=24, intra_bottleneck_size=8), add_pooling_layer=False
    )
    narrow.save_pretrained(tmp_path / "narrow")
    words.save_pretrained(tmp_path / "narrow")
    (tmp_path / "task.toml").write_text(
        f"""
        [data]
        source = "{review_files / "train.csv"}"
        text = ["review"]
        label = "verdict"
        max_length = 32
        [backbone]
        name = "{tmp_path / "narrow"}"
        [teacher]
        run = "{finished_run}"
        feature_maps = 10.0
        attention = 1.0
        [training]
        token_budget = 96
        batch_size = 6
        [[stages]]
        method = "lora"
        epochs = 1
        [evaluation]
        suites = "none"
        """,
        encoding="utf-8",
    )
    one = history_of(1, "train", tmp_path / "task.toml", tmp_path / "one")
    two = history_of(2, "train", tmp_path / "task.toml", tmp_path / "two")
    assert [line["step"] for line in one] == [line["step"] for line in two]
    terms = [
        [term for line in lines if "loss" in line for term in line["terms"].values()] for lines in (one, two)
    ]
    assert len(terms[0]) == 8
    assert terms[1] == pytest.approx(terms[0], rel=1e-5, abs=1e-9)  # one of them is below 1e-6
