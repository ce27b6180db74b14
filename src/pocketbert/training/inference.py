"""Scores of a PyTorch model on many texts: longest first, no gradient, a token budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.data.batching import EncodedRows, split_by_budget
from pocketbert.data.encoding import Encoder
from pocketbert.training.device import autocast
from pocketbert.training.matrix_product import fast_linear_layers

if TYPE_CHECKING:
    import torch

TOKEN_BUDGET = 8192
ROWS_PER_CALL = 8192


@dataclass(frozen=True)
class TorchPredictor:
    """A PyTorch model as something that can be scored."""

    model: torch.nn.Module
    encoder: Encoder
    precision: str = "fp32"

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text, in the order given.

        *Shape:* (rows, labels), float32
        """
        return predict_logits(self.model, self.encoder, texts, self.precision)


def predict_logits(
    model: torch.nn.Module, encoder: Encoder, texts: Sequence[tuple[str, ...]], precision: str = "fp32"
) -> np.ndarray:
    """Logits of every text, in the order given.

    *Shape:* (rows, labels), float32
    """
    import torch

    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    with torch.inference_mode(), autocast(device, precision), fast_linear_layers(model):
        parts = [
            _logits_of(model, encoder, texts[start : start + ROWS_PER_CALL], device)
            for start in range(0, len(texts), ROWS_PER_CALL)
        ]
    model.train(was_training)
    labels: int = model.config.num_labels  # type: ignore[union-attr, assignment]  # transformers keeps it there
    return np.concatenate(parts) if parts else np.empty((0, labels), np.float32)


def _logits_of(
    model: torch.nn.Module, encoder: Encoder, texts: Sequence[tuple[str, ...]], device: torch.device
) -> np.ndarray:
    rows = EncodedRows.of(encoder(texts))
    order = np.argsort(-rows.lengths, kind="stable")
    answers = []
    for part in split_by_budget(rows.lengths[order].tolist(), TOKEN_BUDGET):
        inputs = rows.padded(order[part], encoder.pad_token_id)
        answer = model(**{name: value.to(device) for name, value in inputs.items()}).logits
        answers.append(answer.float().cpu().numpy())
    logits: np.ndarray = np.concatenate(answers)
    return logits[np.argsort(order)]
