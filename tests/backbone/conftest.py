"""Small models written to folders, as a hub or a colleague would hand them over."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import BertTokenizer, MobileBertForPreTraining

from tiny_mobilebert import WORDS, randomised, tiny_config, tokenizer_over


@pytest.fixture
def tokenizer(tmp_path: Path) -> BertTokenizer:
    return tokenizer_over(WORDS, tmp_path)


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
