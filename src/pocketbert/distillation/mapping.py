"""Which part of the teacher each part of the student learns from, where their sizes differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig, PreTrainedTokenizerBase

PROBE = "The café's naïve Owner paid 3,50 € — twice?! 北京 (un)believable #42"


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder that knowledge transfer meets."""

    layers: int
    heads: int
    hidden: int

    @classmethod
    def of(cls, config: PreTrainedConfig) -> Shape:
        return cls(config.num_hidden_layers, config.num_attention_heads, config.hidden_size)


@dataclass(frozen=True)
class Mapping:
    """Which of the teacher's layers each of the student's learns from, and where heads and widths meet."""

    layers: tuple[int, ...]
    """The teacher's layer for each of the student's hidden states; the first is the embeddings, always 0."""
    heads: int
    """The student's heads, each of which learns the mean of a group of the teacher's."""
    hidden: tuple[int, int]
    """Widths of the student's states and of the teacher's."""

    @property
    def projected(self) -> bool:
        """Whether the student's states must be projected to the teacher's width."""
        return self.hidden[0] != self.hidden[1]


ANSWERS_ALONE = Mapping((), 0, (0, 0))
"""Where nothing within the models is transferred, any two fit."""


def map_layers(
    student: Shape,
    teacher: Shape,
    *,
    attention: bool = True,
    layers: tuple[int, ...] | None = None,
    section: str = "schedule",
) -> Mapping:
    """Pair a student with a teacher; with `layers`, by the teacher's layer named for each of the student's.

    `section`: where a recipe says which, for the words of a refusal.
    Raises ArgumentError, naming the dimension, when they cannot be paired.
    """
    if attention and teacher.heads % student.heads:
        raise ArgumentError(
            f"attention cannot be transferred: the teacher's {teacher.heads} heads cannot be shared evenly by the "
            f"student's {student.heads}; choose a student whose heads divide {teacher.heads}, or "
            f"{section}.attention = 0"
        )
    chosen = spread_layers(student.layers, teacher.layers, section) if layers is None else layers
    if len(chosen) != student.layers:
        raise ArgumentError(
            f"{section}.layers names {len(chosen)} of the teacher's layers for the student's {student.layers}; "
            "name one for each"
        )
    beyond = next((layer for layer in chosen if not 1 <= layer <= teacher.layers), None)
    if beyond is not None:
        raise ArgumentError(
            f"{section}.layers names layer {beyond}; the teacher has layers 1 to {teacher.layers}"
        )
    return Mapping((0, *chosen), student.heads, (student.hidden, teacher.hidden))


def spread_layers(student: int, teacher: int, section: str = "schedule") -> tuple[int, ...]:
    """The teacher's layer for each of the student's, from 1, evenly spread up to the last.

    Raises ArgumentError when the student has more.
    """
    if student > teacher:
        raise ArgumentError(
            f"the student's {student} layers cannot each learn from another of the teacher's {teacher}; choose a "
            f"student of at most {teacher}, or name the teacher's in {section}.layers"
        )
    return tuple(-(-layer * teacher // student) for layer in range(1, student + 1))


def group_heads(attention: torch.Tensor, heads: int) -> torch.Tensor:
    """The mean attention of each group of consecutive heads, as many groups as the student has heads.

    *Shape:* (rows, teacher's heads, queries, keys) -> (rows, heads, queries, keys)
    """
    rows, _, queries, keys = attention.shape
    return attention.reshape(rows, heads, -1, queries, keys).mean(2)


def check_tokenizers(student: PreTrainedTokenizerBase, teacher: PreTrainedTokenizerBase) -> None:
    """Raise ArgumentError unless both give every text the same tokens."""
    ours, theirs = student.get_vocab(), teacher.get_vocab()
    problem = ""
    if len(ours) != len(theirs):
        problem = f"the student's has {len(ours):,} tokens, the teacher's {len(theirs):,}"
    elif ours != theirs:
        token = min(
            (token for token in ours if theirs.get(token) != ours[token]), key=lambda token: ours[token]
        )
        problem = f"the student's token {ours[token]:,} is {token!r}, another one in the teacher's"
    elif student(PROBE)["input_ids"] != teacher(PROBE)["input_ids"]:
        problem = "they cut the same text differently, as by case or accents"
    if problem:
        raise ArgumentError(f"teacher and student have different tokenizers: {problem}; both must read alike")
