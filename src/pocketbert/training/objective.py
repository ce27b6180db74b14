"""What training minimises: the protocol, and cross-entropy for a label, binary cross-entropy for several, squared error
for numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

if TYPE_CHECKING:
    import torch

    from pocketbert.data.batches import Batch as LabelledBatch


class Batch(Protocol):
    """Rows that go through the model at once."""

    @property
    def inputs(self) -> dict[str, torch.Tensor]:
        """What the model reads.  *Shape:* (rows, length) each"""

    @property
    def rows(self) -> int: ...
    @property
    def tokens(self) -> int:
        """Tokens that are not padding."""

    def to(self, device: torch.device) -> Self: ...
    def select(self, rows: slice) -> Self:
        """Some of its rows, as they are."""


class Objective(Protocol):
    """A loss of one or several terms, each a sum over what it counts: rows, tokens, masked places.

    It reads the kind of batch that the stage's data makes.

    The loop divides a term's sum by its count over all batches and processes of an update, so that splitting an
    update never changes what it does.
    """

    def counts(self, batch: Any) -> dict[str, float]:
        """What each term is divided by, for this batch."""

    def terms(self, model: torch.nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """The sum of each term, its weight in the loss included.  *Shape:* () each"""


class Supervised(ABC):
    """An objective over the labels of rows."""

    def counts(self, batch: LabelledBatch) -> dict[str, float]:
        return {"loss": batch.rows}

    def terms(self, model: torch.nn.Module, batch: LabelledBatch) -> dict[str, torch.Tensor]:
        return {"loss": self(model(**batch.inputs).logits, batch.labels)}

    @abstractmethod
    def __call__(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Loss summed over rows."""


@dataclass(frozen=True)
class Classification(Supervised):
    """Cross-entropy, optionally weighted by class."""

    class_weights: tuple[float, ...] | None = None

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Loss summed over rows.

        *Shape:* logits (rows, labels), labels (rows,) -> ()
        """
        from torch.nn.functional import cross_entropy

        weight = None if self.class_weights is None else logits.new_tensor(self.class_weights)
        return cross_entropy(logits.float(), labels, weight=weight, reduction="sum")


@dataclass(frozen=True)
class SeveralLabels(Supervised):
    """Binary cross-entropy of each label, the mean over labels; optionally with rows that have one weighted."""

    positive_weights: tuple[float, ...] | None = None

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Loss summed over rows.

        *Shape:* logits (rows, labels), labels (rows, labels) of 0 and 1 -> ()
        """
        from torch.nn.functional import binary_cross_entropy_with_logits

        weight = None if self.positive_weights is None else logits.new_tensor(self.positive_weights).float()
        loss = binary_cross_entropy_with_logits(
            logits.float(), labels.float(), pos_weight=weight, reduction="sum"
        )
        return loss / logits.shape[-1]


@dataclass(frozen=True)
class Regression(Supervised):
    """Squared error of standardised labels, so that any unit trains at the same learning rate.

    The model answers in standard units until `to_label_units` folds mean and scale into its head.
    """

    mean: float
    scale: float

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Loss summed over rows.

        *Shape:* logits (rows, 1), labels (rows,) -> ()
        """
        from torch.nn.functional import mse_loss

        target = (labels.float() - self.mean) / self.scale
        return mse_loss(logits.float().squeeze(-1), target, reduction="sum")


def balanced_class_weights(labels: np.ndarray, count: int) -> tuple[float, ...]:
    """Inverse share of each label, scaled so that the mean weight of a row is 1.

    *Shape:* labels (rows,) -> (count,)
    """
    rows_of_label = np.maximum(np.bincount(labels, minlength=count), 1)
    return tuple((len(labels) / (count * rows_of_label)).tolist())


MOST_WEIGHT = 100.0
"""Of the rows of a rare label: beyond it they would drown all others."""


def balanced_positive_weights(labels: np.ndarray) -> tuple[float, ...]:
    """Rows without a label for each row with it, at most MOST_WEIGHT; 1 for a label that no row has.

    *Shape:* labels (rows, labels) of 0 and 1 -> (labels,)
    """
    having = labels.sum(axis=0, dtype=np.float64)
    weights = np.where(having > 0, (len(labels) - having) / np.maximum(having, 1), 1.0)
    return tuple(np.clip(weights, 1 / MOST_WEIGHT, MOST_WEIGHT).tolist())


def objective_for(
    labels: np.ndarray, *, regression: bool, label_count: int, class_weights: str
) -> Supervised:
    """The objective of a task, fitted to its training labels.

    *Shape:* labels (rows,), of several labels a row (rows, labels) of 0 and 1
    """
    if labels.ndim > 1:
        balanced = class_weights == "balanced"
        return SeveralLabels(balanced_positive_weights(labels) if balanced else None)
    if regression:
        return Regression(float(labels.mean()), float(labels.std()) or 1.0)
    if class_weights == "balanced":
        return Classification(balanced_class_weights(labels, label_count))
    return Classification()


def to_label_units(model: torch.nn.Module, objective: Supervised) -> None:
    """Fold the mean and scale of a regression into the head's last linear layer, in place and exactly."""
    import torch

    if not isinstance(objective, Regression):
        return
    head = regression_head(model)
    with torch.no_grad():
        head.weight.mul_(objective.scale)
        head.bias.mul_(objective.scale).add_(objective.mean)


def regression_head(model: torch.nn.Module) -> torch.nn.Linear:
    """The layer that a regression's answer comes from: the one trained to a single output that is no adapter's."""
    import torch

    (head,) = [
        module
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
        and module.out_features == 1
        and module.weight.requires_grad
        and "lora_" not in name
    ]
    return head
