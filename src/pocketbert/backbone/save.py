"""Writing folders that other tools load: safetensors, config, tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.backbone.load import Backbone
from pocketbert.backbone.quiet import quiet

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def save_base(
    model: PreTrainedModel | Backbone, tokenizer: PreTrainedTokenizerBase, folder: str | Path
) -> None:
    """Save the encoder under a classifier, without its head, for adapters to be loaded over.

    Its config keeps the number of labels and their names, so that
    `AutoModelForSequenceClassification.from_pretrained(folder)` builds the same head, untrained.
    """
    encoder = model.encoder if isinstance(model, Backbone) else model.base_model
    _save(encoder, tokenizer, Path(folder))


def save_classifier(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: str | Path) -> None:
    """Save a classifier whole, for `AutoModelForSequenceClassification.from_pretrained(folder)`."""
    _save(model, tokenizer, Path(folder))


def _save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
