"""Scores of a PyTorch model on many texts: longest first, no gradient, a token budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.data.batches import EncodedRows, split_by_budget
from pocketbert.data.encoding import Encoder
from pocketbert.training.device import autocast
from pocketbert.training.matrix_product import fast_linear_layers

if TYPE_CHECKING:
    import torch

TOKEN_BUDGET = 8192
TOKENS_WITH_STATES = 2048
"""Fewer at a time where the states of all layers are held: 100 MB of them in 24 layers."""
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

    def predict_with_states(self, texts: Sequence[tuple[str, ...]]) -> tuple[np.ndarray, np.ndarray]:
        """Logits of every text, and where it stands: the mean over tokens and layers of layer-normalised states.

        *Shape:* (rows, labels), (rows, width), float32
        """
        answers = _read(
            self.model, self.encoder, texts, self.precision, _logits_and_state, TOKENS_WITH_STATES
        )
        labels: int = self.model.config.num_labels  # type: ignore[union-attr, assignment]
        return answers[:, :labels], answers[:, labels:]


def predict_logits(
    model: torch.nn.Module, encoder: Encoder, texts: Sequence[tuple[str, ...]], precision: str = "fp32"
) -> np.ndarray:
    """Logits of every text, in the order given.

    *Shape:* (rows, labels), float32
    """
    return _read(model, encoder, texts, precision, _logits)


Inputs = Mapping[str, "torch.Tensor"]
Reading = Callable[["torch.nn.Module", Inputs], "torch.Tensor"]


def _read(
    model: torch.nn.Module,
    encoder: Encoder,
    texts: Sequence[tuple[str, ...]],
    precision: str,
    reading: Reading,
    token_budget: int = TOKEN_BUDGET,
) -> np.ndarray:
    """What a reading of the model gives for every text, in the order given.  *Shape:* (rows, width), float32"""
    import torch

    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    with torch.inference_mode(), autocast(device, precision), fast_linear_layers(model):
        parts = [
            _in_batches(model, encoder, texts[start : start + ROWS_PER_CALL], device, reading, token_budget)
            for start in range(0, len(texts), ROWS_PER_CALL)
        ]
    model.train(was_training)
    labels: int = model.config.num_labels  # type: ignore[union-attr, assignment]  # transformers keeps it there
    return np.concatenate(parts) if parts else np.empty((0, labels), np.float32)


def _in_batches(
    model: torch.nn.Module,
    encoder: Encoder,
    texts: Sequence[tuple[str, ...]],
    device: torch.device,
    reading: Reading,
    token_budget: int,
) -> np.ndarray:
    rows = EncodedRows.of(encoder(texts))
    order = np.argsort(-rows.lengths, kind="stable")
    answers = []
    for part in split_by_budget(rows.lengths[order].tolist(), token_budget):
        inputs = rows.padded(order[part], encoder.pad_token_id)
        answer = reading(model, {name: value.to(device) for name, value in inputs.items()})
        answers.append(answer.float().cpu().numpy())
    found: np.ndarray = np.concatenate(answers)
    return found[np.argsort(order)]


def _logits(model: torch.nn.Module, inputs: Inputs) -> torch.Tensor:
    logits: torch.Tensor = model(**inputs).logits
    return logits


def _logits_and_state(model: torch.nn.Module, inputs: Inputs) -> torch.Tensor:
    """*Shape:* (rows, labels + width)"""
    import torch

    answer = model(**inputs, output_hidden_states=True)
    total = sum(torch.nn.functional.layer_norm(one.float(), one.shape[-1:]) for one in answer.hidden_states)
    mean = total / len(answer.hidden_states)
    real = inputs.get("attention_mask")
    weights = torch.ones_like(inputs["input_ids"]) if real is None else real
    states = (mean * weights[..., None]).sum(dim=1) / weights.sum(dim=1, keepdim=True)
    return torch.cat([answer.logits.float(), states], dim=1)
