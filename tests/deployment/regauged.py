"""The same function in other clothes: gains in every NoNorm, taken back by what reads its values."""

import copy
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)


@torch.no_grad()
def regauged(model: Model, largest: float, seed: int = 0) -> Model:
    """A MobileBERT classifier with bottlenecks whose streams hold values up to `largest` times its own."""
    generator = torch.Generator().manual_seed(seed)

    def gains(width: int) -> Tensor:
        return largest ** torch.rand(width, generator=generator, dtype=torch.float64)

    def write(norm: Any, gain: Tensor) -> None:
        norm.weight.mul_(gain)
        norm.bias.mul_(gain)

    def add(dense: Any, norm: Any, before: Tensor) -> Tensor:
        after = gains(len(before))
        dense.weight.mul_(before[:, None])
        dense.bias.mul_(before)
        write(norm, after)
        norm.weight.div_(before)
        return after

    def read(dense: Any, gain: Tensor) -> None:
        dense.weight.div_(gain)

    changed: Any = copy.deepcopy(model).double()
    encoder, config = changed.mobilebert, changed.config
    wide = gains(config.hidden_size)
    write(encoder.embeddings.LayerNorm, wide)
    for layer in encoder.encoder.layer:
        own = layer.attention.self
        inner, shared = gains(config.true_hidden_size), gains(config.true_hidden_size)
        for bottleneck, gain in ((layer.bottleneck.input, inner), (layer.bottleneck.attention, shared)):
            read(bottleneck.dense, wide)
            write(bottleneck.LayerNorm, gain)
        for dense, gain in ((own.query, shared), (own.key, shared), (own.value, wide)):
            read(dense, gain)
        inner = add(layer.attention.output.dense, layer.attention.output.LayerNorm, inner)
        feed_forwards = [(one.intermediate, one.output) for one in getattr(layer, "ffn", ())]
        for up, down in [*feed_forwards, (layer.intermediate, layer.output)]:
            read(up.dense, inner)
            inner = add(down.dense, down.LayerNorm, inner)
        read(layer.output.bottleneck.dense, inner)
        wide = add(layer.output.bottleneck.dense, layer.output.bottleneck.LayerNorm, wide)
    read(changed.classifier, wide)
    return changed.float()
