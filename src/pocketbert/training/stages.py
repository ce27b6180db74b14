"""The stages of a run, one after another, each from the weights that the one before it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pocketbert.adaptation import LoraSettings, apply_method, merge, save_adapter
from pocketbert.augmentation import Engine, Policy
from pocketbert.augmentation.agreement import Agreement
from pocketbert.augmentation.pools import Pools
from pocketbert.backbone import Backbone, answerer, classifier, parameters, save_base, save_classifier
from pocketbert.data import Encoder, Splits
from pocketbert.data.batching import TrainingData, labels_of
from pocketbert.data.question_rows import QuestionRows
from pocketbert.errors import PocketBertError
from pocketbert.training.answer_spans import AnswerSpans
from pocketbert.training.checkpoint import Checkpoints, Progress, Tensors
from pocketbert.training.device import cpu_threads
from pocketbert.training.fingerprint import fingerprint_of_data, fingerprint_of_weights
from pocketbert.training.folder import RunFolder
from pocketbert.training.history import History
from pocketbert.training.loop import train_stage
from pocketbert.training.mixing import mixing_for
from pocketbert.training.objective import Supervised, objective_for, to_label_units
from pocketbert.training.operator_weights import Adaptation, OperatorWeights
from pocketbert.training.optimizer import peak_learning_rate, rate_of_embeddings
from pocketbert.training.processes import is_main_process, wait_for_everyone
from pocketbert.training.settings import Stage, TrainingSettings
from pocketbert.training.stage_run import Score, StageRun
from pocketbert.training.teaching import LabelsAlone, Teaching
from pocketbert.training.tensors import all_weights
from pocketbert.wording import counted

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


class Listener(Protocol):
    """Hears how training goes, to tell a person."""

    def say(self, line: str) -> None: ...
    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None: ...


@dataclass(frozen=True)
class StagedTraining:
    """All that the stages of a run share.  `score` gives a model's validation metrics, the deciding one first.

    `teaching`: who teaches besides the labels; what it adds to a model trains anew in each stage, and is dropped.
    `engine`: what draws views by the policy, its plans prepared; left out, one that plans texts as they come.
    `agreement`: what must agree with a view.  `operator_weights`: what is learned of the operators between epochs.
    `operators`: what guards let pass of each operator, for the history; `guards`: the fingerprint of these models.
    """

    folder: RunFolder
    splits: Splits
    backbone: Backbone
    encoder: Encoder
    stages: tuple[Stage, ...]
    settings: TrainingSettings
    lora: LoraSettings
    policy: Policy
    precision: str
    score: Score
    listener: Listener
    teaching: Teaching = field(default_factory=LabelsAlone)
    engine: Engine | Pools | None = None
    agreement: Agreement | None = None
    operator_weights: OperatorWeights | None = None
    operators: Mapping[str, Any] = field(default_factory=dict)
    guards: str = ""

    def run(self) -> list[dict[str, Any]]:
        """Train what is not trained yet; leave `base/`, `adapter/` and `model/`.

        `adapter/` names `base/` by its absolute path, so that it loads from any working directory; where the
        folder was moved, a loader must be told where `base/` is.
        Returns what each stage cost, in the words of `metrics.json`.
        Raises PocketBertError when the run cannot go on: its data, backbone or teacher changed, a checkpoint is
        damaged, training diverged or was interrupted, the disk is full.
        """
        checkpoints = Checkpoints(self.folder.checkpoints, writes=is_main_process())
        progress, tensors = self._resume(checkpoints)
        if self.operator_weights is not None:
            self.operator_weights.restore(progress.operator_weights)
        with cpu_threads(self.settings.threads or progress.threads) as progress.threads:
            model = self._model(checkpoints, progress)
            objective = self._objective()
            for stage in self.stages[progress.stage :]:
                model, cost = self._run_stage(model, stage, objective, checkpoints, progress, tensors)
                progress = progress.next_stage(cost, History(self.folder.history).size())
                checkpoints.save_weights(progress.start, all_weights(model))
                checkpoints.save(progress, {}, {})
                tensors = {}
            if is_main_process():
                save_classifier(model, self.backbone.tokenizer, self.folder.model)
            wait_for_everyone()
        return progress.finished_stages

    def _resume(self, checkpoints: Checkpoints) -> tuple[Progress, dict[str, Tensors]]:
        """How far the run got, and the tensors it stood at, none at the start of a stage."""
        data, backbone = fingerprint_of_data(self.splits), fingerprint_of_weights(self.backbone.encoder)
        teacher = self.teaching.fingerprint
        begun = Progress(data=data, backbone=backbone, teacher=teacher, guards=self.guards)
        progress, tensors = checkpoints.load() or (begun, {})
        for name in ("data", "backbone", "teacher", "guards"):
            if getattr(begun, name) != getattr(progress, name):
                raise PocketBertError(
                    f"the {name} changed since the run in {self.folder.path} began; choose another --out folder"
                )
        history = History(self.folder.history, writes=is_main_process())
        history.cut(progress.history_bytes)
        if self.operators and not progress.history_bytes:
            history.append({"stage": 0, "step": 0, "epoch": 0.0, "guards": self.operators})
        if progress.stage < len(self.stages) and (progress.stage or progress.step):
            self.listener.say(f"going on at stage {progress.stage + 1}, update {progress.step}")
        return progress, tensors if progress.step else {}

    def _model(self, checkpoints: Checkpoints, progress: Progress) -> PreTrainedModel:
        """The model that the stage at hand starts from."""
        seed = self.settings.seed
        if self._answers_spans:
            model = answerer(self.backbone, seed=seed)
        else:
            labels = self.splits.task.labels
            several = self.splits.task.kind == "multilabel"
            model = classifier(
                self.backbone, labels=labels, regression=self._is_regression, seed=seed, several=several
            )
        if progress.stage:
            model.load_state_dict(checkpoints.load_weights(progress.start))
        return model

    @property
    def _is_regression(self) -> bool:
        return self.splits.task.kind == "regression"

    @property
    def _answers_spans(self) -> bool:
        return self.splits.task.kind == "spans"

    def _objective(self) -> Supervised:
        if self._answers_spans:
            return AnswerSpans()
        return objective_for(
            labels_of(self.splits.train),
            regression=self._is_regression,
            label_count=len(self.splits.task.labels),
            class_weights=self.settings.class_weights,
        )

    def _run_stage(
        self,
        model: PreTrainedModel,
        stage: Stage,
        objective: Supervised,
        checkpoints: Checkpoints,
        progress: Progress,
        tensors: dict[str, Tensors],
    ) -> tuple[PreTrainedModel, dict[str, Any]]:
        """Train one stage.  Returns the plain model and what the stage cost."""
        last = progress.stage == len(self.stages) - 1
        rate = peak_learning_rate(stage, parameters(model).total)
        if last and not progress.step and is_main_process():
            save_base(model, self.backbone.tokenizer, self.folder.base)
        adapted = apply_method(model, stage.method, self.lora, seed=self.settings.seed)
        counts = parameters(adapted)
        data = self._data(stage, progress.stage)
        self.listener.say(
            f"{stage.name}: {stage.method} on {self._text(stage)} text, {counts.trainable:,} of {counts.total:,} "
            f"parameters train, {counted(data.updates_per_epoch * stage.epochs, 'update')}, learning rate {rate:g}"
        )
        with self.teaching.lesson(adapted, objective) as (learner, taught):
            minimised = mixing_for(objective, adapted, self.settings) or taught
            run = StageRun(
                data=data,
                objective=minimised,
                score=lambda _: self.score(adapted),
                learning_rate=rate,
                settings=self.settings,
                precision=self.precision,
                checkpoints=checkpoints,
                history=self.folder.history,
                listener=partial(self.listener.progress, stage.name),
                share_of_rate=rate_of_embeddings(adapted, self.settings.embedding_rate),
                adaptation=self._adaptation(stage, adapted),
            )
            cost = train_stage(learner, run, progress, tensors)
        if last:
            to_label_units(adapted, objective)
            if stage.method == "lora" and is_main_process():
                save_adapter(adapted, self.folder.adapter, base=self.folder.base.resolve())
        told = {"name": stage.name, "method": stage.method, "data": self._text(stage), "learning_rate": rate}
        share = {"total": counts.total, "trainable": counts.trainable, "by_part": counts.by_part}
        return merge(adapted), {**told, **cost, "parameters": share}

    def _text(self, stage: Stage) -> str:
        """The text that the stage reads: clean, too, where augmentation is switched off."""
        return stage.data if self.policy.enabled else "clean"

    def _adaptation(self, stage: Stage, model: torch.nn.Module) -> Adaptation | None:
        if self.operator_weights is None or self._text(stage) == "clean":
            return None
        return Adaptation(self.operator_weights, model)

    def _data(self, stage: Stage, number: int) -> TrainingData:
        engine = self.engine or Engine(self.policy, seed=self.settings.seed)
        varies = self._text(stage) == "augmented"
        return TrainingData(
            dataset=self.splits.train,
            encoder=self.encoder,
            engine=engine if varies else None,
            agreement=self.agreement if varies else None,
            operator_weights=self.operator_weights if varies else None,
            with_clean=varies and self.settings.consistency > 0,
            seed=self.settings.seed,
            epochs=stage.epochs,
            batch_size=self.settings.batch_size,
            token_budget=self.settings.token_budget,
            workers=self.settings.workers,
            first_epoch=sum(earlier.epochs for earlier in self.stages[:number]),
            reader=QuestionRows(self.encoder) if self._answers_spans else None,
        )
