"""AdamW, its parameter groups and the course of its learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from pocketbert.training.settings import Stage, TrainingSettings

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

SMALL_BACKBONE = 15_000_000  # parameters
LEARNING_RATES = {
    # method: (small backbones such as the bundled one, larger ones such as MobileBERT); chosen on validation rows
    "full": (3e-4, 5e-5),
    "lora": (2e-3, 5e-4),
    "norms": (5e-3, 2e-3),
}


def peak_learning_rate(stage: Stage, backbone_parameters: int) -> float:
    """The stage's own rate, or the one that suits its method and the size of the backbone."""
    if stage.learning_rate is not None:
        return stage.learning_rate
    small, large = LEARNING_RATES[stage.method]
    return small if backbone_parameters < SMALL_BACKBONE else large


def learning_rate_factor(step: int, steps: int, settings: TrainingSettings) -> float:
    """Share of the peak rate at update `step` of `steps`."""
    warm_up = round(settings.warm_up * steps)
    if step < warm_up:
        return (step + 1) / warm_up
    progress = (step - warm_up) / max(1, steps - warm_up)
    if settings.schedule == "linear":
        return 1 - progress
    if settings.schedule == "cosine":
        return (1 + math.cos(math.pi * progress)) / 2
    return 1.0


def same_for_all(parameter: str) -> float:
    """The share of the learning rate that a parameter trains at: all of it."""
    return 1.0


def rate_of_embeddings(model: PreTrainedModel, multiple: float) -> Callable[[str], float]:
    """The share of the learning rate for each parameter of a model: `multiple` for the embeddings of tokens."""
    embeddings = model.get_input_embeddings().weight
    (name,) = (name for name, weight in model.named_parameters() if weight is embeddings)

    def share(parameter: str) -> float:
        return multiple if parameter.endswith(name) else 1.0

    return share


def make_optimizer(
    model: torch.nn.Module,
    learning_rate: float,
    settings: TrainingSettings,
    share_of_rate: Callable[[str], float] = same_for_all,
) -> torch.optim.AdamW:
    """AdamW over the trainable weights; matrices decay, biases and norms do not.

    `share_of_rate`: what a parameter, by name, trains at; kept as `share` in its group.
    """
    import torch

    weights: dict[tuple[float, bool], list[torch.nn.Parameter]] = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            weights.setdefault((share_of_rate(name), weight.ndim >= 2), []).append(weight)
    groups = [
        {"params": weights[share, decays], "share": share, "weight_decay": settings.weight_decay * decays}
        for share, decays in sorted(weights, reverse=True)
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, fused=True)
