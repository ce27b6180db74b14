"""ExecuTorch files (`.pte`) for XNNPACK: one method that reads texts of any length, in fp32 or int8."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pocketbert.deployment.graph import Embeddings, FoldedClassifier, Joined, Residual
from pocketbert.deployment.phone import OneText, drawn_text
from pocketbert.deployment.silence import silence
from pocketbert.errors import PocketBertError

if TYPE_CHECKING:
    from pocketbert.deployment.phone import Scores
    from pocketbert.deployment.phone_predictor import Answer

METHOD = "forward"
SHORTEST = 2
"""[CLS] and [SEP]."""
TRACED = 16


class _Added(nn.Module):
    """A `Residual` as XNNPACK takes it: a linear layer, then a sum."""

    def __init__(self, residual: Residual) -> None:
        super().__init__()
        self.weight = nn.Parameter(residual.weight.detach().T.contiguous())
        self.rescale = residual.rescale

    def forward(self, values: Tensor, stream: Tensor) -> Tensor:
        if self.rescale is not None:
            stream = stream * self.rescale
        return stream + functional.linear(values, self.weight)


class _Apart(nn.Module):
    """A `Joined` as XNNPACK takes it: a linear layer for each projection."""

    def __init__(self, joined: Joined) -> None:
        super().__init__()
        self.reads, self.names = joined.reads, joined.names
        whole = joined.projection
        weights, biases = (torch.split(one.detach(), joined.widths) for one in (whole.weight, whole.bias))
        self.parts = nn.ModuleList(
            _linear(weight, bias) for weight, bias in zip(weights, biases, strict=True)
        )

    def forward(self, streams: Mapping[str, Tensor]) -> dict[str, Tensor]:
        stream = streams[self.reads]
        return {name: part(stream) for name, part in zip(self.names, self.parts, strict=True)}


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    layer.weight, layer.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
    return layer


class _WideEmbeddings(nn.Module):
    """`Embeddings` as XNNPACK takes them: widened by a linear layer; in int8 its words have a scale for each."""

    words: Tensor
    step: Tensor | None

    def __init__(self, embeddings: Embeddings, *, int8: bool) -> None:
        super().__init__()
        self.positions, self.token_types = embeddings.positions, embeddings.token_types
        self.trigram = embeddings.trigram
        words, widening = embeddings.words.detach(), embeddings.widening
        self.widening = None if widening is None else nn.Parameter(widening.detach().T.contiguous())
        step: Tensor | None = None
        if int8:
            step = words.abs().amax(1, keepdim=True).clamp(min=torch.finfo(words.dtype).tiny) / 127
            words = (words / step).round().to(torch.int8)
        self.register_buffer("words", words)
        self.register_buffer("step", step)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        places = self.positions[: input_ids.shape[1]] + functional.embedding(token_type_ids, self.token_types)
        words = functional.embedding(input_ids, self.words)
        if self.step is not None:
            words = words.to(self.step.dtype) * functional.embedding(input_ids, self.step)
        if self.trigram:
            padded = functional.pad(words, (0, 0, 1, 1))
            words = torch.cat((padded[:, 2:], words, padded[:, :-2]), dim=2)
        if self.widening is not None:
            words = functional.linear(words, self.widening)
        return (places + words).flatten(0, 1)


def for_xnnpack(folded: FoldedClassifier, *, int8: bool) -> FoldedClassifier:
    """A copy that computes the same with operations that XNNPACK runs; with `int8` its words are stored in it."""
    copied = copy.deepcopy(folded)
    for parent in list(copied.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Residual):
                parent.register_module(name, _Added(child))
            elif isinstance(child, Joined):
                parent.register_module(name, _Apart(child))
            elif isinstance(child, Embeddings):
                parent.register_module(name, _WideEmbeddings(child, int8=int8))
    return copied


def to_executorch(
    folded: FoldedClassifier,
    longest: int,
    *,
    scores: Scores | None,
    int8: bool = False,
    keep: Collection[str] = (),
) -> bytes:
    """The file, for texts of 2 to `longest` tokens.

    With `int8` weights are stored in it and values are rounded to it anew for every text, but for the weights of the
    folded classifier whose names are in `keep`.
    """
    with silence():
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
        from executorch.exir import ExecutorchBackendConfig, to_edge_transform_and_lower
        from executorch.exir.passes.sym_shape_eval_pass import ConstraintBasedSymShapeEvalPass

        program = _exported(OneText(for_xnnpack(folded, int8=int8), scores=scores).eval(), longest)
        if int8:
            program = _exported(_quantised(program.module(), longest, keep), longest)
        edge = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
        lowered = edge.to_executorch(
            ExecutorchBackendConfig(sym_shape_eval_pass=ConstraintBasedSymShapeEvalPass())
        )
        return bytes(lowered.buffer)


def _exported(model: nn.Module, longest: int) -> Any:
    length = torch.export.Dim("length", min=SHORTEST, max=longest)
    example = drawn_text(min(TRACED, longest))
    return torch.export.export(model, example, dynamic_shapes=({1: length},) * len(example))


def _quantised(model: nn.Module, longest: int, keep: Collection[str]) -> nn.Module:
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    kept = [f".{name.removesuffix('.weight').removesuffix('.projection')}." for name in keep]

    def rounded(node: Any) -> bool:
        called = node.meta.get("nn_module_stack", {}).values()
        return not any(layer in f".{path}." for path, _ in called for layer in kept)

    quantizer = XNNPACKQuantizer().set_global(
        get_symmetric_quantization_config(is_per_channel=True, is_dynamic=True)
    )
    quantizer.set_filter_function(rounded)
    prepared = prepare_pt2e(model, quantizer)
    prepared(*drawn_text(min(TRACED, longest)))
    converted: nn.Module = convert_pt2e(prepared)
    return converted


def open_executorch(file: bytes, threads: int = 0) -> Answer:
    """A file in ExecuTorch, on the CPU; how many threads it takes is one number for the whole process.

    Raises PocketBertError when the run time cannot load the file.
    """
    with silence():
        from executorch.extension.pybindings import portable_lib
        from executorch.runtime import Runtime

        portable_lib._unsafe_reset_threadpool(threads or torch.get_num_threads())
        try:
            program = Runtime.get().load_program(file)
            method = program.load_method(METHOD)
        except RuntimeError as error:
            said = " ".join(str(error).split())[:200]
            raise PocketBertError(f"ExecuTorch cannot load the file: {said}") from None

    def answer(*inputs: np.ndarray) -> np.ndarray:
        assert program is not None  # which the method reads from
        found: np.ndarray = method.execute([torch.from_numpy(values) for values in inputs])[0].numpy()
        return found.copy()

    return answer
