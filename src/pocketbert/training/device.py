"""In which numbers training computes, and with how many of a CPU's threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


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
