"""How many multiply-adds a text costs an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def multiply_adds(encoder: torch.nn.Module, length: int) -> int:
    """Multiply-adds of matrix products for one text of `length` tokens, attention's own two products included.

    One multiply-add is two floating-point operations.  Biases, norms, activations and softmaxes are left out.
    An encoder on the meta device will do; its attention must be `eager`.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    device = next(encoder.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        encoder(torch.zeros(1, length, dtype=torch.long, device=device))
    operations: int = counter.get_total_flops()
    return operations // 2
