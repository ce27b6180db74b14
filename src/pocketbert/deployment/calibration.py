"""What values a model's streams take on some rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers.models.mobilebert.modeling_mobilebert import NoNorm

RANDOM_ROWS, RANDOM_LENGTH = 16, 32

Inputs = Mapping[str, Tensor]
"""`input_ids` and `token_type_ids`, maybe `attention_mask`.  *Shape:* (rows, length) each"""


def random_inputs(config: Any) -> Inputs:
    """Rows of tokens drawn from the whole vocabulary, for want of real ones."""
    generator = torch.Generator().manual_seed(0)
    shape = (RANDOM_ROWS, min(RANDOM_LENGTH, config.max_position_embeddings))
    return {
        "input_ids": torch.randint(config.vocab_size, shape, generator=generator),
        "token_type_ids": torch.randint(config.type_vocab_size, shape, generator=generator),
    }


@dataclass(frozen=True)
class Range:
    """Least and greatest value of each channel.  *Shape:* (width,) each"""

    low: Tensor
    high: Tensor

    @property
    def middle(self) -> Tensor:
        return (self.low + self.high) / 2

    def reach(self, centre: Tensor) -> Tensor:
        """Largest distance from a centre."""
        return torch.maximum((self.low - centre).abs(), (self.high - centre).abs())


def value_ranges(model: nn.Module, inputs: Inputs) -> dict[nn.Module, Range]:
    """Range of what each linear layer answers, and of what each norm is given."""
    ranges: dict[nn.Module, Range] = {}
    real = inputs.get("attention_mask")

    def note(module: nn.Module, given: tuple[Tensor, ...], answer: Tensor) -> None:
        values = given[0] if isinstance(module, NoNorm) else answer
        values = values.flatten(0, -2) if real is None or values.dim() < 3 else values[real.bool()]
        ranges[module] = Range(values.amin(0), values.amax(0))

    affine = [module for module in model.modules() if isinstance(module, nn.Linear | NoNorm)]
    hooks = [module.register_forward_hook(note) for module in affine]
    try:
        with torch.inference_mode():
            model(**inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return ranges
