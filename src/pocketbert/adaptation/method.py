"""Preparing a model for one stage of training."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal, cast

from pocketbert.adaptation.settings import LoraSettings
from pocketbert.adaptation.targets import check_targets, target_modules
from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    import torch
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
    model.requires_grad_(method == "full")
    if method == "norms":
        for module in model.modules():
            if is_norm(module):
                module.requires_grad_(True)
        for name in head_names(model):
            model.get_submodule(name).requires_grad_(True)
    return model


def head_names(model: PreTrainedModel) -> list[str]:
    """Modules that start untrained: those outside the encoder, and a pooler its backbone came without."""
    outside = [
        name
        for name, child in model.named_children()
        if name != model.base_model_prefix and any(True for _ in child.parameters())
    ]
    return [*outside, *getattr(model, "fresh_modules", ())]


def answers_spans(model: PreTrainedModel) -> bool:
    """Whether the head is transformers' own for answer spans."""
    return type(model).__name__.endswith("ForQuestionAnswering")


def is_norm(module: nn.Module) -> bool:
    """NoNorm, LayerNorm and their kind."""
    return type(module).__name__.endswith("Norm")


def initial_adapters(model: PeftModel) -> dict[str, torch.Tensor]:
    """What the adapters held before training, if their initialisation took it out of the base weights."""
    return cast("dict[str, torch.Tensor]", getattr(model, "initial_adapters", {}))


def _add_adapters(model: PreTrainedModel, lora: LoraSettings, seed: int) -> PeftModel:
    import torch
    from peft import get_peft_model, get_peft_model_state_dict

    config = _config(model, lora)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # hints for people who call peft themselves
        torch.default_generator.manual_seed(seed)
        try:
            adapted = get_peft_model(model, config, adapter_name=ADAPTER)
        # peft has no error of its own: unknown fields, layers that are not there, a kind of adapter that a layer cannot
        # have, a decomposition that fails and a library that is missing come as these.
        except (ValueError, TypeError, NotImplementedError, RuntimeError, ImportError) as error:
            raise ArgumentError(f"lora: peft refuses these settings: {_line(error)}") from None
    if str(config.init_lora_weights).startswith(("pissa", "olora")):
        _check_ranks(adapted, lora)
        weights = get_peft_model_state_dict(adapted, adapter_name=ADAPTER, save_embedding_layers=False)
        adapted.initial_adapters = {
            name: weight.detach().cpu().clone()
            for name, weight in weights.items()
            if ".lora_A." in name or ".lora_B." in name
        }
    return adapted


def _check_ranks(adapted: PeftModel, lora: LoraSettings) -> None:
    """A decomposition has no more directions than the smaller side of its weight."""
    for name, module in adapted.named_modules():
        if ADAPTER in getattr(module, "lora_A", ()):
            sides = module.lora_A[ADAPTER].in_features, module.lora_B[ADAPTER].out_features
            if module.r[ADAPTER] > min(sides):
                layer = name.removeprefix("base_model.model.")
                raise ArgumentError(
                    f"lora: {lora.options['init_lora_weights']} can give {layer}, of {sides[0]} by "
                    f"{sides[1]}, at most rank {min(sides)}, not {module.r[ADAPTER]}"
                )


def _config(model: PreTrainedModel, lora: LoraSettings) -> LoraConfig:
    from peft import LoraConfig, TaskType

    options = dict(lora.options)
    kept = [*head_names(model), *(options.pop("modules_to_save", None) or [])]
    if "target_modules" in options:
        check_targets(model, options["target_modules"])
    else:
        options["target_modules"] = target_modules(model, lora.preset)
    alpha = int(lora.alpha) if lora.alpha.is_integer() else lora.alpha
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return LoraConfig(
                # peft 0.21's own class for answer spans drops the segment ids on their way to the model
                task_type=None if answers_spans(model) else TaskType.SEQ_CLS,
                r=lora.rank,
                lora_alpha=alpha,
                lora_dropout=lora.dropout,
                modules_to_save=kept,
                **options,
            )
    except (ValueError, TypeError, ImportError) as error:
        raise ArgumentError(f"lora.options: {_line(error)}") from None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:240]
