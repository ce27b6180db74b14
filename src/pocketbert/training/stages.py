"""The stages of a run, one after another, each from the weights that the one before it left."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from pocketbert.adaptation import LoraSettings, apply_method, merge, save_adapter
from pocketbert.augmentation import Engine, Policy
from pocketbert.backbone import Backbone, classifier, parameters, save_base, save_classifier
from pocketbert.data import Encoder, Splits
from pocketbert.data.batching import TrainingData, labels_of
from pocketbert.errors import PocketBertError
from pocketbert.training.checkpoint import BEST, Checkpoints, Progress
from pocketbert.training.folder import RunFolder
from pocketbert.training.loop import Score, StageRun, train_stage
from pocketbert.training.objective import Objective, objective_for, to_label_units
from pocketbert.training.optimizer import peak_learning_rate
from pocketbert.training.settings import Stage, TrainingSettings

if TYPE_CHECKING:
    from transformers import PreTrainedModel

FINGERPRINT_ROWS = 1000


class Listener(Protocol):
    """Hears how training goes, to tell a person."""

    def say(self, line: str) -> None: ...
    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None: ...


@dataclass(frozen=True)
class StagedTraining:
    """All that the stages of a run share."""

    folder: RunFolder
    splits: Splits
    backbone: Backbone
    encoder: Encoder
    stages: tuple[Stage, ...]
    settings: TrainingSettings
    lora: LoraSettings
    policy: Policy
    precision: str
    score: Callable[[Any], dict[str, float]]
    listener: Listener

    def run(self) -> list[dict[str, Any]]:
        """Train what is not trained yet; leave `base/`, `adapter/` and `model/`.

        Returns what each stage cost, in the words of `metrics.json`.
        """
        checkpoints, progress, tensors = self._resume()
        regression = self.splits.task.kind == "regression"
        model = classifier(
            self.backbone, labels=self.splits.task.labels, regression=regression, seed=self.settings.seed
        )
        objective = objective_for(
            regression, labels_of(self.splits.train), len(self.splits.task.labels), self.settings.class_weights
        )
        if progress.stage:
            model.load_state_dict(checkpoints.load_weights(start_of(progress.stage)))
        if progress.stage or progress.step:
            self.listener.say(f"going on at stage {progress.stage + 1}, update {progress.step}")
        for stage in self.stages[progress.stage :]:
            model, cost = self._run_stage(model, stage, objective, checkpoints, progress, tensors)
            checkpoints.save_weights(start_of(progress.stage + 1), model.state_dict())
            progress = replace(
                Progress(), stage=progress.stage + 1, data=progress.data, threads=progress.threads,
                history_bytes=self.folder.history.stat().st_size,
                finished_stages=[*progress.finished_stages, cost],
            )
            checkpoints.save(progress, {}, {})
            checkpoints.forget_weights(BEST)
            tensors = {}
        save_classifier(model, self.backbone.tokenizer, self.folder.model)
        return progress.finished_stages

    def _run_stage(
        self,
        model: PreTrainedModel,
        stage: Stage,
        objective: Objective,
        checkpoints: Checkpoints,
        progress: Progress,
        tensors: dict[str, Any],
    ) -> tuple[PreTrainedModel, dict[str, Any]]:
        last = progress.stage == len(self.stages) - 1
        rate = peak_learning_rate(stage, parameters(model).total)
        if last:
            save_base(model, self.backbone.tokenizer, self.folder.base)
        adapted = apply_method(model, stage.method, self.lora, seed=self.settings.seed)
        counts = parameters(adapted)
        run = StageRun(
            data=self._data(stage), objective=objective, score=self.score, learning_rate=rate,
            settings=self.settings, precision=self.precision, checkpoints=checkpoints, history=self.folder.history,
            listener=lambda step, steps, figures: self.listener.progress(stage.name, step, steps, figures),
        )
        self.listener.say(
            f"{stage.name}: {stage.method} on {stage.data} text, {counts.trainable:,} of {counts.total:,} parameters "
            f"train, {run.data.updates_per_epoch * stage.epochs:,} updates, learning rate {rate:g}"
        )
        cost = train_stage(adapted, run, progress, tensors)
        if last:
            to_label_units(adapted, objective)
            if stage.method == "lora":
                save_adapter(adapted, self.folder.adapter, base=self.folder.base)
        described = {"name": stage.name, "method": stage.method, "data": stage.data, "learning_rate": rate}
        share = {"total": counts.total, "trainable": counts.trainable, "by_part": counts.by_part}
        return merge(adapted), {**described, **cost, "parameters": share}

    def _data(self, stage: Stage) -> TrainingData:
        augmented = stage.data == "augmented" and self.policy.enabled
        return TrainingData(
            dataset=self.splits.train,
            encoder=self.encoder,
            engine=Engine(self.policy, seed=self.settings.seed) if augmented else None,
            seed=self.settings.seed,
            epochs=stage.epochs,
            batch_size=self.settings.batch_size,
            token_budget=self.settings.token_budget,
            workers=self.settings.workers,
        )

    def _resume(self) -> tuple[Checkpoints, Progress, dict[str, Any]]:
        """Checkpoints, how far the run got, and the tensors it stood at (none at the start of a stage)."""
        import torch

        checkpoints = Checkpoints(self.folder.checkpoints)
        data = fingerprint(self.splits)
        progress, tensors = checkpoints.load() or (Progress(data=data), {})
        if progress.data != data:
            raise PocketBertError(
                f"the data changed since the run in {self.folder.path} began; choose another --out folder"
            )
        threads = self.settings.threads or progress.threads
        if threads:
            torch.set_num_threads(threads)
        progress.threads = torch.get_num_threads()
        if self.folder.history.exists():
            with self.folder.history.open("r+b") as history:
                history.truncate(progress.history_bytes)
        return checkpoints, progress, tensors if progress.step else {}


def start_of(stage: int) -> str:
    """Name under which the weights that a stage starts from are kept."""
    return f"start-of-stage-{stage}"


def fingerprint(splits: Splits) -> str:
    """Hash of the number of rows and of an even sample of them, so that no run goes on with other data."""
    digest = hashlib.sha256()
    for rows in (splits.train, splits.validation):
        sample = rows[:: max(1, rows.num_rows // FINGERPRINT_ROWS)] if rows.num_rows else {}
        digest.update(repr((rows.num_rows, sorted(sample.items()))).encode())
    return digest.hexdigest()
