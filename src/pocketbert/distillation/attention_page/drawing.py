"""What is drawn: where each token looks, in each head of each layer, of one or two models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pocketbert.distillation.mapping import Shape, check_tokenizers, group_heads, spread_layers
from pocketbert.errors import ArgumentError
from pocketbert.wording import counted

if TYPE_CHECKING:
    import torch

    from pocketbert.backbone import Backbone

MOST_TOKENS = 32
"""More would make squares too small to read and a page too large to open."""


@dataclass(frozen=True)
class Head:
    """Where each token looks: `shares[reader][looked at]`, each row adding up to 1."""

    shares: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class LayerPair:
    """A layer of the student and, where there is a teacher, the layer it learns from, its heads grouped alike."""

    layer: int
    student: tuple[Head, ...]
    student_mean: Head
    teacher_layer: int | None = None
    teacher: tuple[Head, ...] = ()
    teacher_mean: Head | None = None
    elsewhere: float | None = None
    """Share of the student's attention that goes where the teacher's does not, mean over heads and tokens."""


@dataclass(frozen=True)
class Drawing:
    """One text, its tokens, and the layers of the models that read it."""

    text: str
    tokens: tuple[str, ...]
    student: str
    teacher: str | None
    teacher_heads: int | None
    layers: tuple[LayerPair, ...]


def draw(text: str, student: Backbone, teacher: Backbone | None = None) -> Drawing:
    """Let one model or two read a text, and pair their attention as attention transfer does.

    Raises ArgumentError for a text that is empty or too long, and for models that cannot be paired.
    """
    ours = Shape.of(student.encoder.config)
    theirs = Shape.of(teacher.encoder.config) if teacher else None
    if teacher and theirs:
        check_tokenizers(student.tokenizer, teacher.tokenizer)
        if theirs.layers < ours.layers:
            raise ArgumentError(
                f"the teacher has {counted(theirs.layers, 'layer')} and the student {ours.layers}; swap the two, or "
                "name a deeper teacher"
            )
        if theirs.heads % ours.heads:
            raise ArgumentError(
                f"the teacher's {theirs.heads} heads cannot be shared evenly by the student's {ours.heads}, so their "
                "attention has no pairs; name another teacher or student"
            )
        chosen = spread_layers(ours.layers, theirs.layers)
    tokens = tokens_of(text, student)
    seen = attention_of(text, student)
    taught = attention_of(text, teacher) if teacher else None
    pairs = []
    for index, own in enumerate(seen):
        pair = LayerPair(index + 1, heads_of(own), heads_of(own.mean(0, keepdim=True))[0])
        if taught is not None:
            known = group_heads(taught[chosen[index] - 1][None], ours.heads)[0]
            pair = LayerPair(
                pair.layer, pair.student, pair.student_mean, chosen[index],
                heads_of(known), heads_of(known.mean(0, keepdim=True))[0], elsewhere(own, known),
            )  # fmt: skip
        pairs.append(pair)
    return Drawing(
        text,
        tokens,
        student.name,
        teacher.name if teacher else None,
        theirs.heads if theirs else None,
        tuple(pairs),
    )


def tokens_of(text: str, backbone: Backbone) -> tuple[str, ...]:
    """The tokens that are drawn.  Raises ArgumentError when there are none, or too many."""
    tokenizer = backbone.tokenizer
    ids = tokenizer(text)["input_ids"]
    tokens = tuple(tokenizer.convert_ids_to_tokens(ids))
    if len(tokens) <= tokenizer.num_special_tokens_to_add():
        raise ArgumentError("--attention has no words in it; give it a sentence")
    if len(tokens) > MOST_TOKENS:
        raise ArgumentError(
            f"--attention has {len(tokens)} tokens, and {MOST_TOKENS} are the most that can be drawn; shorten it"
        )
    return tokens


def attention_of(text: str, backbone: Backbone) -> tuple[torch.Tensor, ...]:
    """Attention of each layer.  *Shape:* (heads, queries, keys) each

    Raises ArgumentError for an encoder that does not tell its attention.
    """
    import torch

    encoder = backbone.encoder
    encoder.set_attn_implementation("eager")
    inputs = backbone.tokenizer(text, return_tensors="pt")
    with torch.inference_mode():
        attention = encoder(**inputs, output_attentions=True).attentions
    if not attention or any(layer is None or layer.dim() != 4 for layer in attention):
        raise ArgumentError(f"{backbone.name} does not tell its attention; name another model")
    return tuple(layer[0] for layer in attention)


def heads_of(attention: torch.Tensor) -> tuple[Head, ...]:
    """*Shape:* (heads, queries, keys)"""
    return tuple(Head(tuple(map(tuple, head))) for head in attention.tolist())


def elsewhere(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """Half the summed difference of each row of shares, mean over heads and rows: 0 alike, 1 apart.

    *Shape:* (heads, queries, keys) both
    """
    return float((ours - theirs).abs().sum(-1).mean() / 2)
