"""run(recipe): data, backbone, stages, evaluation, report."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.calibrating import calibrated
from pocketbert.distillation.mapping import Shape
from pocketbert.distillation.task import FineTuned, Reads, TaskDistillation
from pocketbert.distillation.task_settings import TaskTeacherSettings
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluating import (
    NO_TEST_ROWS,
    measure,
    measure_further,
    metrics_of,
    scored_rows,
    splits_of,
)
from pocketbert.evaluation import compute_metrics
from pocketbert.evaluation.answer_threshold import at_threshold, fit_threshold
from pocketbert.evaluation.kept_answers import keep_answers
from pocketbert.evaluation.label_thresholds import shared_threshold
from pocketbert.evaluation.report import write_report
from pocketbert.evaluation.suite_files import read_suite_files
from pocketbert.recipe import Recipe, to_toml, with_absolute_paths
from pocketbert.reporter import Reporter, Silent
from pocketbert.reporting import report_content
from pocketbert.runs import Run, load
from pocketbert.training import Stage
from pocketbert.training.answering import AnswerPredictor
from pocketbert.training.checkpoint import Checkpoints
from pocketbert.training.folder import RunFolder, write_whole
from pocketbert.training.inference import predict_logits
from pocketbert.training.processes import is_main_process, process_count, wait_for_everyone
from pocketbert.training.teaching import LabelsAlone
from pocketbert.variation import Guards, vary
from pocketbert.wording import counted

if TYPE_CHECKING:
    import torch

    from pocketbert.backbone import Backbone
    from pocketbert.data import Encoder, Splits
    from pocketbert.tasks import Task

MOST_PLANNING = 16  # processes
BYTES_A_WEIGHT = 4
COPIES_A_CHECKPOINT = 3  # weights and the optimiser's two moments
KEPT_CHECKPOINTS = 3  # two, and the one being written


def run(recipe: Recipe, out: str | Path, reporter: Reporter | None = None) -> Run:
    """Fine-tune by a recipe and leave a run folder; an unfinished run of the same recipe goes on where it stood.

    Under `accelerate launch` every process takes its share of each update; the first alone writes and measures.
    Raises ArgumentError for what the recipe or `out` gets wrong, PocketBertError when the work fails.
    """
    main = is_main_process()
    reporter = reporter if main and reporter else Silent()
    folder, kept = RunFolder(Path(out)), to_toml(with_absolute_paths(recipe))
    if main:
        folder.open(kept)
    wait_for_everyone()
    if folder.finished:
        Checkpoints(folder.checkpoints, writes=main).remove()
        reporter.say(f"{out} holds this very run, finished")
        return load(out)
    tell_processes(reporter)

    from pocketbert.data import Encoder, check
    from pocketbert.training.meter import memory_of_imports
    from pocketbert.training.stages import StagedTraining

    memory_of_imports()
    backbone, splits, teaching, guards = load_ingredients(recipe, folder)
    findings = check(splits, backbone.tokenizer, recipe.data.max_length)
    announce(recipe, splits, backbone, reporter)
    if teaching is not None:
        reporter.say(f"learning from {teaching.description}")
    for warning in (findings if recipe.evaluation.examples else findings.without_texts()).warnings:
        reporter.warn(warning)
    if main:
        write_whole(folder.recipe, kept)  # first: it tells whose folder this is
        write_whole(folder.task, splits.task.model_dump_json(indent=1))

    encoder = Encoder(backbone.tokenizer, recipe.data.max_length, recipe.data.stride)
    variation = vary(recipe, splits, encoder, guards, planning_processes(), reporter)
    costs = StagedTraining(
        folder=folder,
        splits=splits,
        backbone=backbone,
        encoder=encoder,
        stages=recipe.stages,
        settings=recipe.training,
        lora=recipe.lora,
        policy=recipe.augmentation,
        precision=recipe.backbone.precision,
        score=partial(
            validation_metrics, splits=splits, encoder=encoder, precision=recipe.backbone.precision
        ),
        listener=reporter,
        teaching=teaching or LabelsAlone(),
        engine=variation.engine,
        agreement=variation.agreement,
        operator_weights=variation.operator_weights,
        operators=variation.operators,
        guards=variation.guards,
    ).run()

    if not main:
        wait_for_everyone()
        return load(out)
    told = calibrated(load(out, unfinished=True), splits)
    finished = told.run
    split, rows = scored_rows(splits)
    if split == "validation":
        reporter.warn(NO_TEST_ROWS)
    measured = measure(finished, rows, recipe, recipe.evaluation, reporter)
    keep_answers(folder.answers, measured.scored, measured.given)
    further = measure_further(finished, splits, recipe.evaluation, reporter)
    metrics = metrics_of(finished, split, measured, costs, further, variation.operators)
    content = report_content(told, recipe, splits, findings, measured, metrics)
    taught = (f"learned from {teaching.description}",) if teaching else ()
    write_report(folder.report, replace(content, notes=(*taught, *content.notes)))
    write_whole(folder.metrics, json.dumps(metrics, indent=1, ensure_ascii=False))
    Checkpoints(folder.checkpoints).remove()
    wait_for_everyone()
    return finished


def tell_processes(reporter: Reporter) -> None:
    """Say how many processes share the work: a launcher may have started fewer than were asked for."""
    if (processes := process_count()) > 1:
        reporter.say(f"{processes} processes share every update")


def load_ingredients(
    recipe: Recipe, folder: RunFolder
) -> tuple[Backbone, Splits, TaskDistillation | None, Guards]:
    """Backbone and teacher, whose names are soon refused, then rows and guards; a folder made in vain is taken away.

    Suites from files are read too: what is wrong with them is said before anything is trained.
    """
    from pocketbert.backbone import load_backbone

    try:
        backbone = load_backbone(recipe.backbone)
        wanted, most = recipe.data.max_length, getattr(backbone.encoder.config, "max_position_embeddings", 0)
        if 0 < most < wanted:
            reads = f"backbone {backbone.name} reads at most {most} tokens, not {wanted}"
            raise ArgumentError(f"{reads}; give --max-length {most}")
        teacher = load_teacher(recipe.teacher)
        splits = splits_of(recipe)
        read_suite_files(recipe.evaluation.files, splits.task)
        check_mixing(recipe, splits.task)
        if teacher is not None and splits.task.kind == "spans":
            raise ArgumentError(
                "teacher.run: answer spans are learned without a teacher; leave teacher.run out"
            )
        if teacher is not None and splits.task.kind == "multilabel":
            raise ArgumentError(
                "teacher.run: several labels a text are learned without a teacher; leave teacher.run out"
            )
        guards = Guards.of(recipe, splits.task)
        if teacher is None:
            return backbone, splits, None, guards
        student = Reads(Shape.of(backbone.encoder.config), backbone.tokenizer, wanted)
        seed = recipe.training.seed
        taught = TaskDistillation.of(recipe.teacher, teacher, splits.task, student, seed)
        return backbone, splits, taught, guards
    except PocketBertError:
        with suppress(OSError):
            folder.path.rmdir()
        raise


def check_mixing(recipe: Recipe, task: Task) -> None:
    """Raise ArgumentError where consistency, mix and cut are asked for beside a teacher, or of answer spans."""
    if not recipe.training.mixes:
        return
    named = "training.consistency, word_dropout, span_cutoff and mixup"
    if recipe.teacher.run is not None:
        raise ArgumentError(f"{named} work without a teacher; leave them or teacher.run out")
    if task.kind == "spans":
        raise ArgumentError(f"{named} are for labels and values, not for answer spans; leave them out")


def load_teacher(settings: TaskTeacherSettings) -> FineTuned | None:
    """The teacher of a task, if the settings name one.

    Raises ArgumentError when they name no finished run, PocketBertError when one of its files is damaged.
    """
    if settings.run is None:
        return None
    try:
        run = load(Path(settings.run).expanduser())
    except ArgumentError as error:
        raise ArgumentError(f"teacher.run: {error}") from None
    return FineTuned(settings.run, run.model, run.encoder.tokenizer, run.task)


def planning_processes() -> int:
    """As many as there are cores; none where a process starts afresh and would run the caller's script again."""
    return min(MOST_PLANNING, os.cpu_count() or 1) if multiprocessing.get_start_method() == "fork" else 0


def announce(recipe: Recipe, splits: Splits, backbone: Backbone, reporter: Reporter) -> None:
    """What is about to happen and what it will take; time and memory follow from the first updates."""
    from pocketbert.backbone import parameters

    for note in splits.notes:
        reporter.say(note)
    rows = len(splits.train)
    updates = sum(stage.epochs for stage in recipe.stages) * -(-rows // recipe.training.batch_size)
    disk = disk_space(recipe.stages, parameters(backbone.encoder).total)
    reporter.say(
        f"{counted(rows, 'training row')}, {len(splits.validation):,} for validation, "
        f"{len(splits.test) if splits.test is not None else 0:,} for the test; {counted(updates, 'update')}; "
        f"up to {max(1, round(disk / 1e6)):,} MB of disk while it runs"
    )


def disk_space(stages: Sequence[Stage], weights: int) -> int:
    """Bytes that a run fills at most: base and model, each stage's start, and checkpoints of what trains."""
    copies = 2 + len(stages)
    if any(stage.method == "full" for stage in stages):
        copies += 1 + COPIES_A_CHECKPOINT * KEPT_CHECKPOINTS
    return copies * weights * BYTES_A_WEIGHT


def validation_metrics(
    model: torch.nn.Module, *, splits: Splits, encoder: Encoder, precision: str
) -> dict[str, float]:
    """The task's metrics on the validation rows, the one that chooses the checkpoint first."""
    from pocketbert.data import texts_of
    from pocketbert.data.answers import gold_texts
    from pocketbert.data.batching import labels_of

    texts, task = texts_of(splits.validation[:]), splits.task
    if task.kind == "spans":
        found = AnswerPredictor(model, encoder, task.unanswerable, precision=precision).predict(texts)
        right = gold_texts(splits.validation)
        if task.unanswerable:
            found = at_threshold(found, fit_threshold(found, right))
        return compute_metrics(task, found, right)
    logits, labels = predict_logits(model, encoder, texts, precision), labels_of(splits.validation)
    if task.kind == "multilabel":
        logits = logits - shared_threshold(logits, labels)
    return compute_metrics(task, logits, labels)
