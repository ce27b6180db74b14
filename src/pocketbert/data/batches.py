"""Rows that go through a model at once: encoded, padded, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.data.encoding import Features

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Batch:
    """Rows that go through the model at once.

    *Shape:* every tensor of `inputs` (rows, length); `labels` (rows,), of answer spans (rows, 2)
    """

    inputs: dict[str, torch.Tensor]
    labels: torch.Tensor
    tokens: int
    """Tokens that are not padding."""
    clean: dict[str, torch.Tensor] | None = None
    """The same rows as clean text, where they are asked for beside their views."""

    @property
    def rows(self) -> int:
        return len(self.labels)

    def select(self, rows: slice) -> Batch:
        """Some of its rows, padded as they are."""
        inputs = {name: tensor[rows] for name, tensor in self.inputs.items()}
        clean = self.clean and {name: tensor[rows] for name, tensor in self.clean.items()}
        tokens = sum(map(_real_tokens, (inputs, clean) if clean else (inputs,)))
        return Batch(inputs, self.labels[rows], tokens, clean)

    def to(self, device: torch.device) -> Batch:
        inputs, clean = (
            of and {name: tensor.to(device, non_blocking=True) for name, tensor in of.items()}
            for of in (self.inputs, self.clean)
        )
        return Batch(inputs or {}, self.labels.to(device, non_blocking=True), self.tokens, clean)


def _real_tokens(inputs: dict[str, torch.Tensor]) -> int:
    real = inputs.get("attention_mask")
    return inputs["input_ids"].numel() if real is None else int(real.sum())


@dataclass(frozen=True)
class EncodedRows:
    """Features of many rows, end to end: plain arrays pass between processes at no cost in open files.

    *Shape:* `input_ids` and `token_type_ids` (tokens of all rows,); `starts` and `lengths` (rows,)
    """

    input_ids: np.ndarray
    token_type_ids: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, features: Sequence[Features]) -> EncodedRows:
        lengths = [len(row.input_ids) for row in features]
        starts = list(accumulate(lengths, initial=0))
        return cls(
            np.fromiter(chain.from_iterable(row.input_ids for row in features), np.int64, starts[-1]),
            np.fromiter(chain.from_iterable(row.token_type_ids for row in features), np.int64, starts[-1]),
            np.array(starts[:-1], np.int64),
            np.array(lengths, np.int64),
        )

    def padded(self, rows: np.ndarray, pad_token_id: int) -> dict[str, torch.Tensor]:
        """Inputs of some rows, padded to the longest of them.  Without padding there is no mask to compute.

        *Shape:* rows (rows,) -> (rows, length)
        """
        import torch

        lengths = self.lengths[rows, None]
        steps = np.arange(lengths.max())
        real = steps < lengths
        places = self.starts[rows, None] + np.where(real, steps, 0)
        inputs = {
            "input_ids": np.where(real, self.input_ids[places], pad_token_id),
            "token_type_ids": np.where(real, self.token_type_ids[places], 0),
        }
        if not real.all():
            inputs["attention_mask"] = real.astype(np.int64)
        return {name: torch.from_numpy(values) for name, values in inputs.items()}


def split_by_budget(lengths: Sequence[int], token_budget: int) -> list[slice]:
    """Cut rows into slices of at most `token_budget` padded tokens (at least one row each), in their order."""
    slices, start, longest = [], 0, 0
    for row, length in enumerate(lengths):
        longest = max(longest, length)
        if row > start and (row + 1 - start) * longest > token_budget:
            slices.append(slice(start, row))
            start, longest = row, length
    slices.append(slice(start, len(lengths)))
    return slices
