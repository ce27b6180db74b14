"""int8: weights by output channel, word embeddings by word, values by tensor; what hurts most may stay in fp32."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor

from pocketbert.deployment.calibration import Inputs
from pocketbert.deployment.graph import FoldedClassifier, Projection, Residual
from pocketbert.deployment.onnx import INPUTS

HEAD = ("classifier.weight", "pooler.0.weight")
"""Some thousand weights on one token a text, right before the answer: never in int8."""
WORDS = "embeddings.words"

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
    from onnxruntime.quantization import QuantType, quantize_dynamic

    kept = {*HEAD, *keep}
    excluded = [
        name
        for node in model.graph.node
        if kept & set(node.input)
        for name in (node.name, f"{node.name}_MatMul")
    ]
    with tempfile.TemporaryDirectory() as folder, _silent_quantiser():
        exact, path = Path(folder, "exact.onnx"), Path(folder, "int8.onnx")
        onnx.save_model(_words_in_int8(model), exact)
        quantize_dynamic(
            exact,
            path,
            op_types_to_quantize=["Gemm", "MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=excluded,
            extra_options={"MatMulConstBOnly": True},
        )
        dynamic = onnx.load_model(path)
    return dynamic if quantisation == "dynamic" else _with_fixed_scales(dynamic, calibration)


def _words_in_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose word embeddings are stored in int8, with a scale for each word: rare ones are small."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    words = numpy_helper.to_array(next(entry for entry in graph.initializer if entry.name == WORDS))
    step = np.maximum(np.abs(words).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / 127
    stored = {
        f"{WORDS}.int8": np.rint(words / step).astype(np.int8),
        f"{WORDS}.step": step.astype(np.float32),
    }
    _replace_initializers(graph, {WORDS}, stored)
    nodes = []
    for node in graph.node:
        if node.op_type != "Gather" or node.input[0] != WORDS:
            nodes.append(node)
            continue
        looked_up = [f"{name}.looked_up" for name in stored]
        for name, found in zip(stored, looked_up, strict=True):
            nodes.append(helper.make_node("Gather", [name, node.input[1]], [found], name=f"{name}.look_up"))
        nodes.append(
            helper.make_node(
                "Cast", looked_up[:1], [f"{WORDS}.cast"], f"{WORDS}.to", to=onnx.TensorProto.FLOAT
            )
        )
        nodes.append(
            helper.make_node("Mul", [f"{WORDS}.cast", looked_up[1]], node.output, name=f"{WORDS}.scaled")
        )
    _replace_nodes(graph, nodes)
    return made


def _with_fixed_scales(dynamic: onnx.ModelProto, calibration: Sequence[Inputs]) -> onnx.ModelProto:
    """The dynamic graph, its scales of values those that hold all values of the calibration rows."""
    ranges = _value_ranges(dynamic, calibration)
    constants: dict[str, np.ndarray] = {}
    nodes = []
    for node in dynamic.graph.node:
        if node.op_type != "DynamicQuantizeLinear":
            nodes.append(node)
            continue
        quantised, step, zero = node.output
        low, high = ranges[node.name]
        constants[step] = np.maximum(np.float32((high - low) / 255), np.finfo(np.float32).tiny)
        constants[zero] = np.rint(-low / constants[step]).clip(0, 255).astype(np.uint8)
        nodes.append(helper.make_node("QuantizeLinear", [node.input[0], step, zero], [quantised], node.name))
    _replace_initializers(dynamic.graph, set(), constants)
    _replace_nodes(dynamic.graph, nodes)
    return dynamic


def _value_ranges(dynamic: onnx.ModelProto, calibration: Sequence[Inputs]) -> dict[str, tuple[float, float]]:
    """Least and greatest value that each quantising node meets, by its name; 0 always lies between."""
    import onnxruntime

    watched = onnx.ModelProto()
    watched.CopyFrom(dynamic)
    quantisers = [node for node in dynamic.graph.node if node.op_type == "DynamicQuantizeLinear"]
    kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8)
    watched.graph.output.extend(
        helper.make_tensor_value_info(name, kind, [])
        for node in quantisers
        for name, kind in zip(node.output[1:], kinds, strict=True)
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        watched.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [name for node in quantisers for name in node.output[1:]]
    met = []
    for row in calibration:
        found = np.array(session.run(names, {name: row[name].numpy() for name in INPUTS}), np.float64)
        step, zero = found[::2], found[1::2]
        met.append((-zero * step, (255 - zero) * step))
    low, high = np.min([one for one, _ in met], axis=0), np.max([one for _, one in met], axis=0)
    return {
        node.name: (float(least), float(most))
        for node, least, most in zip(quantisers, low, high, strict=True)
    }


def _replace_initializers(graph: onnx.GraphProto, old: set[str], new: dict[str, np.ndarray]) -> None:
    kept = [entry for entry in graph.initializer if entry.name not in old]
    kept += [numpy_helper.from_array(np.asarray(values), name) for name, values in new.items()]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _replace_nodes(graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto]) -> None:
    made = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(made)


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
