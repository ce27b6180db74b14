"""Scores of a PyTorch model on many texts: longest first, no gradient, a token budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.data.batching import pad, split_by_budget
from pocketbert.data.encoding import Encoder

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
    parts = []
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        for start in range(0, len(texts), ROWS_PER_CALL):
            features = encoder(texts[start : start + ROWS_PER_CALL])
            lengths = np.array([len(one.input_ids) for one in features])
            order = np.argsort(-lengths, kind="stable")
            logits: np.ndarray | None = None
            for part in split_by_budget(lengths[order].tolist(), TOKEN_BUDGET):
                members = order[part]
                inputs = pad([features[at] for at in members], encoder.pad_token_id)
                answer = model(**{name: value.to(device) for name, value in inputs.items()}).logits.float().cpu()
                if logits is None:
                    logits = np.empty((len(features), answer.shape[1]), np.float32)
                logits[members] = answer.numpy()
            if logits is not None:
                parts.append(logits)
    model.train(was_training)
    return np.concatenate(parts) if parts else np.empty((0, model.config.num_labels), np.float32)
