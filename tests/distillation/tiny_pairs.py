"""Teachers and students of a few thousand weights, and batches for them."""

import torch
from transformers import BertConfig, BertModel, MobileBertModel

from pocketbert.backbone.load import zero_padding
from pocketbert.backbone.masked_lm import MaskedLanguageModel
from pocketbert.data.batches import Batch
from pocketbert.data.pretraining import PretrainingBatch
from pocketbert.distillation.learner import Learner, show_attention, without_attention_dropout
from pocketbert.distillation.mapping import Mapping, Shape, map_layers
from tiny_mobilebert import WORDS, randomised, tiny_config

VOCABULARY = len(WORDS)


def mobilebert(
    layers: int = 2, heads: int = 2, hidden: int = 16, seed: int = 0, dropout: float = 0.0
) -> MaskedLanguageModel:
    """Every weight drawn, so that no term of a loss is nothing by chance."""
    config = tiny_config(
        num_hidden_layers=layers,
        num_attention_heads=heads,
        hidden_size=hidden,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.1,
    )
    return drawn(MaskedLanguageModel(MobileBertModel(config, add_pooling_layer=False)), seed)


def bert(layers: int = 4, heads: int = 4, hidden: int = 24, seed: int = 1) -> MaskedLanguageModel:
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=32, max_position_embeddings=16,
    )  # fmt: skip
    return drawn(MaskedLanguageModel(BertModel(config, add_pooling_layer=False)), seed).eval()


def drawn(model: MaskedLanguageModel, seed: int) -> MaskedLanguageModel:
    randomised(model, seed).train()
    zero_padding(model.encoder, 0)
    without_attention_dropout(model.encoder)
    show_attention(model.encoder)
    return model


def pairing(student: MaskedLanguageModel, teacher: MaskedLanguageModel, **options) -> Mapping:
    return map_layers(Shape.of(student.encoder.config), Shape.of(teacher.encoder.config), **options)


def learner(
    student: MaskedLanguageModel, mapping: Mapping | None = None, *, next_sentence: bool = False
) -> Learner:
    torch.manual_seed(0)
    return Learner(student, mapping, next_sentence=next_sentence)


def windows(rows: int = 4, length: int = 9, seed: int = 0) -> PretrainingBatch:
    """Windows in which every third token is asked for, masked by token 4."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, VOCABULARY, (rows, length), generator=generator)
    asked = torch.zeros(rows, length, dtype=torch.bool)
    asked[:, 1::3] = True
    follows = torch.randint(0, 2, (rows,), generator=generator)
    return PretrainingBatch.of({"input_ids": torch.where(asked, 4, ids)}, ids, asked, follows)


def labelled(rows: int = 4, length: int = 9, seed: int = 0, *, values: bool = False) -> Batch:
    """Rows of a task, the second half padded after five tokens."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, VOCABULARY, (rows, length), generator=generator)
    real = torch.ones(rows, length, dtype=torch.long)
    real[rows // 2 :, 5:] = 0
    labels = torch.randn(rows, generator=generator) if values else torch.arange(rows) % 2
    return Batch({"input_ids": ids * real, "attention_mask": real}, labels, int(real.sum()))
