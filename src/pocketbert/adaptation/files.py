"""Merging adapters into the model, and saving them as PEFT files."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pocketbert.adaptation.method import ADAPTER

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel


def merge(model: nn.Module) -> PreTrainedModel:
    """The plain model with its adapters, if any, added into its weights; all of it is in place."""
    from peft import PeftModel

    if isinstance(model, PeftModel):
        return cast("PreTrainedModel", model.merge_and_unload())
    return cast("PreTrainedModel", model)


def save_adapter(model: nn.Module, folder: str | Path, *, base: str | Path) -> None:
    """Save adapters and head as PEFT files that name `base` as the model they go over."""
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors.torch import save_file

    assert isinstance(model, PeftModel), "only a model with adapters has adapters to save"
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    weights = get_peft_model_state_dict(model, save_embedding_layers=False)
    config = copy.deepcopy(model.peft_config[ADAPTER])
    config.base_model_name_or_path = str(base)
    config.inference_mode = True
    save_file(
        {name: value.detach().cpu().contiguous() for name, value in weights.items()},
        folder / "adapter_model.safetensors",
        metadata={"format": "pt"},
    )
    config.save_pretrained(str(folder))
