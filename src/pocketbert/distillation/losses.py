"""What a student loses against its teacher: sums over tokens or places, to be divided by how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def attention_transfer(student: torch.Tensor, teacher: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the student's attention under the teacher's, in nats (MobileBERT, section 3.3).

    Both are probabilities: softmaxes of masked, scaled scores, with nothing on keys that are padding.
    Summed over keys and over the queries kept, mean over heads.

    *Shape:* student, teacher (rows, heads, queries, keys), kept (rows, queries) bool -> ()
    """
    import torch

    student, teacher = student.float(), teacher.float()
    surprise = -student.clamp_min(torch.finfo(torch.float32).tiny).log()
    return _sum_of((teacher * surprise).sum(-1).mean(1), kept)


def feature_map_transfer(student: torch.Tensor, teacher: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Squared error between both states, each normalised without weights, summed over the tokens kept, mean over width.

    MobileBERT, section 3.3.

    *Shape:* student, teacher (rows, length, width), kept (rows, length) bool -> ()
    """
    from torch.nn.functional import layer_norm

    ours, theirs = (layer_norm(states.float(), states.shape[-1:]) for states in (student, teacher))
    return _sum_of((ours - theirs).square().mean(-1), kept)


def mean_transfer(student: torch.Tensor, teacher: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Squared difference of each token's mean over the width, summed over the tokens kept.

    *Shape:* student, teacher (rows, length, width), kept (rows, length) bool -> ()
    """
    return _sum_of((student.float().mean(-1) - teacher.float().mean(-1)).square(), kept)


def variance_transfer(student: torch.Tensor, teacher: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Absolute difference of each token's variance over the width, summed over the tokens kept.

    *Shape:* student, teacher (rows, length, width), kept (rows, length) bool -> ()
    """
    ours, theirs = (states.float().var(-1, correction=0) for states in (student, teacher))
    return _sum_of((ours - theirs).abs(), kept)


def masked_lm_loss(
    student: torch.Tensor, tokens: torch.Tensor, teacher: torch.Tensor | None = None, true_share: float = 0.5
) -> torch.Tensor:
    """Cross-entropy of logits at masked places, summed over the places, in nats (BERT, section 3.1).

    With a teacher's logits the target is `true_share` of the true token and the rest the teacher's softmax:
    pre-training distillation (MobileBERT, section 3.3).

    *Shape:* student, teacher (places, vocabulary), tokens (places,) -> ()
    """
    from torch.nn.functional import cross_entropy

    true = cross_entropy(student.float(), tokens, reduction="sum")
    if teacher is None:
        return true
    soft = cross_entropy(student.float(), teacher.float().softmax(-1), reduction="sum")
    return true_share * true + (1 - true_share) * soft


def softened_logits_loss(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """Divergence of the student's answers from the teacher's, both softened, summed over rows, in nats.

    Multiplied by the temperature squared, so that gradients keep their size (Hinton, Vinyals and Dean 2015,
    "Distilling the knowledge in a neural network", section 2).

    *Shape:* student, teacher (rows, labels) -> ()
    """
    from torch.nn.functional import kl_div

    ours, theirs = ((logits.float() / temperature).log_softmax(-1) for logits in (student, teacher))
    return kl_div(ours, theirs, reduction="sum", log_target=True) * temperature**2


def _sum_of(values: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """Sum over the places kept; what stands at the others, even no number, is left out."""
    return values.where(kept, 0.0).sum()
