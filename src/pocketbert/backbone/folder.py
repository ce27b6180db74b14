"""Reading a model folder: its config, its weights, its tokenizer.  Nothing in it is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.backbone.weights import PICKLE, read_weights
from pocketbert.errors import ArgumentError, PocketBertError, unknown_name

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

CONFIG = "config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
# A tokenizer needs one of these; the rest only refine it.
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
    "spm.model",
)
# What a config may ask for that would fetch code for kernels, and where its author kept it.
IGNORED_CONFIG_KEYS = (
    "_attn_implementation",
    "attn_implementation",
    "experts_implementation",
    "_name_or_path",
)
UNLIMITED = 1_000_000


def read_config(folder: Path) -> PreTrainedConfig:
    """The folder's config, of a text encoder that transformers knows.

    Raises ArgumentError when it is missing, damaged, asks for code of its own or is another kind of model's.
    """
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    content = _read_json(folder / CONFIG)
    if content is None:
        inside = folder / "model"
        advice = f"; name the model of that run, {inside}" if (inside / CONFIG).is_file() else ""
        raise ArgumentError(f"{folder} is not a model folder: it has no {CONFIG}{advice}")
    _refuse_own_code(content, folder / CONFIG)
    if content.get("quantization_config"):
        raise ArgumentError(
            f"{folder} holds a quantised model, which cannot be fine-tuned; name the original"
        )
    kind = content.get("model_type") or _kind_of_architectures(content.get("architectures"))
    if not isinstance(kind, str):
        raise ArgumentError(f"{folder / CONFIG} names no model_type; it is not a model of transformers")
    if kind not in encoder_kinds():
        hint = "" if kind in CONFIG_MAPPING else f" ({unknown_name('model_type', kind, encoder_kinds())})"
        raise ArgumentError(
            f"{folder} holds a '{kind}' model, not a text encoder; use one such as MobileBERT or BERT{hint}"
        )
    kept = {key: value for key, value in content.items() if key not in IGNORED_CONFIG_KEYS}
    try:
        config = CONFIG_MAPPING[kind].from_dict(kept)
    except Exception as error:  # each model's config checks its own fields in its own way
        raise ArgumentError(f"{folder / CONFIG} does not describe a {kind} model: {_line(error)}") from None
    if config.is_encoder_decoder or getattr(config, "is_decoder", False):
        raise ArgumentError(
            f"{folder} holds a model that generates text; use an encoder such as MobileBERT or BERT"
        )
    return config


def encoder_kinds() -> list[str]:
    """Model types that read text both ways: IB-BERT, and those with a masked-LM head and a sequence classifier."""
    from transformers.models.auto import modeling_auto as auto

    from pocketbert.backbone.ib_bert import IBBertConfig

    masked = set(auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES)
    classifiers = set(auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES)
    return sorted({IBBertConfig.model_type} | (masked & classifiers))


def _kind_of_architectures(architectures: object) -> str | None:
    """Model type of a config from before that key existed, by the class that saved it."""
    from transformers.models.auto import modeling_auto as auto

    names = architectures if isinstance(architectures, list) else []
    for mapping in (
        auto.MODEL_FOR_PRETRAINING_MAPPING_NAMES,
        auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
        auto.MODEL_MAPPING_NAMES,
    ):
        for kind in encoder_kinds():
            if mapping.get(kind) in names:
                return kind
    return None


def read_encoder(folder: Path, config: PreTrainedConfig) -> tuple[PreTrainedModel, str, tuple[str, ...]]:
    """The encoder in fp32, the file its weights came from, and the names of parameters that file lacks.

    Only a pooler may be lacking.  Raises PocketBertError when other weights are missing or do not fit.
    """
    from transformers import MODEL_MAPPING

    weights, source = read_weights(folder)
    encoder, lacking = _fill(MODEL_MAPPING, config, weights, folder / source)
    others = sorted(name for name in lacking if "pooler" not in name.split("."))
    if others:
        raise PocketBertError(
            f"{folder / source} lacks {len(others)} weights of the encoder, such as {others[0]}; "
            "it belongs to another config.json or is not complete"
        )
    return encoder, source, tuple(sorted(lacking))


def read_classifier(folder: Path, config: PreTrainedConfig) -> PreTrainedModel:
    """A saved classifier, head included, in fp32.  Raises PocketBertError when its weights do not fit."""
    from transformers import MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING

    return _read_whole(MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING, folder, config)


def read_answerer(folder: Path, config: PreTrainedConfig) -> PreTrainedModel:
    """A saved model for answer spans, head included, in fp32.  Raises PocketBertError when its weights do not fit."""
    from transformers import MODEL_FOR_QUESTION_ANSWERING_MAPPING

    return _read_whole(MODEL_FOR_QUESTION_ANSWERING_MAPPING, folder, config)


def _read_whole(classes: Any, folder: Path, config: PreTrainedConfig) -> PreTrainedModel:
    weights, source = read_weights(folder)
    model, lacking = _fill(classes, config, weights, folder / source)
    if lacking:
        raise PocketBertError(
            f"{folder / source} lacks weights, such as {min(lacking)}; the folder is not complete"
        )
    return model


def read_masked_lm(folder: Path, config: PreTrainedConfig) -> PreTrainedModel | None:
    """The encoder under a stock masked-LM head, in fp32; None where its safetensors hold no such head.

    Raises PocketBertError when its weights do not fit.
    """
    from transformers import MODEL_FOR_MASKED_LM_MAPPING

    weights, source = read_weights(folder)
    if source == PICKLE or type(config) not in MODEL_FOR_MASKED_LM_MAPPING:
        return None
    model, lacking = _fill(MODEL_FOR_MASKED_LM_MAPPING, config, weights, folder / source)
    return None if lacking else model


def _fill(
    classes: Any, config: PreTrainedConfig, weights: dict[str, torch.Tensor], path: Path
) -> tuple[PreTrainedModel, set[str]]:
    import torch

    bad = next((name for name, value in weights.items() if not torch.isfinite(value).all()), None)
    if bad is not None:
        raise PocketBertError(
            f"{path} holds values that are no numbers (NaN or infinite) in {bad}; fetch it again"
        )
    # Weights that are lacking are drawn, and the caller's own draws must not move by that.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        model, report = classes[type(config)].from_pretrained(
            None,
            config=config,
            state_dict=weights,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    if report["mismatched_keys"]:
        name, found, wanted = min(report["mismatched_keys"], key=lambda entry: entry[0])
        raise PocketBertError(
            f"{path} does not fit its {CONFIG}: {name} is {_shape(found)} in the file, "
            f"{_shape(wanted)} by the config"
        )
    return model, set(report["missing_keys"])


def read_tokenizer(folder: Path, config: PreTrainedConfig) -> PreTrainedTokenizerBase:
    """The folder's tokenizer.  Raises ArgumentError when there is none or it is another model's."""
    from transformers import AutoTokenizer

    own = _read_json(folder / TOKENIZER_CONFIG)
    _refuse_own_code(own or {}, folder / TOKENIZER_CONFIG)
    if not any((folder / name).is_file() for name in VOCABULARIES):
        raise ArgumentError(f"{folder} has no tokenizer (tokenizer.json or vocab.txt); complete the folder")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, config=config, local_files_only=True)
    except Exception as error:  # tokenizers raises bare Exception on damaged files
        raise ArgumentError(f"the tokenizer in {folder} cannot be read: {_line(error)}") from None
    if tokenizer.pad_token_id is None:
        raise ArgumentError(f"the tokenizer in {folder} has no padding token, so texts cannot be batched")
    if len(tokenizer) > config.vocab_size:
        raise ArgumentError(
            f"the tokenizer in {folder} has {len(tokenizer):,} tokens but the model embeds "
            f"{config.vocab_size:,}; they belong to different models"
        )
    if tokenizer.model_max_length > UNLIMITED:
        tokenizer.model_max_length = getattr(config, "max_position_embeddings", UNLIMITED)
    return tokenizer


def _read_json(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{path} is not readable JSON: {_line(error)}") from None
    if not isinstance(content, dict):
        raise ArgumentError(f"{path} is not a JSON object")
    return content


def _refuse_own_code(content: dict[str, Any], path: Path) -> None:
    if "auto_map" in content:
        raise ArgumentError(
            f"{path} asks for code of its own (auto_map), which is never run; use another model"
        )


def _shape(size: Any) -> str:
    return "x".join(str(side) for side in size)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
