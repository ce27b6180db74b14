"""Linear layers computed by oneDNN on a CPU, where torch's own library for fp32 products can take twice as long.

Measured in `benchmarks/training`.  The operator is the one that torch's compiler puts in for the same layers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor

KERNELS_KEPT = 64
"""oneDNN keeps a kernel a shape, by default 1,024: hundreds of megabytes for a few per cent of speed."""


@contextmanager
def fast_linear_layers(model: torch.nn.Module) -> Iterator[None]:
    """Within, the model's fp32 linear layers on a CPU compute by oneDNN; elsewhere nothing changes.

    The results differ from torch's own in the last bits, and are the same from run to run.
    """
    import torch

    product = _linear()
    if product is None:
        yield
        return
    layers = [
        layer
        for layer in model.modules()
        if type(layer) is torch.nn.Linear
        and layer.weight.device.type == "cpu"
        and layer.weight.dtype == torch.float32
        and "forward" not in vars(layer)
    ]
    for layer in layers:
        layer.forward = partial(_forward, product, layer)  # type: ignore[method-assign]  # undone below
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def _forward(product: Callable[..., Tensor], layer: torch.nn.Linear, rows: Tensor) -> Tensor:
    import torch

    if rows.dtype != torch.float32 or not rows.numel() or torch.is_autocast_enabled("cpu"):
        return torch.nn.functional.linear(rows, layer.weight, layer.bias)
    return product(rows, layer.weight, layer.bias)


@cache
def _linear() -> Callable[..., Tensor] | None:
    """`linear(input, weight, bias)` with gradients; None where this build of torch has no oneDNN.

    *Shape:* (..., in), (out, in), (out) or None -> (..., out)
    """
    import torch

    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return None
    os.environ.setdefault(
        "ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(KERNELS_KEPT)
    )  # read once, at the first product
    operator = torch.ops.mkldnn._linear_pointwise.default

    def product(rows: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        answer: Tensor = operator(rows, weight, bias, "none", [], "")
        return answer

    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
            to_rows, to_weight, _ = ctx.needs_input_grad
            ctx.save_for_backward(rows if to_weight else None, weight if to_rows else None)
            return product(rows, weight, bias)

        @staticmethod
        def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
            (gradient,) = gradients
            rows, weight = ctx.saved_tensors
            to_rows, to_weight, to_bias = ctx.needs_input_grad
            flat = gradient.reshape(-1, gradient.shape[-1])
            return (
                product(gradient, weight.t()) if to_rows else None,
                product(flat.t(), rows.reshape(-1, rows.shape[-1]).t()) if to_weight else None,
                flat.sum(0) if to_bias else None,
            )

    return Linear.apply
