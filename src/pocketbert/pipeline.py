"""run(recipe): data, backbone, stages, evaluation, report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pocketbert.errors import ArgumentError
from pocketbert.evaluation import EvaluationSettings, compute_metrics, evaluate
from pocketbert.evaluation.schema import SCHEMA
from pocketbert.recipe import Recipe, read_recipe, to_toml
from pocketbert.runs import Run, load
from pocketbert.training.folder import RunFolder, write_whole
from pocketbert.training.inference import predict_logits

if TYPE_CHECKING:
    import torch
    from datasets import Dataset

    from pocketbert.backbone import Backbone
    from pocketbert.data import Encoder, Splits
    from pocketbert.evaluation.schema import Metrics

BYTES_A_WEIGHT = 4
COPIES_ON_DISK = 4  # base, model and two checkpoints


class Reporter(Protocol):
    """Hears what a run does, to tell a person."""

    def say(self, line: str) -> None: ...
    def warn(self, line: str) -> None: ...
    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None: ...


class Silent:
    """A reporter that tells nobody."""

    def say(self, line: str) -> None: ...
    def warn(self, line: str) -> None: ...
    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None: ...


def run(recipe: Recipe, out: str | Path, reporter: Reporter | None = None) -> Run:
    """Fine-tune by a recipe and leave a run folder; an unfinished run of the same recipe goes on where it stood.

    Raises ArgumentError for what the recipe or `out` gets wrong, PocketBertError when the work fails.
    """
    reporter = reporter or Silent()
    folder = RunFolder(Path(out))
    folder.open(to_toml(recipe))
    if folder.finished:
        reporter.say(f"{out} holds this very run, finished")
        return load(out)

    from pocketbert.backbone import load_backbone
    from pocketbert.data import Encoder, check
    from pocketbert.data import load as load_splits
    from pocketbert.training.checkpoint import Checkpoints
    from pocketbert.training.meter import memory_of_imports
    from pocketbert.training.stages import StagedTraining

    memory_of_imports()
    splits = load_splits(recipe.data)
    backbone = load_backbone(recipe.backbone)
    findings = check(splits, backbone.tokenizer, recipe.data.max_length)
    announce(recipe, splits, backbone, reporter)
    for warning in findings.warnings:
        reporter.warn(warning)
    write_whole(folder.task, splits.task.model_dump_json(indent=1))
    write_whole(folder.recipe, to_toml(recipe))

    encoder = Encoder(backbone.tokenizer, recipe.data.max_length)
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
        score=partial(validation_metrics, splits=splits, encoder=encoder, precision=recipe.backbone.precision),
        listener=reporter,
    ).run()

    finished = load(out, unfinished=True)
    metrics = measure(finished, splits, recipe.evaluation, costs, reporter)
    write_whole(folder.metrics, json.dumps(metrics, indent=1, ensure_ascii=False))
    Checkpoints(folder.checkpoints).remove()
    return finished


def announce(recipe: Recipe, splits: Splits, backbone: Backbone, reporter: Reporter) -> None:
    """What is about to happen and what it will take; time and memory follow from the first updates."""
    from pocketbert.backbone import parameters

    for note in splits.notes:
        reporter.say(note)
    rows = len(splits.train)
    updates = sum(stage.epochs for stage in recipe.stages) * -(-rows // recipe.training.batch_size)
    weights = parameters(backbone.encoder).total
    reporter.say(
        f"{rows:,} training rows, {len(splits.validation):,} for validation, "
        f"{len(splits.test) if splits.test is not None else 0:,} for the test; {updates:,} updates; "
        f"about {weights * BYTES_A_WEIGHT * COPIES_ON_DISK / 1e6:,.0f} MB of disk while it runs"
    )


def validation_metrics(
    model: torch.nn.Module, *, splits: Splits, encoder: Encoder, precision: str
) -> dict[str, float]:
    """The task's metrics on the validation rows, the one that chooses the checkpoint first."""
    from pocketbert.data import texts_of
    from pocketbert.data.batching import labels_of

    logits = predict_logits(model, encoder, texts_of(splits.validation[:]), precision)
    metrics = compute_metrics(splits.task, logits, labels_of(splits.validation))
    main = splits.task.main_metric
    return {main: metrics[main], **metrics}


def measure(
    run: Run, splits: Splits, settings: EvaluationSettings, costs: list[dict[str, Any]], reporter: Reporter
) -> Metrics:
    """Score a run on its test rows, or on its validation rows where it has no others."""
    name, rows = ("test", splits.test) if splits.test is not None else ("validation", splits.validation)
    if name == "validation":
        reporter.warn(
            "there are no test rows: the figures below are those of the validation rows that chose the checkpoint, "
            "a little too good; give --test for honest ones"
        )
    return score(run, name, rows, settings, costs, reporter)


def score(
    run: Run, name: str, rows: Dataset, settings: EvaluationSettings, costs: list[dict[str, Any]], reporter: Reporter
) -> Metrics:
    """What `metrics.json` holds, for one split."""
    split = evaluate(
        run.predictor, run.task, rows, settings, run.folder.suites, partial(_tell, reporter)
    )
    return {"schema": SCHEMA, "task": run.task.name, "splits": {name: split}, "stages": costs}  # type: ignore[typeddict-item]


def score_split(
    run: Run,
    data: str | Path | None,
    text: Sequence[str],
    label: str | None,
    suites: str | Sequence[str],
    reporter: Reporter,
) -> Metrics:
    """Score a finished run on a labelled file, or on its own rows."""
    from pocketbert.data import load as load_splits
    from pocketbert.data import read_examples

    recipe = read_recipe(run.folder.recipe)
    settings = EvaluationSettings.model_validate(recipe.evaluation.model_dump() | {"suites": suites})
    costs = run.metrics["stages"]
    if data is None:
        return measure(run, load_splits(recipe.data), settings, costs, reporter)
    rows = read_examples(data, run.task, text=tuple(text), label=label)
    return score(run, "test", rows, settings, costs, reporter)


def _tell(reporter: Reporter, what: str, done: int, of: int) -> None:
    reporter.progress(what, done, of, {})
