"""A small backbone and the texts that go through it."""

from pathlib import Path

import pytest
import torch

from pocketbert.backbone import Backbone
from tiny_mobilebert import tiny_backbone


@pytest.fixture
def backbone(tmp_path: Path) -> Backbone:
    """Two MobileBERT layers with every weight drawn."""
    return tiny_backbone(tmp_path)


@pytest.fixture
def batch(backbone: Backbone) -> dict[str, torch.Tensor]:
    """Three padded texts."""
    texts = ["the cat sat on the mat", "a dog ran", "home"]
    return dict(backbone.tokenizer(texts, padding=True, return_tensors="pt"))
