"""The processes of a run: one, or several under `accelerate launch`, each with its share of every update."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pocketbert.errors import ArgumentError
from pocketbert.training.objective import Batch

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

PATIENCE = timedelta(days=1)
"""How long processes wait while the first reads the text into tokens, or measures; minutes would be the default."""
ON_CPU = "ACCELERATE_USE_CPU"


def accelerator() -> Accelerator:
    """What trains a model on whatever this process runs on.

    Its own mixed precision stays off: it would be the same for every run of a Python process.  Nothing may ask
    Accelerate for the state of the processes before this does, which heeds that they are to stay on the CPU.
    Raises ArgumentError where several processes were started that would not know of each other.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs, InitProcessGroupKwargs

    options = [
        DistributedDataParallelKwargs(broadcast_buffers=False),
        InitProcessGroupKwargs(timeout=PATIENCE),
    ]
    made = Accelerator(kwargs_handlers=options)
    started = int(os.environ.get("WORLD_SIZE", "1"))
    if started > made.num_processes:
        raise ArgumentError(
            f"{started} processes were started, and there is no device for each; set {ON_CPU}=true to let them "
            "share the CPU, or start one"
        )
    return made


def process_count() -> int:
    """How many processes share the work."""
    return int(accelerator().num_processes)


def is_main_process() -> bool:
    """Whether this process writes the run's files and talks to people; others only compute."""
    return bool(accelerator().is_main_process)


def wait_for_everyone() -> None:
    """Go on when all processes are here, and what the main one wrote can be read."""
    accelerator().wait_for_everyone()


def shared(model: torch.nn.Module) -> torch.nn.Module:
    """The same model, or one that adds up gradients over processes."""
    with warnings.catch_warnings():  # Accelerate calls `broadcast_buffers` by its older name
        warnings.simplefilter("ignore", FutureWarning)
        prepared: torch.nn.Module = accelerator().prepare(model)
    return prepared


def share_of(batches: Sequence[Batch], process: int, processes: int) -> tuple[list[Batch], float]:
    """A process's share of an update, and the weight of its losses.

    Where there are fewer rows than processes some have none: they take a row that counts for nothing, since
    all must take part in adding up the gradients.
    """
    if processes == 1:
        return list(batches), 1.0
    share = [batch.select(slice(process, None, processes)) for batch in batches if batch.rows > process]
    return (share, 1.0) if share else ([batches[0].select(slice(0, 1))], 0.0)
