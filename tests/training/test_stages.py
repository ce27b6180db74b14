"""The folder that a run leaves: other tools load it, from anywhere, and agree with us."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from tiny_runs import STAGES, Heard, rows, stage, staged, weights
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from pocketbert.augmentation import Policy
from pocketbert.data import texts_of
from pocketbert.training.inference import predict_logits


def logits(model, training) -> np.ndarray:
    return predict_logits(model, training.encoder, texts_of(training.splits.validation[:]))


def relative_difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max() / np.abs(one).max())


@pytest.mark.parametrize("regression", [False, True])
@pytest.mark.parametrize("stages", [STAGES, STAGES[1:]], ids=["two stages", "one stage"])
def test_the_adapter_over_its_base_is_the_model(tmp_path, monkeypatch, stages, regression):
    monkeypatch.chdir(tmp_path)
    training = staged(Path("run"), stages=stages, regression=regression)
    training.run()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    os.chdir(elsewhere)
    config = json.loads((tmp_path / "run/adapter/adapter_config.json").read_text())
    base = AutoModelForSequenceClassification.from_pretrained(config["base_model_name_or_path"])
    adapted = PeftModel.from_pretrained(base, tmp_path / "run/adapter")
    merged = AutoModelForSequenceClassification.from_pretrained(tmp_path / "run/model")
    assert relative_difference(logits(merged, training), logits(adapted, training)) < 1e-5
    assert merged.config.num_labels == (1 if regression else 2)
    AutoTokenizer.from_pretrained(tmp_path / "run/model")


@pytest.mark.parametrize("method", ["full", "norms"])
def test_without_adapters_there_is_no_adapter_folder(tmp_path, method):
    staged(tmp_path / "run", stages=stage(method, epochs=1)).run()
    assert (tmp_path / "run/base").is_dir()
    assert not (tmp_path / "run/adapter").exists()


def test_one_update_is_not_updates(tmp_path):
    heard = Heard()
    staged(tmp_path / "run", stages=stage(epochs=1), train=8, listener=heard).run()
    assert ", 1 update, " in heard.lines[0]


@pytest.mark.parametrize(("method", "rate"), [("full", 1.0), ("full", 4.0), ("full", 0.0), ("lora", 4.0)])
def test_embeddings_train_at_a_rate_of_their_own(tmp_path, method, rate):
    """A first update moves every weight that trains by the learning rate, whatever its gradient."""
    once = stage(method, epochs=1, learning_rate=1e-3)
    staged(tmp_path / "run", stages=once, train=8, embedding_rate=rate, weight_decay=0).run()
    before = load_file(tmp_path / "run/base/model.safetensors")
    after = load_file(tmp_path / "run/model/model.safetensors")

    def moved(name: str) -> float:
        return float((after[f"mobilebert.{name}"] - before[name]).abs().max())

    full = method == "full"
    assert moved("embeddings.word_embeddings.weight") == pytest.approx(1e-3 * rate * full, rel=0.02)
    assert moved("embeddings.position_embeddings.weight") == pytest.approx(1e-3 * full, rel=0.02)


def test_each_stage_starts_from_what_the_one_before_it_left(tmp_path):
    """A second stage that hardly trains leaves the weights of the first."""
    first = stage("full", name="first")
    idle = stage("norms", name="second", epochs=1, learning_rate=1e-30)
    staged(tmp_path / "one/run", stages=first).run()
    staged(tmp_path / "two/run", stages=first + idle).run()
    one, two = weights(tmp_path / "one/run"), weights(tmp_path / "two/run")
    assert all(torch.allclose(one[name], two[name], rtol=1e-5, atol=1e-7) for name in one)


def test_what_a_stage_cost_is_told_in_the_words_of_the_contract(tmp_path):
    costs = staged(tmp_path / "run").run()
    assert [(cost["name"], cost["method"], cost["data"]) for cost in costs] == [
        ("first", "full", "clean"),
        ("second", "lora", "augmented"),
    ]
    for cost in costs:
        assert cost.keys() >= {
            "seconds", "examples_per_second", "tokens_per_second", "peak_memory_bytes", "parameters", "examples",
            "tokens", "steps", "best_validation",
        }  # fmt: skip
        assert cost["parameters"]["total"] > 0
    json.dumps(costs, allow_nan=False)


def test_without_augmentation_every_stage_reads_clean_text_and_says_so(tmp_path):
    heard = Heard()
    training = staged(tmp_path / "run", listener=heard)
    costs = replace(training, policy=Policy(enabled=False)).run()
    assert [cost["data"] for cost in costs] == ["clean", "clean"]
    assert sum("on clean text" in line for line in heard.lines) == 2


def test_workers_do_not_change_a_run(tmp_path):
    for workers in (0, 3):
        staged(tmp_path / f"{workers}/run", train=200, workers=workers, checkpoint_seconds=60).run()
    one, other = weights(tmp_path / "0/run"), weights(tmp_path / "3/run")
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_rows_can_be_fewer_than_an_update(tmp_path):
    from pocketbert.data import Splits

    training = staged(tmp_path / "run", batch_size=32)
    splits = Splits(training.splits.task, rows(5), rows(2, seed=1), None)
    costs = staged(tmp_path / "run", batch_size=32, splits=splits).run()
    assert [cost["steps"] for cost in costs] == [1, 2]
