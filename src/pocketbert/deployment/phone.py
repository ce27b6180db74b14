"""The folded model as run times on phones are asked: one text, int32 ids, probabilities where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from pocketbert.deployment.graph import FoldedClassifier
    from pocketbert.tasks import Task

INPUTS = ("ids", "mask", "segment_ids")
"""As MediaPipe calls them, and in the order in which our programs give them."""
SHORTEST = 32

Scores = Literal["softmax", "sigmoid"]
"""What makes probabilities of logits: of one label a text, or of any number of them."""


def scores_of(task: Task) -> Scores | None:
    """What a task's logits go through; None of a regression's value and of answer spans."""
    kinds: dict[str, Scores] = {"classification": "softmax", "multilabel": "sigmoid"}
    return kinds.get(task.kind)


class OneText(nn.Module):
    """*Shape:* ids, mask, segment_ids (1, length), integers -> scores (1, labels)

    Of a regression its value (1, 1), of answer spans the logits of each token as the first and the last (1, 2, length).
    """

    def __init__(self, folded: FoldedClassifier, *, scores: Scores | None) -> None:
        super().__init__()
        self.folded, self.scores = folded, scores

    def forward(self, ids: Tensor, mask: Tensor, segment_ids: Tensor) -> Tensor:
        logits: Tensor = self.folded(ids, mask, segment_ids)
        if self.scores is None:
            return logits
        return logits.softmax(dim=-1) if self.scores == "softmax" else logits.sigmoid()


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
