"""A two-layer classifier for exports, and what PyTorch answers with it."""

from dataclasses import dataclass

import numpy as np
import torch
from transformers import MobileBertForSequenceClassification

from pocketbert.data import Encoder
from pocketbert.deployment.graph import FoldedClassifier

LONGEST = 64
LABELS = ("bad", "good", "so, so")


@dataclass(frozen=True)
class Phone:
    """A model, and texts with its answers."""

    model: MobileBertForSequenceClassification
    folded: FoldedClassifier
    encoder: Encoder
    texts: list[tuple[str, ...]]
    probabilities: np.ndarray

    @property
    def words(self) -> list[str]:
        pieces: dict[str, int] = self.encoder.tokenizer.get_vocab()
        return sorted(pieces, key=pieces.__getitem__)


def answers_of(model: torch.nn.Module, encoder: Encoder, texts: list[tuple[str, ...]]) -> np.ndarray:
    with torch.inference_mode():
        logits = [
            model(torch.tensor([row.input_ids]), token_type_ids=torch.tensor([row.token_type_ids])).logits
            for row in encoder(texts)
        ]
    return torch.cat(logits).softmax(-1).numpy()
