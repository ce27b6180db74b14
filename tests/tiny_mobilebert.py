"""A MobileBERT of two layers, a few thousand parameters, and a tokenizer over a few words."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import torch
from transformers import BertTokenizer, MobileBertConfig, MobileBertModel

from pocketbert.backbone import Backbone
from pocketbert.backbone.load import zero_padding

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [
    *SPECIAL,
    *["the", "a", "cat", "sat", "on", "mat", "dog", "ran", "home", "and", "was", "happy", ".", ","],
]
Model = TypeVar("Model", bound=torch.nn.Module)


def tiny_config(**changes: object) -> MobileBertConfig:
    """Its sizes, over the vocabulary of WORDS unless another is named."""
    sizes = {
        "vocab_size": len(WORDS),
        "embedding_size": 16,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "intermediate_size": 24,
        "intra_bottleneck_size": 16,
        "max_position_embeddings": 64,
        "num_feedforward_networks": 2,
        "classifier_activation": False,
    }
    return MobileBertConfig(**{**sizes, **changes})


def randomised(model: Model, seed: int = 7) -> Model:
    """Every weight drawn: no norm is the identity, no bias is zero, [PAD]'s row is not zero either."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            centre = 1.0 if "LayerNorm.weight" in name else 0.0
            weight.copy_(centre + torch.randn(weight.shape, generator=generator) * 0.2)
    return model.eval()


def tokenizer_over(words: Sequence[str], folder: Path, **options: object) -> BertTokenizer:
    """A tokenizer whose vocabulary file lies in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocabulary.txt"
    vocabulary.write_text("\n".join(words), encoding="utf-8")
    return BertTokenizer(str(vocabulary), **options)


def tiny_backbone(
    folder: Path, words: Sequence[str] = WORDS, *, seed: int = 7, **changes: object
) -> Backbone:
    """An encoder with every weight drawn but [PAD]'s, as `load_backbone` would give it."""
    tokenizer = tokenizer_over(words, folder)
    encoder = randomised(MobileBertModel(tiny_config(vocab_size=len(words), **changes)), seed)
    zero_padding(encoder, tokenizer.pad_token_id)
    return Backbone(encoder, tokenizer, "tiny", "made in the test")
