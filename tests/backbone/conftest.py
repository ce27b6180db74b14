"""Small models written to folders, as a hub or a colleague would hand them over."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import BertTokenizer, MobileBertConfig, MobileBertForPreTraining

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *["the", "a", "cat", "sat", "on", "mat", "dog", "ran", "home", "and", "was", "happy", ".", ","],
]


def tiny_config(**changes: object) -> MobileBertConfig:
    """Two MobileBERT layers, a few thousand parameters."""
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


def randomised(model: torch.nn.Module) -> torch.nn.Module:
    """Every weight drawn: no norm is the identity, no bias is zero, [PAD]'s row is not zero either."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            centre = 1.0 if "LayerNorm.weight" in name else 0.0
            weight.copy_(centre + torch.randn(weight.shape, generator=generator) * 0.2)
    return model.eval()


@pytest.fixture
def tokenizer(tmp_path: Path) -> BertTokenizer:
    vocabulary = tmp_path / "vocabulary.txt"
    vocabulary.write_text("\n".join(WORDS), encoding="utf-8")
    return BertTokenizer(str(vocabulary))


@pytest.fixture
def write_model(tmp_path: Path, tokenizer: BertTokenizer) -> Callable[..., Path]:
    """Write a pre-trained MobileBERT, heads included as released, and return its folder."""

    def write(name: str = "tiny", *, pickled: bool = False, **changes: object) -> Path:
        folder = tmp_path / name
        model = randomised(MobileBertForPreTraining(tiny_config(**changes)))
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        if pickled:
            (folder / "model.safetensors").unlink()
            torch.save(model.state_dict(), folder / "pytorch_model.bin")
        return folder

    return write
