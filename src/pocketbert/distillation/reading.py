"""What teacher and student make of the same text: hidden states, attention, answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from pocketbert.distillation.mapping import Mapping, group_heads

if TYPE_CHECKING:
    import torch

    from pocketbert.backbone.stock_head import LanguageModel
    from pocketbert.data.batches import Batch
    from pocketbert.data.pretraining import PretrainingBatch


@dataclass(frozen=True)
class Wanted:
    """What the terms of a loss need to see of a model; layers are the student's, 0 the embeddings."""

    states: tuple[int, ...] = ()
    attention: tuple[int, ...] = ()
    scores: bool = False
    """Answers: of a masked-LM head at the places asked for, of a classifier for each row."""
    next_sentence: bool = False

    def __or__(self, other: Wanted) -> Wanted:
        return Wanted(
            tuple(sorted({*self.states, *other.states})),
            tuple(sorted({*self.attention, *other.attention})),
            self.scores or other.scores,
            self.next_sentence or other.next_sentence,
        )

    def __bool__(self) -> bool:
        return self != NOTHING


NOTHING = Wanted()


@dataclass(frozen=True)
class Reading:
    """What a model made of a batch; states and attention by layer.

    *Shape:* states (rows, length, width), attention (rows, heads, queries, keys), scores (places, vocabulary) or
    (rows, labels), next_sentence (rows, 2)
    """

    states: dict[int, torch.Tensor] = field(default_factory=dict)
    attention: dict[int, torch.Tensor] = field(default_factory=dict)
    scores: torch.Tensor | None = None
    next_sentence: torch.Tensor | None = None


def given(tensor: torch.Tensor | None) -> torch.Tensor:
    """A part of a reading that was wanted."""
    if tensor is None:
        raise TypeError("this part of the reading was not wanted")
    return tensor


Reader = Callable[["torch.nn.Module", Any, Wanted], Reading]
"""What a model makes of a batch."""


def read_layers(
    encoder: torch.nn.Module, inputs: dict[str, torch.Tensor], wanted: Wanted
) -> tuple[Any, Reading]:
    """Run an encoder, or a classifier.  Returns its own output and the states and attention wanted."""
    output = encoder(
        **inputs, output_hidden_states=bool(wanted.states), output_attentions=bool(wanted.attention)
    )
    states = {layer: output.hidden_states[layer] for layer in wanted.states}
    attention = {layer: output.attentions[layer - 1] for layer in wanted.attention}
    return output, Reading(states, attention)


def read_learner(model: torch.nn.Module, batch: PretrainingBatch, wanted: Wanted) -> Reading:
    """What a `Learner` makes of masked windows."""
    reading: Reading = model(batch.inputs, batch.places, wanted)
    return reading


def read_masked(model: torch.nn.Module, batch: PretrainingBatch, wanted: Wanted) -> Reading:
    """What a masked language model makes of the windows as the student reads them."""
    output, reading = read_layers(cast("torch.nn.Module", model.encoder), batch.inputs, wanted)
    if not wanted.scores:
        return reading
    scores = scores_at(cast("LanguageModel", model), output.last_hidden_state, batch.places)
    return replace(reading, scores=scores)


def scores_at(model: LanguageModel, states: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """A masked-LM head's scores at some places.

    Where none is asked for, the head reads one for nothing: fast matrix products take no empty ones, and of
    several processes each must have a gradient for every weight.

    *Shape:* states (rows, length, hidden), places (places,) -> (places, vocabulary)
    """
    read = places if len(places) else places.new_zeros(1)
    return model.score(states, read)[: len(places)]


def read_original(model: torch.nn.Module, batch: PretrainingBatch, wanted: Wanted) -> Reading:
    """What a masked language model makes of the windows as they were before masking."""
    return read_layers(cast("torch.nn.Module", model.encoder), batch.original_inputs, wanted)[1]


def read_classifier(model: torch.nn.Module, batch: Batch, wanted: Wanted) -> Reading:
    """What a classifier makes of the rows of a task."""
    output, reading = read_layers(model, batch.inputs, wanted)
    return replace(reading, scores=output.logits)


def read_task_learner(model: torch.nn.Module, batch: Batch, wanted: Wanted) -> Reading:
    """What a `TaskLearner` makes of the rows of a task."""
    reading: Reading = model(batch.inputs, wanted)
    return reading


@dataclass(frozen=True, eq=False)
class Teacher:
    """A frozen model whose readings come by the student's layers and heads."""

    model: torch.nn.Module
    mapping: Mapping
    read_own: Reader

    def read(self, batch: Any, wanted: Wanted) -> Reading:
        """What is wanted of a batch; layers are the student's."""
        import torch

        layers = self.mapping.layers
        states, attention = (
            tuple(layers[layer] for layer in asked) for asked in (wanted.states, wanted.attention)
        )
        with torch.no_grad():
            own = self.read_own(self.model, batch, replace(wanted, states=states, attention=attention))
        return replace(
            own,
            states={layer: own.states[layers[layer]] for layer in wanted.states},
            attention={
                layer: group_heads(own.attention[layers[layer]], self.mapping.heads)
                for layer in wanted.attention
            },
        )
