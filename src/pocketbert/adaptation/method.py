"""Preparing a model for one stage of training."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

from pocketbert.adaptation.settings import LoraSettings
from pocketbert.adaptation.targets import target_modules
from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel
    from torch import nn
    from transformers import PreTrainedModel

Method = Literal["full", "lora", "norms"]
ADAPTER = "default"  # peft's own name for a model's only adapter


def apply_method(
    model: PreTrainedModel, method: Method, lora: LoraSettings, *, seed: int = 0
) -> PreTrainedModel | PeftModel:
    """Make the model train by `method`; the head always trains.

    `full` trains everything, `norms` the norms' weights and biases, `lora` adapters drawn by `seed` alone.
    The model is changed in place; the global random state is left as it was.
    Raises ArgumentError when the settings do not fit the model.
    """
    if method == "lora":
        return _add_adapters(model, lora, seed)
    for name, module in model.named_modules():
        trains = method == "full" or is_norm(module) or name.split(".")[0] in head_names(model)
        for weight in module.parameters(recurse=False):
            weight.requires_grad_(trains)
    return model


def head_names(model: PreTrainedModel) -> list[str]:
    """Top-level modules outside the encoder, such as `classifier`."""
    return [
        name
        for name, child in model.named_children()
        if name != model.base_model_prefix and any(True for _ in child.parameters())
    ]


def is_norm(module: nn.Module) -> bool:
    """NoNorm, LayerNorm and their kind."""
    return type(module).__name__.endswith("Norm")


def _add_adapters(model: PreTrainedModel, lora: LoraSettings, seed: int) -> PeftModel:
    import torch
    from peft import get_peft_model

    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.default_generator.manual_seed(seed)
        try:
            adapted = get_peft_model(model, _config(model, lora), adapter_name=ADAPTER)
        except (ValueError, TypeError, NotImplementedError, AttributeError, ImportError) as error:
            raise ArgumentError(f"lora: {' '.join(str(error).split())[:240]}") from None
    return adapted


def _config(model: PreTrainedModel, lora: LoraSettings) -> LoraConfig:
    from peft import LoraConfig, TaskType

    options = dict(lora.options)
    kept = [*head_names(model), *(options.pop("modules_to_save", None) or [])]
    if "target_modules" not in options:
        options["target_modules"] = target_modules(model, lora.preset)
    return LoraConfig(
        task_type=TaskType.SEQ_CLS,
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        modules_to_save=kept,
        **options,
    )
