"""The two models of a distillation: made anew, loaded, paired, saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.backbone import Backbone, save_base
from pocketbert.backbone.quiet import quiet
from pocketbert.distillation.embeddings import start_from_embeddings
from pocketbert.distillation.settings import BottleneckShape
from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from pocketbert.backbone.masked_lm import MaskedLanguageModel
    from pocketbert.backbone.stock_head import LanguageModel


def sizes(shape: BottleneckShape, tokenizer: PreTrainedTokenizerBase) -> dict[str, Any]:
    """A shape in the words of transformers' config of MobileBERT."""
    return {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "hidden_size": shape.hidden,
        "intra_bottleneck_size": shape.bottleneck,
        "embedding_size": shape.embedding,
        "intermediate_size": shape.feed_forward,
        "num_feedforward_networks": shape.feed_forward_networks,
        "max_position_embeddings": shape.positions,
        "classifier_activation": False,
    }


def new_student(shape: BottleneckShape, tokenizer: PreTrainedTokenizerBase, seed: int) -> MaskedLanguageModel:
    """A MobileBERT whose weights `seed` alone draws."""
    from transformers import MobileBertConfig, MobileBertModel

    config = MobileBertConfig(**sizes(shape, tokenizer))
    return _drawn(lambda: MobileBertModel(config, add_pooling_layer=False), seed)


def new_teacher(shape: BottleneckShape, tokenizer: PreTrainedTokenizerBase, seed: int) -> MaskedLanguageModel:
    """An IB-BERT whose weights `seed` alone draws (MobileBERT, section 3.2)."""
    from pocketbert.backbone.ib_bert import IBBertConfig, IBBertModel

    config = IBBertConfig(**sizes(shape, tokenizer))
    return _drawn(lambda: IBBertModel(config, add_pooling_layer=False), seed)


def _drawn(make: Callable[[], PreTrainedModel], seed: int) -> MaskedLanguageModel:
    import torch

    from pocketbert.backbone.masked_lm import MaskedLanguageModel

    with quiet(), torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return MaskedLanguageModel(make())


def with_head(backbone: Backbone) -> MaskedLanguageModel:
    """A loaded encoder with the masked-LM head that lies beside it, else with an untrained one."""
    from pocketbert.backbone.masked_lm import head_file, load_masked_lm

    return load_masked_lm(backbone) if head_file(backbone) else _drawn(lambda: backbone.encoder, 0)


def as_teacher(backbone: Backbone) -> LanguageModel:
    """A loaded encoder with the masked-LM head that it came with, ours or a stock one, else with an untrained one."""
    from pocketbert.backbone.masked_lm import head_file
    from pocketbert.backbone.stock_head import load_stock_head

    stock = None if head_file(backbone) else load_stock_head(backbone)
    return stock or with_head(backbone)


def check_head(backbone: Backbone) -> None:
    """Raise ArgumentError when a teacher has no masked-LM head to give soft targets with."""
    from pocketbert.backbone.masked_lm import HEAD_FILE, head_file
    from pocketbert.backbone.stock_head import load_stock_head

    if head_file(backbone) is None and load_stock_head(backbone) is None:
        raise ArgumentError(
            f"the teacher {backbone.name} has no masked-LM head (of ours, in {HEAD_FILE}, or a stock one, in "
            "model.safetensors), so no soft targets to give; set schedule.true_share = 1"
        )


def take_embeddings(student: MaskedLanguageModel, teacher: LanguageModel, frequencies: torch.Tensor) -> None:
    """Start a student from its teacher's embeddings and, where it fits, the teacher's masked-LM head, in place.

    *Shape:* frequencies (vocabulary,)
    """
    start_from_embeddings(student.encoder, teacher.encoder, frequencies)
    ours, theirs = student.head.state_dict(), teacher.head.state_dict()
    if {name: weight.shape for name, weight in ours.items()} == {
        name: weight.shape for name, weight in theirs.items()
    }:
        student.head.load_state_dict(theirs)


def save(model: MaskedLanguageModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """An encoder that `AutoModel` loads, its tokenizer and its masked-LM head.

    Raises PocketBertError when the disk refuses it.
    """
    save_base(model.encoder, tokenizer, folder)
    model.save_head(folder)
