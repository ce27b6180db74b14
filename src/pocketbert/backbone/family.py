"""The model family that this package is about, from BERT to the bundled backbone, counted from its configs.

Sizes are those of MobileBERT, tables 1 and 4, and of BERT, section 3; nothing here allocates a weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pocketbert.backbone.accounting import is_norm, parameters
from pocketbert.backbone.folder import CONFIG, read_config
from pocketbert.backbone.load import BUNDLED_FOLDER
from pocketbert.backbone.multiply_adds import multiply_adds
from pocketbert.backbone.quiet import quiet
from pocketbert.backbone.settings import BUNDLED

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig

LENGTH = 128
"""Tokens of the text whose multiply-adds are counted."""


@dataclass(frozen=True)
class Member:
    """A model of the family: transformers' model type, and where its sizes are not that type's defaults."""

    name: str
    kind: str
    sizes: dict[str, Any] = field(default_factory=dict)
    published_millions: float | None = None
    """Parameters as published, in millions."""

    def config(self) -> PreTrainedConfig:
        """Its config; the bundled one's is read from its folder."""
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING

        from pocketbert.backbone.ib_bert import IBBertConfig

        if self.name == BUNDLED:
            return read_config(BUNDLED_FOLDER)
        kind = IBBertConfig if self.kind == IBBertConfig.model_type else CONFIG_MAPPING[self.kind]
        return kind(**self.sizes)


BERT_LARGE = Member(
    "BERT_LARGE",
    "bert",
    {"num_hidden_layers": 24, "hidden_size": 1024, "num_attention_heads": 16, "intermediate_size": 4096},
    334,
)
BERT_BASE = Member("BERT_BASE", "bert", {}, 109)
IB_BERT_LARGE = Member("IB-BERT_LARGE", "ib_bert", {"classifier_activation": False}, 293)
MOBILEBERT = Member("MobileBERT", "mobilebert", {"classifier_activation": False}, 25.3)
MOBILEBERT_TINY = Member(
    "MobileBERT_TINY",
    "mobilebert",
    {
        "classifier_activation": False,
        "num_feedforward_networks": 2,
        "key_query_shared_bottleneck": False,
        "use_bottleneck_attention": True,
    },
)
BUNDLED_BACKBONE = Member(BUNDLED, "mobilebert")
FAMILY = (BERT_LARGE, BERT_BASE, IB_BERT_LARGE, MOBILEBERT, MOBILEBERT_TINY, BUNDLED_BACKBONE)


@dataclass(frozen=True)
class Counted:
    """A model's widths and what it costs, pooler and heads not included."""

    name: str
    layers: int
    heads: int
    embedding: int
    hidden: int
    """Width between blocks."""
    inner: int
    """Width within a block, where attention and feed-forward networks work."""
    feed_forward: int
    """Width inside a feed-forward network."""
    feed_forward_networks: int
    """In each block."""
    norm: str
    activation: str
    parameters: int
    by_part: dict[str, int]
    multiply_adds: int
    """For one text of 128 tokens."""
    fp32_bytes: int
    int8_bytes: int
    """One byte for each weight of a matrix, four for each bias and norm weight."""
    published_millions: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for `--json`."""
        return asdict(self)


def count_family() -> Iterator[Counted]:
    """The family, counted one by one; the bundled one is left out where the installation lacks it."""
    for member in FAMILY:
        if member.name != BUNDLED or (BUNDLED_FOLDER / CONFIG).is_file():
            yield count(member)


def count(member: Member) -> Counted:
    """Build a model of the family on the meta device and count it."""
    config = member.config()
    encoder = on_meta(config)
    counted = parameters(encoder)
    matrices = sum(weight.numel() for weight in encoder.parameters() if weight.dim() > 1)
    return Counted(
        name=member.name,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        embedding=getattr(config, "embedding_size", config.hidden_size),
        hidden=config.hidden_size,
        inner=getattr(config, "true_hidden_size", config.hidden_size),
        feed_forward=config.intermediate_size,
        feed_forward_networks=getattr(config, "num_feedforward_networks", 1),
        norm=next(type(module).__name__ for module in encoder.modules() if is_norm(module)),
        activation={"gelu": "GELU", "relu": "ReLU"}.get(config.hidden_act, config.hidden_act),
        parameters=counted.total,
        by_part=counted.by_part,
        multiply_adds=multiply_adds(encoder, LENGTH),
        fp32_bytes=4 * counted.total,
        int8_bytes=matrices + 4 * (counted.total - matrices),
        published_millions=member.published_millions,
    )


def on_meta(config: PreTrainedConfig) -> torch.nn.Module:
    """An encoder without pooler that allocates nothing."""
    import torch
    from transformers import AutoModel

    with quiet(), torch.device("meta"):
        encoder: torch.nn.Module = AutoModel.from_config(
            config, attn_implementation="eager", add_pooling_layer=False
        )
    return encoder.eval()


def explanation(family: dict[str, Counted]) -> tuple[str, ...]:
    """How the counts stand to the published figures, a sentence or two a line."""
    large, base, ib_bert, mobile = (
        family[member.name] for member in (BERT_LARGE, BERT_BASE, IB_BERT_LARGE, MOBILEBERT)
    )
    pooler = mobile.hidden * (mobile.hidden + 1)
    transformation = pooler + 2 * mobile.hidden  # a dense layer and a LayerNorm
    head = transformation + MOBILEBERT.config().vocab_size  # and a bias for each token
    with_heads = mobile.parameters + pooler + head
    return (
        "Parameters are the encoder's, embeddings included, without pooler and heads. "
        f"{large.name} and {base.name} so counted are the published figures. {ib_bert.name} comes out "
        f"{ib_bert.parameters / 1e6 / (ib_bert.published_millions or 1) - 1:.1%} higher, {mobile.name} "
        f"{1 - mobile.parameters / 1e6 / (mobile.published_millions or 1):.1%} lower; with a pooler "
        f"({pooler / 1e6:.2f} M) and the masked-LM head's own layer and bias ({head / 1e6:.2f} M) it has "
        f"{with_heads / 1e6:.1f} M. The paper does not say what else it counts.",
        f'The published "4.3 times smaller" is {mobile.name} against {base.name}; counted alike it is '
        f"{base.parameters / mobile.parameters:.1f} times. Against {large.name} it is "
        f"{large.parameters / mobile.parameters:.1f} times.",
        f"Multiply-adds: one text of {LENGTH} tokens, attention's own two products included; twice that in "
        f"floating-point operations ({2 * mobile.multiply_adds / 1e9:.2f} G for {mobile.name}).",
        "int8: one byte for each weight of a matrix, four for each bias and norm weight.",
    )
