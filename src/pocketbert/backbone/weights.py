"""Reading a folder's weights: safetensors first, an older pickle only as plain tensors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.errors import ArgumentError, PocketBertError

if TYPE_CHECKING:
    import torch

SAFETENSORS = "model.safetensors"
SAFETENSORS_INDEX = "model.safetensors.index.json"
PICKLE = "pytorch_model.bin"


def read_weights(folder: Path) -> tuple[dict[str, torch.Tensor], str]:
    """Weights by name, and the file they came from.

    Raises ArgumentError when the folder has none, PocketBertError when a file is damaged or holds anything
    but tensors.
    """
    if (folder / SAFETENSORS).is_file():
        return _read_safetensors(folder / SAFETENSORS), SAFETENSORS
    if (folder / SAFETENSORS_INDEX).is_file():
        weights: dict[str, torch.Tensor] = {}
        for shard in shards(folder / SAFETENSORS_INDEX):
            weights |= _read_safetensors(folder / shard)
        return weights, SAFETENSORS_INDEX
    if (folder / PICKLE).is_file():
        return _read_tensors_of_pickle(folder / PICKLE), PICKLE
    raise ArgumentError(
        f"{folder} has a config.json but no weights ({SAFETENSORS} or {PICKLE}); complete the folder"
    )


def shards(index: Path) -> list[str]:
    """Names of the files that an index lists.  Raises PocketBertError when it is damaged."""
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        raise PocketBertError(f"{index} is damaged; put a whole copy there") from None
    for name in names:
        if Path(name).name != name:
            raise PocketBertError(f"{index} names a file outside its own folder ({name!r}); refused")
    return names


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights: dict[str, torch.Tensor] = load_file(path)
    except FileNotFoundError:
        raise PocketBertError(f"{path} is missing; put a whole copy there") from None
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise PocketBertError(
            f"{path} is truncated or damaged ({_line(error)}); put a whole copy there"
        ) from None
    return weights


def _read_tensors_of_pickle(path: Path) -> dict[str, torch.Tensor]:
    import pickle
    import warnings

    import torch

    advice = f"use a model with {SAFETENSORS}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the age of the format
            weights = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise PocketBertError(
            f"{path} is not a plain file of weights (damaged, or it would run code); {advice}"
        ) from None
    except Exception as error:  # bytes of unknown origin can fail in any way at all
        raise PocketBertError(
            f"{path} is truncated or damaged ({_line(error)}); fetch it again or {advice}"
        ) from None
    if not isinstance(weights, dict) or not all(
        isinstance(value, torch.Tensor) for value in weights.values()
    ):
        raise PocketBertError(f"{path} holds more than named weights; {advice}")
    return weights


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
