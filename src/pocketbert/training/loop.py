"""The training loop: the only one.  LoRA edits the model, augmentation the data, distillation the objective."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, nullcontext
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from pocketbert.errors import PocketBertError, StoppedError
from pocketbert.training.checkpoint import Progress, Tensors
from pocketbert.training.device import autocast
from pocketbert.training.history import History
from pocketbert.training.interruption import interruption
from pocketbert.training.matrix_product import fast_linear_layers
from pocketbert.training.meter import Meter
from pocketbert.training.objective import Batch
from pocketbert.training.optimizer import learning_rate_factor, make_optimizer
from pocketbert.training.processes import accelerator, share_of, shared
from pocketbert.training.stage_run import StageRun
from pocketbert.training.tensors import (
    optimizer_tensors,
    restore_optimizer,
    restore_weights,
    trained_weights,
)

if TYPE_CHECKING:
    import torch

STEPS_BETWEEN_READINGS = 10
DIVERGED = 100  # times the first loss


def train_stage(
    model: torch.nn.Module, run: StageRun, progress: Progress, resumed: dict[str, Tensors]
) -> dict[str, Any]:
    """Train one stage from where `progress` stands and leave the model with its best weights.

    `resumed`: the tensors of the checkpoint to go on from, none at the start of a stage; emptied, as they hold on
    to their files.
    Returns the stage's cost in the words of `metrics.json`.
    Raises PocketBertError when training diverges or is interrupted, or the disk refuses a checkpoint.
    """
    import torch

    training = StageTraining(model, run, progress)
    if resumed:
        training.restore(resumed)
        resumed.clear()
    training.meter.start()
    with (
        interruption() as interrupted,
        torch.random.fork_rng(),
        fast_linear_layers(training.model),
        closing(training.updates_left()) as updates,
    ):
        for batches in updates:
            training.update(batches)
            if training.is_reading_due:
                training.read_loss()
            if training.is_scoring_due:
                training.score()
            if training.is_adapting_due:
                training.adapt()
            run.listener(progress.step, training.steps, training.figures)
            if interrupted():
                training.save()
                raise StoppedError(
                    f"stopped at update {progress.step} of {training.steps}; the same command goes on from there"
                )
            if training.is_over:
                break
            if training.is_checkpoint_due:
                training.save()
    training.take_best()
    return training.cost()


class StageTraining:
    """A stage under way: its model, optimiser, place and meter."""

    def __init__(self, model: torch.nn.Module, run: StageRun, progress: Progress) -> None:
        self.run, self.settings, self.progress = run, run.settings, progress
        self.accelerator = accelerator()
        self.device = self.accelerator.device
        self.model = model.to(self.device)
        self.prepared = shared(self.model)
        self.optimizer = make_optimizer(model, run.learning_rate, run.settings, run.share_of_rate)
        self.trainable = [weight for weight in model.parameters() if weight.requires_grad]
        self.steps = run.data.updates_per_epoch * run.data.epochs
        self.scored_at = scoring_steps(
            run.data.updates_per_epoch, run.data.epochs, run.settings.evaluations_per_epoch
        )
        self.history = History(run.history, writes=self.accelerator.is_main_process)
        self.meter = Meter.resumed(progress.meter)
        self.figures: dict[str, float] = {}
        self.rate = 0.0  # of the last update, without the shares that parameters train at
        self.losses: dict[str, torch.Tensor | float] = dict(progress.losses_since_reading)
        self.saved_at = time.monotonic()
        self.model.train()

    def restore(self, tensors: dict[str, Tensors]) -> None:
        """Take up the weights and the optimiser of a checkpoint."""
        restore_weights(self.model, tensors["weights"])
        restore_optimizer(self.optimizer, tensors["optimizer"])

    def updates_left(self) -> Generator[Sequence[Batch], None, None]:
        """The updates still to come; none when the checkpoint was taken at the very end."""
        if not self.is_over:
            yield from self.run.data.updates(self.progress.step)

    def update(self, batches: Sequence[Batch]) -> None:
        """One step of the optimiser, on the mean of each term of the loss over all batches and processes."""
        self._seed()
        self.rate = self.learning_rate
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * group["share"]
        counts = total(self.run.objective.counts(batch) for batch in batches)
        processes = self.accelerator.num_processes
        own, weight = share_of(batches, self.accelerator.process_index, processes)
        losses: dict[str, torch.Tensor | float] = {}
        for batch in own:
            waits = batch is not own[-1]  # with adding up gradients over processes
            with self.accelerator.no_sync(self.prepared) if waits else nullcontext():
                with autocast(self.device, self.run.precision):
                    terms = self.run.objective.terms(self.prepared, batch.to(self.device))
                means = {name: weight * term / max(counts[name], 1) for name, term in terms.items()}
                self.accelerator.backward(sum(means.values()) * processes)  # which are averaged
            for name, mean in means.items():
                losses[name] = losses.get(name, 0.0) + mean.detach()
        for name, loss in losses.items():
            self.losses[name] = self.losses.get(name, 0.0) + self.accelerator.reduce(loss)  # over processes
        idle = self.progress.idle_since_reading
        idle |= {name: idle.get(name, 0) + 1 for name, count in counts.items() if not count}
        self.accelerator.clip_grad_norm_(self.trainable, self.settings.gradient_clipping)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.progress.step += 1
        self.meter.count(sum(batch.rows for batch in batches), sum(batch.tokens for batch in batches))

    def _seed(self) -> None:
        """Make dropout a function of the update, so that a resumed run draws what an unbroken one would.

        Each process drops out others, since its rows are others.
        """
        import torch

        seed = seed_of_step(self.settings.seed, self.progress.stage, self.progress.step)
        seed += self.accelerator.process_index
        if self.device.type == "cpu":
            torch.default_generator.manual_seed(seed)  # the other one goes round all accelerators, each time
        else:
            torch.manual_seed(seed)

    @property
    def learning_rate(self) -> float:
        """The rate of the update to come."""
        return self.run.learning_rate * learning_rate_factor(self.progress.step, self.steps, self.settings)

    @property
    def is_over(self) -> bool:
        """Whether all updates are done, or validation has not got better for too long."""
        return self.progress.step >= self.steps or self.progress.scorings_since_best >= self.settings.patience

    @property
    def is_scoring_due(self) -> bool:
        return self.progress.step in self.scored_at

    @property
    def is_adapting_due(self) -> bool:
        """Whether an epoch ended that another follows, and its views hang on what this one taught."""
        step = self.progress.step
        ended = step % self.run.data.updates_per_epoch == 0 and not self.is_over
        return ended and self.run.adaptation is not None

    @property
    def is_reading_due(self) -> bool:
        return self.progress.step % STEPS_BETWEEN_READINGS == 0 or self.is_scoring_due

    @property
    def is_checkpoint_due(self) -> bool:
        return time.monotonic() - self.saved_at >= self.settings.checkpoint_seconds

    def read_loss(self) -> None:
        """Write down the mean loss since the last reading, of each term over the updates that it counts anything in.

        Raises PocketBertError when training diverged.
        """
        progress = self.progress
        since = progress.step - progress.read_at
        updates = {name: since - progress.idle_since_reading.get(name, 0) for name in self.losses}
        terms = {name: float(loss) / updates[name] for name, loss in self.losses.items() if updates[name]}
        if not terms:
            return  # to the next reading
        loss = sum(terms.values())
        if progress.first_loss is None:
            progress.first_loss = loss
        if not loss <= DIVERGED * max(1.0, progress.first_loss) or math.isinf(loss):
            raise PocketBertError(
                f"training diverged before update {progress.step} of {self.steps}: the loss is {loss:.3g}; "
                f"lower the learning rate (now {self.run.learning_rate:g}), with another --out folder"
            )
        by_term = terms if len(self.losses) > 1 else {}
        self.losses.clear()
        progress.idle_since_reading.clear()
        progress.read_at = progress.step
        measured = self.meter.read()
        self.figures |= {"loss": loss, **by_term}
        for name in ("seconds", "examples_per_second", "tokens_per_second", "peak_memory_bytes"):
            self.figures[name] = measured[name]
        self.history.append(
            {
                **self._place,
                "loss": loss,
                **({"terms": by_term} if by_term else {}),
                "learning_rate": self.rate,
            }
        )

    def score(self) -> None:
        """Score validation, write it down, and keep the weights if none before them in this stage scored better."""
        progress = self.progress
        validation = self._validation()
        self.figures |= validation
        self.history.append({**self._place, "validation": validation})
        metric = next(iter(validation.values()))
        if metric > (-math.inf if progress.best_metric is None else progress.best_metric):
            progress.best = f"best-{progress.stage:02d}-{progress.step:09d}"
            progress.best_metric, progress.scorings_since_best = metric, 0
            self.run.checkpoints.save_weights(progress.best, trained_weights(self.model))
        else:
            progress.scorings_since_best += 1
        self.meter.skip()

    def _validation(self) -> dict[str, float]:
        """The main process's scores, in every process: they decide when to stop."""
        from accelerate.utils import broadcast_object_list

        scores = [self.run.score(self.model) if self.accelerator.is_main_process else {}]
        broadcast_object_list(scores)
        return scores[0]

    def adapt(self) -> None:
        """Learn which operators the next epoch is to draw more of, and write it down."""
        from accelerate.utils import broadcast_object_list

        adaptation = self.run.adaptation
        assert adaptation is not None
        learned = [adaptation.learned() if self.accelerator.is_main_process else {}]
        broadcast_object_list(learned)
        self.progress.operator_weights = learned[0]["weights"]
        adaptation.weights.restore(self.progress.operator_weights)
        self.history.append({**self._place, "operators": learned[0]})
        self.meter.skip()

    @property
    def _place(self) -> dict[str, Any]:
        step = self.progress.step
        return {"stage": self.progress.stage, "step": step, "epoch": step / self.run.data.updates_per_epoch}

    def save(self) -> None:
        """Write a checkpoint to go on from."""
        self.progress.meter = self.meter.state()
        self.progress.losses_since_reading = {name: float(loss) for name, loss in self.losses.items()}
        self.progress.history_bytes = self.history.size()
        self.run.checkpoints.save(
            self.progress, trained_weights(self.model), optimizer_tensors(self.optimizer)
        )
        self.meter.skip()
        self.saved_at = time.monotonic()

    def take_best(self) -> None:
        """Put back the weights that scored best on validation: the first process wrote them, and soon deletes them."""
        self.accelerator.wait_for_everyone()
        if self.progress.best is not None:
            restore_weights(self.model, self.run.checkpoints.load_weights(self.progress.best))
        self.accelerator.wait_for_everyone()
        self.meter.skip()

    def cost(self) -> dict[str, Any]:
        """What the stage took, in the words of `metrics.json`."""
        place = {"steps": self.progress.step, "planned_steps": self.steps}
        return {**self.meter.read(), "best_validation": self.progress.best_metric, **place}


def total(counts: Iterable[dict[str, float]]) -> dict[str, float]:
    """Counts of the same things, added up."""
    added: dict[str, float] = {}
    for count in counts:
        for name, value in count.items():
            added[name] = added.get(name, 0) + value
    return added


def seed_of_step(seed: int, stage: int, step: int) -> int:
    """Seed of dropout at one update, so that a resumed run draws what an unbroken one would."""
    return int.from_bytes(blake2b(f"{seed}/{stage}/{step}".encode(), digest_size=7).digest())


def scoring_steps(updates_per_epoch: int, epochs: int, per_epoch: int) -> set[int]:
    """Updates after which validation is scored: evenly spread, always at the end of an epoch."""
    per_epoch = min(per_epoch, updates_per_epoch)
    within = [round(updates_per_epoch * part / per_epoch) for part in range(1, per_epoch + 1)]
    return {epoch * updates_per_epoch + step for epoch in range(epochs) for step in within}
