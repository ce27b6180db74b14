"""int8: weights by output channel, values by tensor; what hurts most may stay in fp32."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import onnx
import torch
from torch import Tensor

from pocketbert.deployment.calibration import Inputs
from pocketbert.deployment.graph import FoldedClassifier, Projection, Residual
from pocketbert.deployment.onnx import INPUTS

HEAD = ("classifier.weight", "pooler.0.weight")
"""Some thousand weights on one token a text, right before the answer: never in int8."""

Quantisation = Literal["dynamic", "static"]


def to_int8(
    model: onnx.ModelProto,
    quantisation: Quantisation,
    calibration: Sequence[Inputs],
    keep: Collection[str] = (),
) -> onnx.ModelProto:
    """The graph with its linear layers and its word embeddings in int8, but for the weights to keep.

    `dynamic` finds the scale of values anew for every input, `static` once and for all on calibration rows.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_dynamic, quantize_static

    kept = {*HEAD, *keep}
    excluded = [
        name
        for node in model.graph.node
        if kept & set(node.input)
        for name in (node.name, f"{node.name}_MatMul")
    ]
    with tempfile.TemporaryDirectory() as folder, _silent_quantiser():
        exact, path = Path(folder, "exact.onnx"), Path(folder, "int8.onnx")
        onnx.save_model(model, exact)  # given the model itself, the quantiser moves its weights out of it
        if quantisation == "dynamic":
            quantize_dynamic(
                exact,
                path,
                per_channel=True,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=excluded,
                extra_options={"MatMulConstBOnly": True},
            )
        else:
            quantize_static(
                exact,
                path,
                _Rows(calibration),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["Gemm", "Gather"],
                nodes_to_exclude=excluded,
            )
        return onnx.load_model(path)


class _Rows:
    """Calibration rows, as the quantiser reads them."""

    def __init__(self, rows: Sequence[Inputs]) -> None:
        self.rows = iter(rows)

    def get_next(self) -> dict[str, Any] | None:
        row = next(self.rows, None)
        if row is None:
            return None
        return {name: row[name].numpy() for name in INPUTS}


@contextmanager
def _silent_quantiser() -> Iterator[None]:
    """The quantiser advises to optimise the graph first, through the root logger."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@torch.inference_mode()
def by_sensitivity(folded: FoldedClassifier, calibration: Inputs) -> list[str]:
    """Names of the weights, that first which alone in int8 moves the logits of the calibration rows most."""
    arguments = [calibration[name] for name in INPUTS]
    exact = folded(*arguments)
    effects = {}
    for name, module in folded.named_modules():
        if isinstance(module, Projection | Residual) and f"{name}.weight" not in HEAD:
            with _in_int8(module):
                effects[f"{name}.weight"] = float((folded(*arguments) - exact).square().mean())
    return sorted(effects, key=lambda name: -effects[name])


@contextmanager
def _in_int8(module: Projection | Residual) -> Iterator[None]:
    """One layer rounded as int8 would round it."""
    weight = module.weight.data
    module.weight.data = _rounded_weight(weight, dim=1 if isinstance(module, Projection) else 0)
    hook = module.register_forward_pre_hook(lambda _, given: (_rounded_values(given[0]), *given[1:]))
    try:
        yield
    finally:
        hook.remove()
        module.weight.data = weight


def _rounded_weight(weight: Tensor, dim: int) -> Tensor:
    step = weight.abs().amax(dim, keepdim=True).clamp(min=torch.finfo(weight.dtype).tiny) / 127
    return (weight / step).round() * step


def _rounded_values(values: Tensor) -> Tensor:
    low, high = values.min().clamp(max=0), values.max().clamp(min=0)
    step = ((high - low) / 255).clamp(min=torch.finfo(values.dtype).tiny)
    zero = (-low / step).round()
    return ((values / step + zero).round().clamp(0, 255) - zero) * step
