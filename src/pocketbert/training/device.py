"""Where training computes, and in which numbers: the device that `accelerate` finds, torch's CPU threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    import torch


def training_device() -> torch.device:
    """The device of this process.  Raises ArgumentError when the process is one of several."""
    from accelerate import PartialState  # an Accelerator would keep its first precision for the whole process

    state = PartialState()
    if state.num_processes > 1:
        raise ArgumentError(
            f"training runs in one process, not in {state.num_processes}; start it without `accelerate launch`"
        )
    device: torch.device = state.device
    return device


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The numbers that a forward pass computes in: `fp32`, or `bf16` where it is safe."""
    import torch

    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")


@contextmanager
def cpu_threads(count: int | None) -> Iterator[int]:
    """Compute with so many threads, or as many as torch has now; after, with as many as before."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield count or before
    finally:
        torch.set_num_threads(before)
