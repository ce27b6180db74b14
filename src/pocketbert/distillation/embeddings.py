"""A student that starts from its teacher's embeddings, narrowed where its own are narrower."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


def start_from_embeddings(
    student: PreTrainedModel, teacher: PreTrainedModel, frequencies: torch.Tensor | None = None
) -> None:
    """Give a MobileBERT the embeddings of an encoder of the same vocabulary, in place.

    What its tables are too narrow for is left out by SVD, weighted by how often each token occurs where
    `frequencies` says so.  Where both are equally wide between blocks, positions, token types and the step from
    a token's embedding to that width are the teacher's too.

    *Shape:* frequencies (vocabulary,)
    Raises ArgumentError when the student's embeddings are wider than the teacher's, or the vocabularies differ.
    """
    import torch

    words = teacher.get_input_embeddings().weight.detach().float()
    own = student.get_input_embeddings().weight
    check_embeddings(own.shape, words.shape)
    basis = narrowing_basis(words, own.shape[1], frequencies)
    with torch.no_grad():
        own.copy_(words @ basis)
        widening = widening_of(teacher)
        if widening is not None and student.config.hidden_size == teacher.config.hidden_size:
            _copy_widening(student, widening, basis)
            _copy_places(student, teacher)


def check_embeddings(student: Sequence[int], teacher: Sequence[int]) -> None:
    """Raise ArgumentError, naming the dimension, for embeddings that a student cannot start from.

    *Shape:* student, teacher (vocabulary, embedding), the sizes themselves
    """
    advice = "or student.teacher_embeddings = false"
    if student[0] != teacher[0]:
        raise ArgumentError(
            f"the teacher embeds {teacher[0]:,} tokens, the student {student[0]:,}; choose a teacher that embeds as "
            f"many, {advice}"
        )
    if student[1] > teacher[1]:
        raise ArgumentError(
            f"the student's embeddings are {student[1]} wide, the teacher's {teacher[1]}; choose at most that, {advice}"
        )


def narrowing_basis(words: torch.Tensor, width: int, frequencies: torch.Tensor | None = None) -> torch.Tensor:
    """The directions that keep most of the embeddings: their right singular vectors, the strongest first.

    Where nothing is to be left out, the directions are the embeddings' own.

    *Shape:* words (vocabulary, embedding), frequencies (vocabulary,) -> (embedding, width)
    """
    import torch

    if width == words.shape[1]:
        return torch.eye(width)
    weighted = words.double()
    if frequencies is not None:
        weighted = weighted * (frequencies.double() + 1).sqrt()[:, None]
    ascending: torch.Tensor = torch.linalg.eigh(weighted.T @ weighted).eigenvectors
    return ascending.flip(1)[:, :width].float()


def widening_of(encoder: PreTrainedModel) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None:
    """What takes the next, this and the previous token's embedding to the width between blocks.

    None where an encoder does it in another way than BERT or MobileBERT.

    *Shape:* (hidden, embedding) each
    """
    import torch

    config, embedding = encoder.config, encoder.get_input_embeddings().weight.shape[1]
    transformation = getattr(encoder.embeddings, "embedding_transformation", None)
    nothing = torch.zeros(config.hidden_size, embedding)
    if transformation is None:
        return (nothing, torch.eye(embedding), nothing) if embedding == config.hidden_size else None
    weight = transformation.weight.detach().float()
    if config.trigram_input:
        following, this, previous = weight.split(embedding, dim=1)
        return following, this, previous
    return nothing, weight, nothing


def _copy_widening(
    student: PreTrainedModel, widening: tuple[torch.Tensor, torch.Tensor, torch.Tensor], basis: torch.Tensor
) -> None:
    import torch

    target = student.embeddings.embedding_transformation
    _, this, _ = widening
    taken = widening if student.config.trigram_input else (this,)
    target.weight.copy_(torch.cat([part @ basis for part in taken], dim=1))


def _copy_places(student: PreTrainedModel, teacher: PreTrainedModel) -> None:
    """Positions and token types, as many as both have, and the bias that is added to them."""
    import torch

    ours, theirs = student.embeddings, teacher.embeddings
    for name in ("position_embeddings", "token_type_embeddings"):
        source, target = getattr(theirs, name, None), getattr(ours, name)
        if source is not None and source.padding_idx is None:  # RoBERTa counts from behind its padding token
            rows = min(len(source.weight), len(target.weight))
            target.weight[:rows].copy_(source.weight[:rows])
    transformation = getattr(theirs, "embedding_transformation", None)
    bias = torch.tensor(0.0) if transformation is None else transformation.bias
    ours.embedding_transformation.bias.copy_(bias)
