"""Which modules of an encoder a preset means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pocketbert.errors import ArgumentError, unknown_name

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from pocketbert.adaptation.settings import Preset

QUERY = {"query", "q_lin", "q_proj", "query_proj", "q"}
KEY = {"key", "k_lin", "k_proj", "key_proj", "k"}
VALUE = {"value", "v_lin", "v_proj", "value_proj", "v"}
FUSED = {"Wqkv", "qkv", "qkv_proj", "in_proj"}  # one layer computes query, key and value
ROLES: dict[str, frozenset[str]] = {
    "qv": frozenset({"query", "value", "fused"}),
    "attention": frozenset({"query", "key", "value", "fused", "output"}),
    "ffn": frozenset({"ffn"}),
    "all": frozenset({"query", "key", "value", "fused", "output", "ffn", "bottleneck"}),
}


def target_modules(model: PreTrainedModel, preset: Preset) -> list[str]:
    """The shortest module names, in peft's sense of a suffix, that mean the preset's layers and no others.

    Raises ArgumentError when the encoder has no such layers.
    """
    wanted = [name for name, role in _linear_roles(model).items() if role in ROLES[preset]]
    if not wanted:
        raise ArgumentError(
            f"lora.preset '{preset}' finds no layers in {type(model).__name__}; "
            "name them in lora.options.target_modules"
        )
    others = [name for name, _ in model.named_modules() if name not in set(wanted)]
    return sorted({_shortest_suffix(name, others) for name in wanted})


def check_targets(model: PreTrainedModel, targets: object) -> None:
    """Raises ArgumentError, with the nearest match, when targets (see peft) name a module the model lacks."""
    if targets == "all-linear":
        return
    names = [name for name, _ in model.named_modules()]
    key = "lora.options.target_modules"
    if isinstance(targets, str):
        try:
            found = any(re.fullmatch(targets, name) for name in names)
        except re.error as error:
            raise ArgumentError(f"{key}: {targets!r} is not a regular expression: {error}") from None
        if not found:
            raise ArgumentError(
                f"{key}: no module's whole name matches the expression {targets!r}; "
                f'for modules whose names end so, write a list: ["{targets}"]'
            )
        return
    if not isinstance(targets, list | tuple) or not targets:
        raise ArgumentError(f"{key} must be a list of module names, a regular expression or `all-linear`")
    known = {name.rsplit(".", 1)[-1] for name in _linear_roles(model)}
    for target in targets:
        if not any(name == target or name.endswith(f".{target}") for name in names):
            raise ArgumentError(f"{key}: {unknown_name('module', str(target), known)}")


def _linear_roles(model: PreTrainedModel) -> dict[str, str]:
    """Role of every linear layer inside the encoder's repeated layers, by module name."""
    from torch import nn

    prefix = f"{model.base_model_prefix}."
    return {
        name: _role(name.split("."))
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear)
        and name.startswith(prefix)
        and any(part.isdecimal() for part in name.split("."))
    }


def _role(parts: list[str]) -> str:
    last = parts[-1]
    for role, names in (("query", QUERY), ("key", KEY), ("value", VALUE), ("fused", FUSED)):
        if last in names:
            return role
    if "bottleneck" in parts:
        return "bottleneck"
    return "output" if any(part.startswith("att") for part in parts) else "ffn"


def _shortest_suffix(name: str, others: list[str]) -> str:
    parts = name.split(".")
    for length in range(1, len(parts)):
        suffix = ".".join(parts[-length:])
        if not any(other == suffix or other.endswith(f".{suffix}") for other in others):
            return suffix
    return name
