"""The folded classifier as run times on phones are asked: one text, int32 ids, scores that add up to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from pocketbert.deployment.graph import FoldedClassifier

INPUTS = ("ids", "mask", "segment_ids")
"""As MediaPipe calls them, and in the order in which our programs give them."""
SHORTEST = 32


class OneText(nn.Module):
    """*Shape:* ids, mask, segment_ids (1, length), integers -> scores (1, labels), of a regression its value (1, 1)"""

    def __init__(self, folded: FoldedClassifier, *, scores: bool) -> None:
        super().__init__()
        self.folded, self.scores = folded, scores

    def forward(self, ids: Tensor, mask: Tensor, segment_ids: Tensor) -> Tensor:
        logits: Tensor = self.folded(ids, mask, segment_ids)
        return logits.softmax(dim=-1) if self.scores else logits


def drawn_text(length: int, dtype: torch.dtype = torch.int32) -> tuple[Tensor, ...]:
    """A text to trace with, by the order of INPUTS."""
    ids = torch.ones((1, length), dtype=dtype)
    return ids, ids.clone(), torch.zeros_like(ids)


def lengths_up_to(longest: int) -> tuple[int, ...]:
    """32, 64, 128, ... and the longest itself."""
    lengths, length = [], SHORTEST
    while length < longest:
        lengths.append(length)
        length *= 2
    return (*lengths, longest)
