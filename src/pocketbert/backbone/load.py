"""A backbone by name: from the hub, from a folder, or the one in this package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.backbone.folder import (
    read_answerer,
    read_classifier,
    read_config,
    read_encoder,
    read_tokenizer,
)
from pocketbert.backbone.hub import fetch, is_hub_name
from pocketbert.backbone.quiet import quiet
from pocketbert.backbone.settings import BUNDLED, BackboneSettings
from pocketbert.errors import ArgumentError, PocketBertError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

BUNDLED_FOLDER = Path(__file__).parents[1] / "assets" / "backbone"


@dataclass(frozen=True, eq=False)
class Backbone:
    """A pre-trained text encoder with its tokenizer, [PAD]'s embedding zeroed, weights in fp32."""

    encoder: PreTrainedModel = field(repr=False)
    tokenizer: PreTrainedTokenizerBase = field(repr=False)
    name: str
    source: str
    """Where it came from, for people: folder or hub commit, and the file of its weights."""
    fresh: tuple[str, ...] = ()
    """Encoder parameters that the source lacks (a pooler's): drawn anew, to be trained like a head."""
    folder: Path | None = None
    """Where the files that it was loaded from lie."""


def load_backbone(settings: BackboneSettings) -> Backbone:
    """Load the backbone that the settings name.

    Raises ArgumentError when the name leads nowhere or to something else than a text encoder, PocketBertError
    when the hub cannot be reached or a file is damaged.
    """
    try:
        return _load(settings)
    except OSError as error:
        raise ArgumentError(f"cannot read --backbone {settings.name}: {error.strerror or error}") from None


def _load(settings: BackboneSettings) -> Backbone:
    if settings.name == BUNDLED:
        if not (BUNDLED_FOLDER / "config.json").is_file():
            raise PocketBertError(
                "this installation lacks the bundled backbone; name a folder or a model of the hub"
            )
        return _from_folder(BUNDLED_FOLDER, BUNDLED, "bundled with the package")
    folder = Path(settings.name).expanduser()
    if folder.is_dir():
        return _from_folder(folder, settings.name, f"folder {settings.name}")
    if folder.exists():
        raise ArgumentError(f"--backbone {settings.name} is a file; name the folder that holds it")
    if not is_hub_name(settings.name):
        raise ArgumentError(
            f"no folder {settings.name} for --backbone; name a folder, a model of the hub, or `bundled`"
        )
    downloaded = fetch(settings.name, settings.revision)
    return _from_folder(downloaded, settings.name, f"hub, {settings.name} at {downloaded.name[:12]}")


def load_classifier(folder: str | Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A classifier saved by `save_classifier`, ready to predict.

    Raises ArgumentError when the folder holds none, PocketBertError when a file is damaged.
    """
    return _load_whole(Path(folder), read_classifier)


def load_answerer(folder: str | Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A model for answer spans saved by `save_classifier`, ready to predict.  Raises as `load_classifier` does."""
    return _load_whole(Path(folder), read_answerer)


def _load_whole(
    folder: Path, read: Callable[[Path, PreTrainedConfig], PreTrainedModel]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    with quiet():
        config = read_config(folder)
        model = read(folder, config)
        return model.eval(), read_tokenizer(folder, config)


def _from_folder(folder: Path, name: str, source: str) -> Backbone:
    with quiet():
        config = read_config(folder)
        tokenizer = read_tokenizer(folder, config)
        encoder, file, fresh = read_encoder(folder, config)
    zero_padding(encoder, tokenizer.pad_token_id)
    return Backbone(encoder.eval(), tokenizer, name, f"{source}, {file}", fresh, folder)


def zero_padding(encoder: PreTrainedModel, pad_token_id: int) -> None:
    """Zero [PAD]'s embedding and keep it from training.

    MobileBERT embeds a token together with its neighbours, so the last real token of a text sees [PAD]'s
    embedding where the text is padded and zeros where it is not; zeroed, both are the same.
    """
    import torch

    embeddings = encoder.get_input_embeddings()
    embeddings.padding_idx = pad_token_id  # the gradient of this row is always zero
    encoder.config.pad_token_id = pad_token_id
    with torch.no_grad():
        embeddings.weight[pad_token_id].zero_()
