"""A distillation, stage by stage: the teacher's own pre-training where it has none, then the student's."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pocketbert.backbone import parameters
from pocketbert.distillation.course import objective_of, share_of_rate
from pocketbert.distillation.measures import last_figures, masked_lm_scores, outcome
from pocketbert.distillation.models import new_student, new_teacher, save, take_embeddings
from pocketbert.distillation.objectives import WeightedTerms
from pocketbert.distillation.pair import Pair
from pocketbert.distillation.schedule import StagePlan
from pocketbert.distillation.settings import DistillationRecipe
from pocketbert.distillation.texts import Stretch, Texts
from pocketbert.errors import PocketBertError
from pocketbert.training.checkpoint import Checkpoints, Progress, Tensors
from pocketbert.training.device import cpu_threads
from pocketbert.training.fingerprint import fingerprint_of_weights
from pocketbert.training.folder import RunFolder
from pocketbert.training.history import History
from pocketbert.training.loop import train_stage
from pocketbert.training.matrix_product import fast_linear_layers
from pocketbert.training.processes import accelerator, is_main_process, wait_for_everyone
from pocketbert.training.stage_run import StageRun
from pocketbert.training.tensors import all_weights
from pocketbert.wording import counted, spelt

if TYPE_CHECKING:
    from pocketbert.backbone.stock_head import LanguageModel
    from pocketbert.distillation.learner import Learner

TEACHER = "pre-training of the teacher"
TOKENS_COUNTED = 5_000_000
"""Tokens of the text from which the frequencies that embeddings are narrowed by are taken."""


class Listener(Protocol):
    """Hears how training goes, to tell a person."""

    def say(self, line: str) -> None: ...
    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None: ...


@dataclass
class Standing:
    """How far a run got, what it goes on from, and where it writes that down."""

    checkpoints: Checkpoints
    progress: Progress
    tensors: dict[str, Tensors]


@dataclass(frozen=True)
class StagedDistillation:
    """All that the stages of a distillation share."""

    folder: RunFolder
    pair: Pair
    texts: Texts
    listener: Listener

    @property
    def recipe(self) -> DistillationRecipe:
        return self.pair.recipe

    def run(self) -> list[dict[str, Any]]:
        """Train what is not trained yet; leave `model/`, and `teacher/` if it was pre-trained here.

        Returns what each stage cost, in the words of `metrics.json`, with its loss by term and masked LM held out.
        Raises ArgumentError when the two models cannot be mapped, PocketBertError when the run cannot go on.
        """
        standing = self._resume()
        threads = self.recipe.training.threads or standing.progress.threads
        with cpu_threads(threads) as standing.progress.threads:
            if self.recipe.trains_teacher and standing.progress.stage == 0:
                self._pretrain_teacher(standing)
            teacher = self._teacher()
            learner = self._learner(teacher)
            if teacher is not None:
                teacher.to(accelerator().device)
            if standing.progress.stage > self.first_stage:
                learner.load_state_dict(standing.checkpoints.load_weights(standing.progress.start))
            training = self.recipe.training
            for plan, first, count in self.pair.stages[standing.progress.stage - self.first_stage :]:
                data = Stretch(self.texts.training(training.steps), first, count)
                objective = objective_of(plan, self.recipe, teacher, self.pair.mapping)
                with nullcontext() if teacher is None else fast_linear_layers(teacher):
                    cost = self._train(learner, plan, data, objective, training.learning_rate, standing)
                self._next_stage(standing, cost, learner)
            if is_main_process():
                save(learner.language_model, self.pair.tokenizer, self.folder.model)
            wait_for_everyone()
        return standing.progress.finished_stages

    @property
    def teacher_folder(self) -> Path:
        """Where a teacher that was pre-trained here is kept."""
        return self.folder.path / "teacher"

    @property
    def first_stage(self) -> int:
        """Number of the student's first stage."""
        return int(self.recipe.trains_teacher)

    def _resume(self) -> Standing:
        checkpoints = Checkpoints(self.folder.checkpoints, writes=is_main_process())
        teacher, start = (
            fingerprint_of_weights(model) if model else ""
            for model in (self.pair.teacher_model, self.pair.start_model)
        )
        begun = Progress(data=self.texts.fingerprint, teacher=teacher, backbone=start)
        progress, tensors = checkpoints.load() or (begun, {})
        for part, name in (("data", "text"), ("teacher", "teacher"), ("backbone", "start of the student")):
            if getattr(begun, part) != getattr(progress, part):
                raise PocketBertError(
                    f"the {name} changed since the run in {self.folder.path} began; choose another --out folder"
                )
        History(self.folder.history, writes=is_main_process()).cut(progress.history_bytes)
        if progress.stage or progress.step:
            self.listener.say(f"going on at stage {progress.stage + 1}, update {progress.step}")
        return Standing(checkpoints, progress, tensors if progress.step else {})

    def _pretrain_teacher(self, standing: Standing) -> None:
        """Masked LM for an IB-BERT (MobileBERT, section 3.2), which stays in the run folder."""
        from pocketbert.distillation.learner import make_learner

        settings, seed = self.recipe.teacher, self.recipe.training.seed
        model = new_teacher(settings.shape, self.pair.tokenizer, seed)
        plan = StagePlan(TEACHER, self.recipe.schedule.pretraining or {"masked_lm": 1.0})
        learner = make_learner(model, None, "next_sentence" in plan.terms, seed)
        data = Stretch(self.texts.training(settings.steps), 0, settings.steps)
        objective = objective_of(plan, self.recipe, None, None)
        cost = self._train(learner, plan, data, objective, settings.learning_rate, standing)
        if is_main_process():
            save(model, self.pair.tokenizer, self.teacher_folder)
        wait_for_everyone()
        self._next_stage(standing, cost, None)

    def _teacher(self) -> LanguageModel | None:
        """The frozen teacher, as its files say."""
        from pocketbert.backbone.masked_lm import load_masked_lm
        from pocketbert.distillation.learner import show_attention

        if not self.recipe.needs_teacher:
            return None
        model = self.pair.teacher_model or load_masked_lm(self.teacher_folder)
        if self.recipe.schedule.attention:
            show_attention(model.encoder)
        return model.eval().requires_grad_(False)

    def _learner(self, teacher: LanguageModel | None) -> Learner:
        """The student as it starts, with what transfer adds to it."""
        from pocketbert.distillation.learner import make_learner, show_attention, without_attention_dropout

        settings, seed = self.recipe.student, self.recipe.training.seed
        student = self.pair.start_model
        if student is None:
            student = new_student(settings.shape, self.pair.tokenizer, seed)
            if teacher is not None and settings.teacher_embeddings:
                take_embeddings(student, teacher, self.texts.frequencies(TOKENS_COUNTED))
        without_attention_dropout(student.encoder)
        if self.recipe.schedule.attention:
            show_attention(student.encoder)
        return make_learner(student, self.pair.mapping, self.recipe.schedule.next_sentence > 0, seed)

    def _train(
        self,
        learner: Learner,
        plan: StagePlan,
        data: Stretch,
        objective: WeightedTerms,
        learning_rate: float,
        standing: Standing,
    ) -> dict[str, Any]:
        """Train one stage.  Returns what it cost."""
        from pocketbert.distillation.learner import train_only_what_is_reached

        share = partial(share_of_rate, plan)
        train_only_what_is_reached(learner, objective, data.sample, share)
        counts = parameters(learner)
        settings = self.recipe.training
        run = StageRun(
            data=data,
            objective=objective,
            score=partial(masked_lm_scores, texts=self.texts, precision=settings.precision),
            learning_rate=learning_rate,
            settings=settings.loop,
            precision=settings.precision,
            checkpoints=standing.checkpoints,
            history=self.folder.history,
            listener=partial(self.listener.progress, plan.name),
            share_of_rate=share,
        )
        self.listener.say(
            f"{plan.name}: {', '.join(spelt(name) for name in plan.terms)}; {counts.trainable:,} of "
            f"{counts.total:,} parameters train, {counted(data.count, 'update')}, learning rate {learning_rate:g}"
        )
        number = standing.progress.stage
        cost = train_stage(learner, run, standing.progress, standing.tensors)
        size = {"total": counts.total, "trainable": counts.trainable, "by_part": counts.by_part}
        described = {
            "name": plan.name, "terms": plan.terms, "layers": plan.layers, "learning_rate": learning_rate,
        }  # fmt: skip
        left = last_figures(self.folder, number, list(plan.terms)) if is_main_process() else {}
        stage = {**described, **cost, **left, "parameters": size}
        if left:
            self.listener.say(outcome(stage))
        return stage

    def _next_stage(self, standing: Standing, cost: dict[str, Any], learner: Learner | None) -> None:
        """Write down that a stage is done; the student's weights, too, where there is one yet."""
        standing.progress = standing.progress.next_stage(cost, History(self.folder.history).size())
        if learner is not None:
            standing.checkpoints.save_weights(standing.progress.start, all_weights(learner))
        standing.checkpoints.save(standing.progress, {}, {})
        standing.tensors = {}
