"""Consistency, mix and cut: what an objective asks of a model besides its labels, and what it does to embeddings.

Consistency is R-Drop's bidirectional divergence (Liang et al. 2021, section 2.1) between a text and its view; word
dropout zeroes the embeddings of single tokens, span cutoff those of one stretch of each text (Shen et al. 2020, Cutoff,
section 3.1), and mixup trains between two rows (Guo et al. 2019, wordMixup).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pocketbert.training.objective import Regression, SeveralLabels, Supervised

if TYPE_CHECKING:
    import torch

    from pocketbert.data.batches import Batch
    from pocketbert.training.settings import TrainingSettings

Change = Callable[["torch.Tensor"], "torch.Tensor"]


@dataclass(frozen=True, eq=False)
class Mixing:
    """A task's own objective, on changed embeddings and, where a batch has them, on its clean texts as well.

    `embeddings`: the model's embeddings of tokens.  Randomness is torch's own, which the loop seeds by the update.
    """

    labels: Supervised
    embeddings: torch.nn.Module
    consistency: float = 0.0
    word_dropout: float = 0.0
    span_cutoff: float = 0.0
    mixup: float = 0.0

    def counts(self, batch: Batch) -> dict[str, float]:
        names = ("labels", "consistency") if batch.clean is not None else ("loss",)
        return dict.fromkeys(names, batch.rows)

    def terms(self, model: torch.nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
        if batch.clean is None:
            return {"loss": self._of_views(model, batch)[0]}
        of_views, logits = self._of_views(model, batch)
        clean = model(**batch.clean).logits
        apart = divergence(
            logits,
            clean,
            regression=isinstance(self.labels, Regression),
            several=isinstance(self.labels, SeveralLabels),
        )
        return {
            "labels": (of_views + self.labels(clean, batch.labels)) / 2,
            "consistency": self.consistency * apart,
        }

    def _of_views(self, model: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of the views, summed over rows, and their logits; of mixed rows, against both of their labels."""
        import torch

        real = real_tokens(batch.inputs)
        changes: list[Change] = []
        if self.word_dropout:
            changes.append(lambda states: states * kept_words(real, self.word_dropout))
        if self.span_cutoff:
            changes.append(lambda states: states * kept_spans(real, self.span_cutoff))
        if not self.mixup:
            with changed(self.embeddings, changes):
                logits = model(**batch.inputs).logits
            return self.labels(logits, batch.labels), logits
        share = float(torch.distributions.Beta(self.mixup, self.mixup).sample())
        others = torch.randperm(batch.rows).to(batch.labels.device)
        changes.append(lambda states: share * states + (1 - share) * states[others])
        inputs = dict(batch.inputs)
        if "attention_mask" in inputs:
            inputs["attention_mask"] = inputs["attention_mask"] | inputs["attention_mask"][others]
        with changed(self.embeddings, changes):
            logits = model(**inputs).logits
        own, other = self.labels(logits, batch.labels), self.labels(logits, batch.labels[others])
        return share * own + (1 - share) * other, logits


def mixing_for(labels: Supervised, model: torch.nn.Module, settings: TrainingSettings) -> Mixing | None:
    """What the settings ask for; None where they ask for nothing."""
    if not settings.mixes:
        return None
    embeddings = model.get_input_embeddings()  # type: ignore[operator]  # of transformers' models and peft's
    return Mixing(
        labels,
        embeddings,
        settings.consistency,
        settings.word_dropout,
        settings.span_cutoff,
        settings.mixup,
    )


def divergence(
    one: torch.Tensor, other: torch.Tensor, *, regression: bool, several: bool = False
) -> torch.Tensor:
    """The mean of both Kullback-Leibler divergences, summed over rows; of values, their squared difference.

    `several`: each logit is that of a label of its own, and the mean over labels counts.
    *Shape:* (rows, labels) twice -> ()
    """
    from torch.nn.functional import mse_loss

    one, other = one.float(), other.float()
    if regression:
        return mse_loss(one, other, reduction="sum")
    if several:
        return ((one.sigmoid() - other.sigmoid()) * (one - other)).mean(-1).sum() / 2
    first, second = one.log_softmax(-1), other.log_softmax(-1)
    return ((first.exp() - second.exp()) * (first - second)).sum() / 2


def real_tokens(inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """Tokens of the texts: neither padding nor the first one, which answers.  *Shape:* (rows, length), bool"""
    import torch

    mask = inputs.get("attention_mask")
    real = torch.ones_like(inputs["input_ids"]) if mask is None else mask
    real = real.bool().clone()
    real[:, 0] = False
    return real


def kept_words(real: torch.Tensor, share: float) -> torch.Tensor:
    """1, and 0 for about a share of the real tokens.  *Shape:* (rows, length) -> (rows, length, 1)"""
    import torch

    dropped = torch.rand(real.shape).to(real.device) < share
    return (~(dropped & real)).float()[..., None]


def kept_spans(real: torch.Tensor, share: float) -> torch.Tensor:
    """1, and 0 for one stretch of the real tokens of each row, a share of them.  *Shape:* as `kept_words`"""
    import torch

    counts = real.sum(dim=1, keepdim=True)
    lengths = (share * counts).round()
    starts = 1 + (torch.rand(len(real), 1).to(real.device) * (counts - lengths + 1)).floor()
    places = torch.arange(real.shape[1], device=real.device)
    inside = (places >= starts) & (places < starts + lengths)
    return (~(inside & real)).float()[..., None]


@contextmanager
def changed(embeddings: torch.nn.Module, changes: list[Change]) -> Iterator[None]:
    """Embeddings that go through the changes, one after the other, as long as this lasts."""

    def apply(module: torch.nn.Module, inputs: object, states: torch.Tensor) -> torch.Tensor:
        for change in changes:
            states = change(states)
        return states

    hook = embeddings.register_forward_hook(apply) if changes else None
    try:
        yield
    finally:
        if hook is not None:
            hook.remove()
