"""The training loop: the only one.  LoRA edits the model, augmentation the data, distillation the objective."""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from pocketbert.data.batching import TrainingData
from pocketbert.errors import PocketBertError
from pocketbert.training.checkpoint import (
    BEST,
    Checkpoints,
    Progress,
    optimizer_tensors,
    restore_optimizer,
    restore_weights,
    trained_weights,
)
from pocketbert.training.meter import Meter
from pocketbert.training.objective import Objective
from pocketbert.training.optimizer import learning_rate_factor, make_optimizer
from pocketbert.training.settings import TrainingSettings

if TYPE_CHECKING:
    import torch

STEPS_BETWEEN_READINGS = 10


class Score(Protocol):
    """Validation metrics of a model; the loop chooses checkpoints by the first of them."""

    def __call__(self, model: torch.nn.Module) -> dict[str, float]: ...


class Listener(Protocol):
    """Hears how training goes: what a progress bar shows."""

    def __call__(self, step: int, steps: int, figures: dict[str, float]) -> None: ...


@dataclass(frozen=True)
class StageRun:
    """What the loop needs to know of one stage."""

    data: TrainingData
    objective: Objective
    score: Score
    learning_rate: float
    settings: TrainingSettings
    precision: str
    checkpoints: Checkpoints
    history: Path
    listener: Listener


@contextmanager
def interrupt_flag() -> Iterator[Callable[[], bool]]:
    """Ctrl-C or a polite kill is remembered until the update at hand is done; a second one acts at once."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = False

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    previous = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def seed_of_step(seed: int, stage: int, step: int) -> int:
    """Seed of dropout at one update, so that a resumed run draws what an unbroken one would."""
    return int.from_bytes(blake2b(f"{seed}/{stage}/{step}".encode(), digest_size=7).digest())


def train_stage(model: torch.nn.Module, run: StageRun, progress: Progress, resumed: dict[str, Any]) -> dict[str, Any]:
    """Train one stage from where `progress` stands and leave the model with its best weights.

    Returns the stage's cost in the words of `metrics.json`.
    Raises PocketBertError when the loss stops being a number, or training was interrupted.
    """
    import torch
    from accelerate import Accelerator

    settings, data = run.settings, run.data
    accelerator = Accelerator(mixed_precision="bf16" if run.precision == "bf16" else "no")
    optimizer = make_optimizer(model, run.learning_rate, settings)
    model, optimizer = accelerator.prepare(model, optimizer)
    if resumed:
        restore_weights(model, resumed["weights"])
        restore_optimizer(optimizer, resumed["optimizer"])
    meter = Meter(**progress.meter) if progress.meter else Meter()  # type: ignore[arg-type]
    steps = data.updates_per_epoch * data.epochs
    scored_at = scoring_steps(data.updates_per_epoch, data.epochs, settings.evaluations_per_epoch)
    trainable = [weight for weight in model.parameters() if weight.requires_grad]
    losses = torch.zeros((), device=accelerator.device)
    read_at, saved_at = progress.step, time.monotonic()
    reading: dict[str, float] = {}
    model.train()
    meter.start()

    def save() -> None:
        progress.meter = meter.state()
        progress.history_bytes = run.history.stat().st_size if run.history.exists() else 0
        run.checkpoints.save(progress, trained_weights(model), optimizer_tensors(optimizer))

    with interrupt_flag() as interrupted, torch.random.fork_rng():
        for batches in data.updates(progress.step):
            torch.manual_seed(seed_of_step(settings.seed, progress.stage, progress.step))
            rate = run.learning_rate * learning_rate_factor(progress.step, steps, settings)
            for group in optimizer.param_groups:
                group["lr"] = rate
            rows = sum(batch.rows for batch in batches)
            for batch in batches:
                on_device = batch.to(accelerator.device)
                with accelerator.autocast():
                    logits = model(**on_device.inputs).logits
                loss = run.objective(logits, on_device.labels) / rows
                accelerator.backward(loss)
                losses += loss.detach()
            norm = torch.nn.utils.clip_grad_norm_(trainable, settings.gradient_clipping)
            optimizer.step()
            optimizer.zero_grad()
            progress.step += 1
            meter.count(rows, sum(batch.tokens for batch in batches))

            last = progress.step == steps
            if progress.step % STEPS_BETWEEN_READINGS == 0 or last or progress.step in scored_at:
                mean = losses.item() / (progress.step - read_at)
                if not math.isfinite(mean) or not math.isfinite(norm.item()):
                    raise PocketBertError(
                        f"training diverged before update {progress.step} of {steps}: the loss is not a number; "
                        f"lower the learning rate (now {run.learning_rate:g})"
                    )
                figures = meter.read()
                reading |= {"loss": mean}
                reading |= {name: figures[name] for name in ("seconds", "examples_per_second", "peak_memory_bytes")}
                line = {"stage": progress.stage, "step": progress.step, "epoch": progress.step / data.updates_per_epoch}
                append(run.history, {**line, "loss": mean, "learning_rate": rate})
                losses, read_at = losses * 0, progress.step
                if progress.step in scored_at:
                    validation = run.score(model)
                    reading |= validation
                    append(run.history, {**line, "validation": validation})
                    keep_best(model, run.checkpoints, progress, next(iter(validation.values())))
                    meter.skip()
            run.listener(progress.step, steps, reading)
            if interrupted():
                save()
                raise PocketBertError(
                    f"stopped at update {progress.step} of {steps}; the same command goes on from there"
                )
            if progress.scorings_since_best >= settings.patience:
                break
            if not last and time.monotonic() - saved_at >= settings.checkpoint_seconds:
                save()
                meter.skip()
                saved_at = time.monotonic()
    best = run.checkpoints.load_weights(BEST)
    if best is not None:
        restore_weights(model, best)
    figures = meter.read()
    return {**figures, "best_validation": progress.best_metric, "steps": progress.step, "planned_steps": steps}


def keep_best(model: torch.nn.Module, checkpoints: Checkpoints, progress: Progress, metric: float) -> None:
    """Keep the weights if they score better on validation than any before them in this stage."""
    if progress.best_metric is None or metric > progress.best_metric:
        progress.best_metric, progress.scorings_since_best = metric, 0
        checkpoints.save_weights(BEST, trained_weights(model))
    else:
        progress.scorings_since_best += 1


def scoring_steps(updates_per_epoch: int, epochs: int, per_epoch: int) -> set[int]:
    """Updates after which validation is scored: evenly spread, always at the end of an epoch."""
    per_epoch = min(per_epoch, updates_per_epoch)
    within = [round(updates_per_epoch * part / per_epoch) for part in range(1, per_epoch + 1)]
    return {epoch * updates_per_epoch + step for epoch in range(epochs) for step in within}


def append(history: Path, line: dict[str, Any]) -> None:
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
