"""How many parameters a model has, how many of them train, and where they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class ParameterCount:
    """Parameters of a model; `by_part` adds up to `total`."""

    total: int
    trainable: int
    by_part: dict[str, int]


def parameters(model: torch.nn.Module) -> ParameterCount:
    """Count parameters; a tensor used twice counts once.  Meta tensors, which allocate nothing, will do."""
    norms = {
        f"{name}.{own}"
        for name, module in model.named_modules()
        if is_norm(module)
        for own, _ in module.named_parameters()
    }
    by_part: Counter[str] = Counter()
    for name, weight in model.named_parameters():
        by_part["norms" if name in norms else _part(name)] += weight.numel()
    trainable = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    return ParameterCount(sum(by_part.values()), trainable, dict(by_part.most_common()))


def is_norm(module: torch.nn.Module) -> bool:
    """NoNorm, LayerNorm and their kind."""
    return type(module).__name__.endswith("Norm")


def _part(name: str) -> str:
    parts = name.split(".")
    if any(part.startswith("lora_") for part in parts):
        return "adapter"
    if any(part.endswith("embeddings") for part in parts) or "embedding_transformation" in parts:
        return "embeddings"
    if "pooler" in parts:
        return "pooler"
    if "projections" in parts:  # to a teacher's width, one a layer; dropped when a student has learned
        return "projections"
    if "bottleneck" in parts:
        return "bottleneck"
    if any(part.isdecimal() for part in parts):  # inside a layer of the encoder
        return "attention" if any(part.startswith("att") for part in parts) else "feed-forward"
    return "head"
