"""The processes of a run: one, or several under `accelerate launch`, each with its share of every update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pocketbert.training.objective import Batch

if TYPE_CHECKING:
    from accelerate import Accelerator


def accelerator() -> Accelerator:
    """What trains a model on whatever this process runs on.

    Its own mixed precision stays off: it would be the same for every run of a Python process.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs

    return Accelerator(kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)])


def is_main_process() -> bool:
    """Whether this process writes the run's files and talks to people; others only compute."""
    from accelerate import PartialState

    return bool(PartialState().is_main_process)


def wait_for_everyone() -> None:
    """Go on when all processes are here, and what the main one wrote can be read."""
    from accelerate import PartialState

    PartialState().wait_for_everyone()


def share_of(batches: Sequence[Batch], process: int, processes: int) -> tuple[list[Batch], float]:
    """A process's share of an update, and the weight of its losses.

    Where there are fewer rows than processes some have none: they take a row that counts for nothing, since
    all must take part in adding up the gradients.
    """
    if processes == 1:
        return list(batches), 1.0
    share = [batch.select(slice(process, None, processes)) for batch in batches if batch.rows > process]
    return (share, 1.0) if share else ([batches[0].select(slice(0, 1))], 0.0)
