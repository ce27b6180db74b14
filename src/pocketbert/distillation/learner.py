"""A student while it learns: a masked language model, and what is dropped when it has learned.

Import this module inside functions: it loads torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from pocketbert.backbone.masked_lm import MaskedLanguageModel
from pocketbert.distillation.mapping import Mapping
from pocketbert.distillation.reading import Reading, Wanted, read_layers, scores_at
from pocketbert.training.processes import accelerator

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from pocketbert.data.pretraining import PretrainingBatch
    from pocketbert.distillation.objectives import WeightedTerms

QUERIES = ("query", "query_proj", "q_lin", "q", "Wqkv")
"""What transformers' encoders call the layer that makes queries: a module that has one is an attention."""
DROPOUTS = ("dropout", "attention_dropout")
"""What an attention calls the dropout of its probabilities: a layer, or its share."""


class Learner(nn.Module):
    """A masked language model, projections of its states to the teacher's width, a next-sentence head.

    All that a loss needs comes from one `forward`, so that several processes can add up their gradients.
    """

    def __init__(
        self, language_model: MaskedLanguageModel, mapping: Mapping | None, *, next_sentence: bool
    ) -> None:
        super().__init__()
        self.language_model = language_model
        hidden = language_model.encoder.config.hidden_size
        self.projections = nn.ModuleDict()
        if mapping is not None and mapping.projected:
            ours, theirs = mapping.hidden
            self.projections.update(
                {str(layer): nn.Linear(ours, theirs) for layer in range(len(mapping.layers))}
            )
        self.next_sentence = nn.Linear(hidden, 2) if next_sentence else nn.Identity()

    def forward(self, inputs: dict[str, Tensor], places: Tensor, wanted: Wanted) -> Reading:
        """What is wanted of a batch, states at the teacher's width.

        *Shape:* inputs (rows, length) each; places (places,), counted through rows x length
        """
        output, reading = read_layers(self.language_model.encoder, inputs, wanted)
        last = output.last_hidden_state
        return replace(
            reading,
            states=at_width(self.projections, reading.states),
            scores=scores_at(self.language_model, last, places) if wanted.scores else None,
            next_sentence=self._next_sentence(last) if wanted.next_sentence else None,
        )

    def _next_sentence(self, states: Tensor) -> Tensor:
        """Scores of following and not following, from [CLS]'s state, normalised as the masked-LM head does."""
        first = states[:, 0]
        scores: Tensor = self.next_sentence(nn.functional.layer_norm(first, first.shape[-1:]))
        return scores


class TaskLearner(nn.Module):
    """A classifier, and projections of its states to its teacher's width."""

    def __init__(self, classifier: nn.Module, projected: tuple[int, ...], widths: tuple[int, int]) -> None:
        super().__init__()
        self.classifier = classifier
        self.projections = nn.ModuleDict({str(layer): nn.Linear(*widths) for layer in projected})

    def forward(self, inputs: dict[str, Tensor], wanted: Wanted) -> Reading:
        """What is wanted of rows, states at the teacher's width.

        *Shape:* inputs (rows, length) each
        """
        output, reading = read_layers(self.classifier, inputs, wanted)
        return replace(reading, states=at_width(self.projections, reading.states), scores=output.logits)


def at_width(projections: nn.ModuleDict, states: dict[int, Tensor]) -> dict[int, Tensor]:
    """States by layer, projected to the teacher's width where that is another.

    *Shape:* (rows, length, student's hidden) each -> (rows, length, teacher's hidden)
    """
    if not projections:
        return states
    return {layer: projections[str(layer)](own) for layer, own in states.items()}


def make_learner(
    language_model: MaskedLanguageModel, mapping: Mapping | None, next_sentence: bool, seed: int
) -> Learner:
    """A learner whose additions `seed` alone draws."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return Learner(language_model, mapping, next_sentence=next_sentence)


def make_task_learner(
    classifier: nn.Module, projected: tuple[int, ...], widths: tuple[int, int], seed: int
) -> TaskLearner:
    """A classifier that learns from a teacher; `seed` alone draws the projections of the layers given."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return TaskLearner(classifier, projected, widths)


def without_attention_dropout(encoder: nn.Module) -> None:
    """Drop nothing out of attention, in place: transformers shows it after dropout, and it is to be compared."""
    for module in encoder.modules():
        if any(hasattr(module, name) for name in QUERIES):
            for name in DROPOUTS:
                dropout = getattr(module, name, None)
                if isinstance(dropout, nn.Dropout):
                    dropout.p = 0.0
                elif isinstance(dropout, float):
                    setattr(module, name, 0.0)


def show_attention(encoder: nn.Module) -> None:
    """Compute attention in the way that shows its probabilities, in place."""
    cast("PreTrainedModel", encoder).set_attn_implementation("eager")


def train_only_what_is_reached(
    learner: nn.Module, objective: WeightedTerms, sample: PretrainingBatch, share: Callable[[str], float]
) -> None:
    """Freeze, in place, what has no share of the learning rate and what the loss does not reach.

    Several processes add up the gradients of all weights that train, so each of these must have one.
    """
    for name, weight in learner.named_parameters():
        weight.requires_grad_(share(name) > 0)
    device = accelerator().device
    terms = objective.terms(learner.to(device), sample.to(device))
    torch.autograd.backward(tuple(terms.values()))
    for weight in learner.parameters():
        weight.requires_grad_(weight.grad is not None)
        weight.grad = None
