"""A small backbone and the steps of training that tests need."""

from pathlib import Path

import pytest
import torch
from transformers import BertTokenizer, MobileBertConfig, MobileBertModel

from pocketbert.backbone import Backbone
from pocketbert.backbone.load import zero_padding

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "the",
    "a",
    "cat",
    "sat",
    "on",
    "mat",
    "dog",
    "ran",
    "home",
]


@pytest.fixture
def backbone(tmp_path: Path) -> Backbone:
    """Two MobileBERT layers with every weight drawn."""
    vocabulary = tmp_path / "vocabulary.txt"
    vocabulary.write_text("\n".join(WORDS), encoding="utf-8")
    tokenizer = BertTokenizer(str(vocabulary))
    config = MobileBertConfig(
        vocab_size=len(WORDS),
        embedding_size=16,
        hidden_size=32,
        num_hidden_layers=2,
        intermediate_size=24,
        intra_bottleneck_size=16,
        max_position_embeddings=32,
        num_feedforward_networks=2,
        classifier_activation=False,
    )
    encoder = MobileBertModel(config)
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in encoder.named_parameters():
            centre = 1.0 if "LayerNorm.weight" in name else 0.0
            weight.copy_(centre + torch.randn(weight.shape, generator=generator) * 0.2)
    zero_padding(encoder, tokenizer.pad_token_id)
    return Backbone(encoder.eval(), tokenizer, "tiny", "made in the test")


@pytest.fixture
def batch(backbone: Backbone) -> dict[str, torch.Tensor]:
    """Three padded texts."""
    texts = ["the cat sat on the mat", "a dog ran", "home"]
    return dict(backbone.tokenizer(texts, padding=True, return_tensors="pt"))
