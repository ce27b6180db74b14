"""Writing folders that other tools load: safetensors, config, tokenizer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.backbone.folder import CONFIG
from pocketbert.backbone.load import Backbone
from pocketbert.backbone.quiet import quiet
from pocketbert.errors import PocketBertError, disk_refusal

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def save_base(
    model: PreTrainedModel | Backbone, tokenizer: PreTrainedTokenizerBase, folder: str | Path
) -> None:
    """Save the encoder under a head, without that, for adapters to be loaded over.

    Its config keeps the number of labels and their names, so that
    `AutoModelForSequenceClassification.from_pretrained(folder)` builds the same head, untrained.
    Raises PocketBertError when the disk refuses it.
    """
    encoder = model.encoder if isinstance(model, Backbone) else model.base_model
    _save(encoder, tokenizer, Path(folder))


def save_classifier(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: str | Path) -> None:
    """Save a classifier, or a model for answer spans, whole: transformers' `Auto` class for its head loads it.

    Raises PocketBertError when the disk refuses it.
    """
    _save(model, tokenizer, Path(folder))


def _save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    from safetensors import SafetensorError

    # How the last batch was padded and cut is not a property of the tokenizer.
    if backend := getattr(tokenizer, "backend_tokenizer", None):
        backend.no_padding()
        backend.no_truncation()
    try:
        folder.mkdir(parents=True, exist_ok=True)  # over a file, save_pretrained would log and write nothing
        with quiet():
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        for weights in folder.glob("*.safetensors"):  # which let their owner alone read them
            shutil.copymode(folder / CONFIG, weights)
    except (OSError, SafetensorError) as error:
        raise PocketBertError(
            f"cannot write the model to {folder}: {disk_refusal(error)} and try again"
        ) from None
