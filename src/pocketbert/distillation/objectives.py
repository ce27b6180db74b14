"""What distillation minimises: weighted terms over one reading of the student and one of its teacher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pocketbert.distillation import losses
from pocketbert.distillation.reading import NOTHING, Reader, Reading, Teacher, Wanted, given

if TYPE_CHECKING:
    import torch

    from pocketbert.data.batches import Batch
    from pocketbert.data.pretraining import PretrainingBatch
    from pocketbert.training.objective import Supervised

LayerLoss = Callable[["torch.Tensor", "torch.Tensor", "torch.Tensor"], "torch.Tensor"]


class Term(Protocol):
    """One term of a loss: a sum over what it counts."""

    @property
    def of_student(self) -> Wanted: ...
    @property
    def of_teacher(self) -> Wanted: ...
    def count(self, batch: Any) -> float: ...
    def total(self, student: Reading, teacher: Reading, batch: Any) -> torch.Tensor: ...


@dataclass(frozen=True)
class MaskedLM:
    """The tokens at masked places; with less than all of the truth in the target, the rest is the teacher's answer."""

    true_share: float = 1.0

    @property
    def of_student(self) -> Wanted:
        return Wanted(scores=True)

    @property
    def of_teacher(self) -> Wanted:
        return Wanted(scores=self.true_share < 1)

    def count(self, batch: PretrainingBatch) -> float:
        return len(batch.places)

    def total(self, student: Reading, teacher: Reading, batch: PretrainingBatch) -> torch.Tensor:
        return losses.masked_lm_loss(given(student.scores), batch.asked_ids, teacher.scores, self.true_share)


@dataclass(frozen=True)
class NextSentence:
    """Whether the second part of a window follows the first (BERT, section 3.1)."""

    of_student = Wanted(next_sentence=True)
    of_teacher = NOTHING

    def count(self, batch: PretrainingBatch) -> float:
        return batch.rows

    def total(self, student: Reading, teacher: Reading, batch: PretrainingBatch) -> torch.Tensor:
        from torch.nn.functional import cross_entropy

        return cross_entropy(
            given(student.next_sentence).float(), given(batch.next_sentence), reduction="sum"
        )


@dataclass(frozen=True)
class LayerTransfer:
    """A loss between the student's and the teacher's states, or attention, of some layers, added up over the layers."""

    loss: LayerLoss
    layers: tuple[int, ...]
    compared: Literal["states", "attention"] = "states"
    asked_too: bool = True
    """Whether tokens count that the student is asked for; not where the teacher sees what they are."""

    @property
    def of_student(self) -> Wanted:
        return Wanted(states=self.layers) if self.compared == "states" else Wanted(attention=self.layers)

    @property
    def of_teacher(self) -> Wanted:
        return self.of_student

    def count(self, batch: PretrainingBatch | Batch) -> float:
        return float(kept_tokens(batch, self.asked_too).sum())

    def total(self, student: Reading, teacher: Reading, batch: PretrainingBatch | Batch) -> torch.Tensor:
        kept = kept_tokens(batch, self.asked_too)
        ours, theirs = getattr(student, self.compared), getattr(teacher, self.compared)
        return added(self.loss(ours[layer], theirs[layer], kept) for layer in self.layers)


@dataclass(frozen=True, eq=False)
class Labels:
    """The task's own objective, on the labels."""

    objective: Supervised
    of_student = Wanted(scores=True)
    of_teacher = NOTHING

    def count(self, batch: Batch) -> float:
        return batch.rows

    def total(self, student: Reading, teacher: Reading, batch: Batch) -> torch.Tensor:
        return self.objective(given(student.scores), batch.labels)


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of a fine-tuned teacher: softened probabilities of labels, or the values of a regression."""

    objective: Supervised
    temperature: float = 1.0
    of_student = Wanted(scores=True)
    of_teacher = Wanted(scores=True)

    def count(self, batch: Batch) -> float:
        return batch.rows

    def total(self, student: Reading, teacher: Reading, batch: Batch) -> torch.Tensor:
        from pocketbert.training.objective import Regression

        ours, theirs = given(student.scores), given(teacher.scores)
        if isinstance(self.objective, Regression):
            return self.objective(ours, theirs.squeeze(-1))
        return losses.softened_logits_loss(ours, theirs, self.temperature)


@dataclass(frozen=True, eq=False)
class WeightedTerms:
    """An objective of the training loop: terms with their weights, by name, over one reading of each model."""

    weighted: dict[str, tuple[float, Term]]
    read_student: Reader
    teacher: Teacher | None = None

    @property
    def of_student(self) -> Wanted:
        return reduce(or_, (term.of_student for _, term in self.weighted.values()), NOTHING)

    @property
    def of_teacher(self) -> Wanted:
        return reduce(or_, (term.of_teacher for _, term in self.weighted.values()), NOTHING)

    def counts(self, batch: Any) -> dict[str, float]:
        """Places, tokens or rows that each term adds up over."""
        return {name: term.count(batch) for name, (_, term) in self.weighted.items()}

    def terms(self, model: torch.nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Each term's sum, weighted.  *Shape:* () each"""
        student, wanted = self.read_student(model, batch, self.of_student), self.of_teacher
        teacher = self.teacher.read(batch, wanted) if self.teacher is not None and wanted else Reading()
        return {
            name: weight * term.total(student, teacher, batch)
            for name, (weight, term) in self.weighted.items()
        }


def kept_tokens(batch: PretrainingBatch | Batch, asked_too: bool) -> torch.Tensor:
    """Tokens that transfer counts: not padding and, if so wished, not asked for.  *Shape:* (rows, length), bool"""
    import torch

    ids, real = batch.inputs["input_ids"], batch.inputs.get("attention_mask")
    kept = torch.ones_like(ids, dtype=torch.bool) if real is None else real.bool()
    asked: torch.Tensor | None = getattr(batch, "asked", None)
    return kept if asked_too or asked is None else kept & ~asked


def added(values: Any) -> torch.Tensor:
    """The sum of some losses."""
    import torch

    total: torch.Tensor = torch.stack(list(values)).sum()
    return total
