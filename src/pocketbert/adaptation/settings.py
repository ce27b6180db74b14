"""Which linear layers get a low-rank adapter, and what kind."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pocketbert.errors import unknown_name

Preset = Literal["qv", "attention", "ffn", "all"]

NAMED_FIELDS = {"r": "rank", "lora_alpha": "alpha", "lora_dropout": "dropout"}
# Fields that this system fills in, and ones that need what a recipe cannot hold.
REFUSED_FIELDS = {
    "task_type": "the task decides it",
    "inference_mode": "training decides it",
    "base_model_name_or_path": "the run folder decides it",
    "revision": "the run folder decides it",
    "peft_type": "it is always LoRA",
    "peft_version": "the installed peft decides it",
    "auto_mapping": "the model decides it",
    "runtime_config": "it cannot be saved with the adapter",
    "loftq_config": "it needs a quantised model",
    "use_qalora": "it needs a quantised model",
    "qalora_group_size": "it needs a quantised model",
    "eva_config": "its initialisation needs passes over the data",
    "corda_config": "its initialisation needs passes over the data",
    "lora_ga_config": "its initialisation needs passes over the data",
    "megatron_config": "it needs Megatron",
    "megatron_core": "it needs Megatron",
    "layer_replication": "the model saved would not be the backbone's",
    "alora_invocation_tokens": "it is for models that generate text",
    "arrow_config": "it mixes several adapters",
}
INITIALISATIONS = ("pissa", "olora", "gaussian", "orthogonal")


class LoraSettings(BaseModel):
    """The recipe's `[lora]` section."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: Preset = Field(
        "qv",
        description="Layers that get an adapter: `qv` query and value, `attention` query, key, value and "
        "output, `ffn` the feed-forward layers, `all` every linear layer of the encoder.",
    )
    rank: int = Field(8, ge=1, description="Rank of the adapters.")
    alpha: float = Field(
        32.0, gt=0, description="Strength: an adapter's output is multiplied by alpha / rank."
    )
    dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Dropout before the adapters; 0 makes a step about a fifth faster than 0.1.",
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Any other field of peft's LoraConfig, such as use_rslora, use_dora, "
        'init_lora_weights = "pissa", target_modules or layers_to_transform.',
    )

    @field_validator("options")
    @classmethod
    def _check_options(cls, options: dict[str, Any]) -> dict[str, Any]:
        if not options:
            return options
        from dataclasses import fields

        from peft import LoraConfig

        known = {field.name for field in fields(LoraConfig)} - set(REFUSED_FIELDS) - set(NAMED_FIELDS)
        for name in options:
            if name in NAMED_FIELDS:
                raise ValueError(f"'{name}' has a key of its own: {NAMED_FIELDS[name]}")
            if name in REFUSED_FIELDS:
                raise ValueError(f"'{name}' cannot be set: {REFUSED_FIELDS[name]}")
            if name not in known:
                raise ValueError(unknown_name("field of peft's LoraConfig", name, known))
        start = options.get("init_lora_weights", True)
        if isinstance(start, str) and start not in INITIALISATIONS and not start.startswith("pissa_niter_"):
            raise ValueError(unknown_name("init_lora_weights that a recipe can use", start, INITIALISATIONS))
        return options
