"""Runs of seconds: a two-layer MobileBERT with dropout, a small vocabulary, made-up messages."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from safetensors.torch import load_file

from pocketbert.adaptation import LoraSettings
from pocketbert.augmentation import Policy
from pocketbert.backbone import Backbone
from pocketbert.data import Encoder, Splits, texts_of
from pocketbert.data.batching import labels_of
from pocketbert.tasks import Task
from pocketbert.training import Stage, TrainingSettings
from pocketbert.training.folder import RunFolder
from pocketbert.training.inference import predict_logits
from pocketbert.training.stages import StagedTraining
from pocketbert.training.teaching import LabelsAlone, Teaching
from tiny_mobilebert import SPECIAL, tiny_backbone

ANIMALS = ["cat", "dog"]
WORDS = [
    "the",
    "a",
    "old",
    "small",
    "sat",
    "slept",
    "ran",
    "on",
    "in",
    "mat",
    "house",
    "garden",
    "quickly",
    "today",
]
LETTERS = [*"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
VOCABULARY = [*SPECIAL, ".", *LETTERS, *ANIMALS, *WORDS[:1], *WORDS[2:]]  # "a" is a letter
STAGES = (
    Stage(name="first", data="clean", method="full", epochs=1, learning_rate=5e-3),
    Stage(name="second", data="augmented", method="lora", epochs=2, learning_rate=5e-3),
)


def backbone(folder: Path, *, seed: int = 7, layers: int = 2) -> Backbone:
    """An encoder with every weight drawn, that drops out a tenth of everything."""
    dropout = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
    return tiny_backbone(folder, VOCABULARY, seed=seed, num_hidden_layers=layers, **dropout)


def rows(count: int, *, regression: bool = False, seed: int = 0) -> Dataset:
    """Messages about a cat or a dog; a regression asks how many words they have, in hundreds and from 1000 on."""
    random = Random(seed)
    texts, labels = [], []
    for _ in range(count):
        label = random.randrange(2)
        words = [random.choice(WORDS) for _ in range(random.randint(2, 12))]
        words.insert(random.randrange(len(words)), ANIMALS[label])
        texts.append(" ".join(words) + ".")
        labels.append(1000.0 + 100 * len(words) if regression else label)
    return Dataset.from_dict({"text": texts, "label": labels})


def task(*, regression: bool = False) -> Task:
    if regression:
        return Task(
            name="tiny", title="How long?", kind="regression", text=("text",), label_range=(1000, 2500),
            metrics=("pearson",), main_metric="pearson",
        )  # fmt: skip
    return Task(
        name="tiny", title="Cat or dog?", kind="classification", text=("text",), labels=("cat", "dog"),
        metrics=("accuracy",), main_metric="accuracy",
    )  # fmt: skip


@dataclass
class Heard:
    """A listener that keeps what it hears, and does something at each update."""

    at_update: Callable[[int], None] = lambda update: None
    lines: list[str] = field(default_factory=list)
    figures: list[dict[str, float]] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None:
        self.figures.append(dict(figures))
        self.at_update(len(self.figures))


@dataclass(frozen=True)
class Accuracy:
    """Share of validation rows answered right; of a regression, the correlation."""

    rows: Dataset
    encoder: Encoder
    regression: bool
    precision: str

    def __call__(self, model: torch.nn.Module, /) -> dict[str, float]:
        logits = predict_logits(model, self.encoder, texts_of(self.rows[:]), self.precision)
        labels = labels_of(self.rows)
        if self.regression:
            return {"pearson": float(np.corrcoef(logits[:, 0], labels)[0, 1])}
        return {"accuracy": float((logits.argmax(1) == labels).mean())}


def staged(
    folder: Path,
    *,
    stages: tuple[Stage, ...] = STAGES,
    train: int = 96,
    regression: bool = False,
    precision: str = "fp32",
    lora: LoraSettings | None = None,
    listener: Heard | None = None,
    score: Callable[[torch.nn.Module], dict[str, float]] | None = None,
    splits: Splits | None = None,
    model: Backbone | None = None,
    teaching: Teaching | None = None,
    **settings: Any,
) -> StagedTraining:
    """A training in `folder`, one CPU thread, a checkpoint after every update."""
    folder.mkdir(parents=True, exist_ok=True)
    model = model or backbone(folder.parent)
    splits = splits or Splits(
        task(regression=regression),
        rows(train, regression=regression),
        rows(24, regression=regression, seed=1),
        None,
    )
    encoder = Encoder(model.tokenizer, 24)
    chosen = {"batch_size": 8, "threads": 1, "checkpoint_seconds": 0, "patience": 100, **settings}
    return StagedTraining(
        folder=RunFolder(folder),
        splits=splits,
        backbone=model,
        encoder=encoder,
        stages=stages,
        settings=TrainingSettings(**chosen),
        lora=lora or LoraSettings(dropout=0.1),
        policy=Policy(),
        precision=precision,
        score=score or Accuracy(splits.validation, encoder, regression, precision),
        listener=listener or Heard(),
        teaching=teaching or LabelsAlone(),
    )


def stage(method: str = "full", **fields: Any) -> tuple[Stage, ...]:
    """A run of one stage on clean text."""
    return (Stage(**{"data": "clean", "method": method, "epochs": 2, "learning_rate": 5e-3, **fields}),)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """What a run leaves: the merged model and, where there is one, the adapter."""
    left = {f"model/{name}": value for name, value in load_file(folder / "model/model.safetensors").items()}
    adapter = folder / "adapter/adapter_model.safetensors"
    if adapter.exists():
        left |= {f"adapter/{name}": value for name, value in load_file(adapter).items()}
    return left


def history(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()]


def assert_same(one: Path, other: Path) -> None:
    """Both runs left the same, bit for bit, and tell the same story."""
    left, right = weights(one), weights(other)
    assert left.keys() == right.keys()
    differing = [name for name in left if not torch.equal(left[name], right[name])]
    assert not differing
    assert history(one) == history(other)


def train_and_kill_oneself(folder: Path, update: int, settings: dict) -> None:
    """In a process of its own, which must be able to import this: the test modules cannot be."""

    def kill(heard: int) -> None:
        if heard == update:
            (folder / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)

    # As in a run of a user's: workers notice that it is gone, which those of a fork server do not.
    multiprocessing.set_start_method("fork", force=True)
    staged(folder, listener=Heard(kill), **settings).run()


def train_and_say_so(folder: Path) -> None:
    staged(folder, listener=Heard(lambda update: (folder / "under-way").touch())).run()
