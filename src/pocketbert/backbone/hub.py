"""Models of the hub: the files a backbone needs, in the hub library's own cache."""

from __future__ import annotations

import re
from pathlib import Path

from pocketbert.backbone.folder import CONFIG, TOKENIZER_CONFIG, VOCABULARIES
from pocketbert.backbone.weights import PICKLE, SAFETENSORS, SAFETENSORS_INDEX, shards
from pocketbert.errors import ArgumentError, PocketBertError

PATIENCE = 5.0  # seconds to wait for the hub's first answer
TOKENIZER_FILES = (
    *VOCABULARIES,
    TOKENIZER_CONFIG,
    "special_tokens_map.json",
    "added_tokens.json",
    "merges.txt",
)
HUB_NAME = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?(?<![-.])", re.ASCII)
OTHER_CHOICES = "name a folder that holds a model, or `bundled`"


def is_hub_name(name: str) -> bool:
    """Whether a name could be a model on the hub: `model` or `owner/model`."""
    return len(name) <= 96 and HUB_NAME.fullmatch(name) is not None


def fetch(name: str, revision: str | None) -> Path:
    """The folder, named by its commit, that holds a model's config, weights and tokenizer files.

    The cache answers where the hub cannot be reached.  Raises ArgumentError for a model or revision that does
    not exist, PocketBertError when neither hub nor cache has it.
    """
    online = _answers(name, revision or "main")
    config = _required(name, CONFIG, revision or "main", online=online)
    commit = config.parent.name  # every other file from the same commit, whatever is pushed meanwhile
    for file in TOKENIZER_FILES:
        _optional(name, file, commit, online=online)
    if _optional(name, SAFETENSORS, commit, online=online):
        return config.parent
    if index := _optional(name, SAFETENSORS_INDEX, commit, online=online):
        for shard in shards(index):
            _required(name, shard, commit, online=online)
    elif not _optional(name, PICKLE, commit, online=online):
        if not online:
            raise _unreachable(name)
        raise ArgumentError(f"the hub's {name} has no weights ({SAFETENSORS} or {PICKLE}); {OTHER_CHOICES}")
    return config.parent


def _answers(name: str, revision: str) -> bool:
    """Ask the hub once: its library, left alone, tries for half a minute before it gives up."""
    from huggingface_hub import errors, get_hf_file_metadata, hf_hub_url

    try:
        get_hf_file_metadata(hf_hub_url(name, CONFIG, revision=revision), timeout=PATIENCE)
    except errors.GatedRepoError:
        raise ArgumentError(
            f"the hub gives {name} only to people it knows: run `hf auth login`, or {OTHER_CHOICES}"
        ) from None
    except errors.RepositoryNotFoundError:
        raise ArgumentError(f"no model '{name}' on the hub: check its spelling, or {OTHER_CHOICES}") from None
    except errors.RevisionNotFoundError:
        raise ArgumentError(f"the hub's {name} has no revision '{revision}'; check its spelling") from None
    except errors.EntryNotFoundError:
        raise ArgumentError(f"the hub's {name} has no {CONFIG}: it is not a model of transformers") from None
    except _failures():  # offline by choice, no network, or the hub is ill
        return False
    return True


def _required(name: str, file: str, revision: str, *, online: bool) -> Path:
    """A file of the model, from the hub or the cache."""
    from huggingface_hub import errors, hf_hub_download

    try:
        return Path(
            hf_hub_download(name, file, revision=revision, etag_timeout=PATIENCE, local_files_only=not online)
        )
    except errors.LocalEntryNotFoundError:
        raise _unreachable(name) from None
    except errors.EntryNotFoundError:
        raise ArgumentError(f"the hub's {name} lacks {file}; {OTHER_CHOICES}") from None
    except _failures() as error:
        raise PocketBertError(
            f"fetching {file} of {name} failed: {_line(error)}; try again, or {OTHER_CHOICES}"
        ) from None


def _optional(name: str, file: str, commit: str, *, online: bool) -> Path | None:
    """A file of the model, or None where it has no such file; what the cache knows is not asked again."""
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(name, file, revision=commit)
    if isinstance(cached, str):
        return Path(cached)
    if cached is not None or not online:  # known to have no such file, or nobody to ask
        return None
    try:
        return _required(name, file, commit, online=True)
    except ArgumentError:
        return None


def _unreachable(name: str) -> PocketBertError:
    return PocketBertError(f"no hub reachable for --backbone {name}; {OTHER_CHOICES}")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _failures() -> tuple[type[Exception], ...]:
    """What the hub's library raises when the network, the hub or the disk fails."""
    from huggingface_hub import errors

    # The base class of its HTTP client's errors, by the name it has whichever client that is.
    return (errors.HTTPError, OSError)  # type: ignore[attr-defined]  # re-exported without saying so
