"""Merging adapters into the model, and saving them as PEFT files."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pocketbert.adaptation.method import ADAPTER, initial_adapters
from pocketbert.errors import PocketBertError, disk_refusal
from pocketbert.writing import whole

if TYPE_CHECKING:
    import torch
    from peft import LoraConfig
    from torch import nn
    from transformers import PreTrainedModel


def merge(model: nn.Module) -> PreTrainedModel:
    """The plain model with its adapters, if any, added into its weights.  The model given is used up."""
    from peft import PeftModel

    if isinstance(model, PeftModel):
        return cast("PreTrainedModel", model.merge_and_unload())
    return cast("PreTrainedModel", model)


def save_adapter(model: nn.Module, folder: str | Path, *, base: str | Path) -> None:
    """Save adapters and head as PEFT files that name `base` as the model they go over.

    To be called before `merge`.  Adapters whose initialisation took a part out of the base weights (PiSSA,
    OLoRA) are saved as the plain LoRA, of twice the rank, that means the same over the base as it was.
    Raises PocketBertError when the disk refuses it.
    """
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    if not isinstance(model, PeftModel):
        raise TypeError("save_adapter needs a model that apply_method gave adapters")
    weights = get_peft_model_state_dict(model, adapter_name=ADAPTER, save_embedding_layers=False)
    config = copy.deepcopy(model.peft_config[ADAPTER])
    if initial := initial_adapters(model):
        weights = _difference(weights, initial)
        _double_rank(config)
    config.base_model_name_or_path = str(base)
    config.inference_mode = True
    config.modules_to_save = list(dict.fromkeys(config.modules_to_save))  # peft adds the head once more
    if isinstance(config.target_modules, set):  # whose order would differ between processes
        config.target_modules = sorted(config.target_modules)
    tensors = {name: weight.detach().cpu().contiguous() for name, weight in weights.items()}
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with whole(Path(folder) / "adapter_model.safetensors") as partial:
            save_file(tensors, partial, metadata={"format": "pt"})
        config.save_pretrained(str(folder))
    except (OSError, SafetensorError) as error:
        raise PocketBertError(
            f"cannot write the adapter to {folder}: {disk_refusal(error)} and try again"
        ) from None


def _difference(
    trained: dict[str, torch.Tensor], initial: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """B A - B0 A0 as one product: A over A0, and B beside -B0 (PiSSA, arXiv 2404.02948, appendix C)."""
    import torch

    joined = dict(trained)
    for name, start in initial.items():
        now = trained[name].detach().cpu()
        joined[name] = torch.cat([now, start], 0) if ".lora_A." in name else torch.cat([now, -start], 1)
    return joined


def _double_rank(config: LoraConfig) -> None:
    """Twice the rank at the same scaling, which is alpha / rank, or alpha / sqrt(rank) with rsLoRA."""
    factor = 2**0.5 if config.use_rslora else 2
    config.init_lora_weights = True
    config.r *= 2
    config.lora_alpha *= factor
    config.rank_pattern = {name: rank * 2 for name, rank in config.rank_pattern.items()}
    config.alpha_pattern = {name: alpha * factor for name, alpha in config.alpha_pattern.items()}
