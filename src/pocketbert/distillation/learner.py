"""A student while it learns: a masked language model, and what is dropped when it has learned.

Import this module inside functions: it loads torch.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from pocketbert.backbone.masked_lm import MaskedLanguageModel
from pocketbert.distillation.mapping import Mapping
from pocketbert.distillation.reading import Reading, Wanted, read_layers


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
            states={layer: self._projected(layer, states) for layer, states in reading.states.items()},
            scores=self.language_model.score(last, places) if wanted.scores else None,
            next_sentence=self._next_sentence(last) if wanted.next_sentence else None,
        )

    def _projected(self, layer: int, states: Tensor) -> Tensor:
        return self.projections[str(layer)](states) if self.projections else states

    def _next_sentence(self, states: Tensor) -> Tensor:
        """Scores of following and not following, from [CLS]'s state, normalised as the masked-LM head does."""
        first = states[:, 0]
        scores: Tensor = self.next_sentence(nn.functional.layer_norm(first, first.shape[-1:]))
        return scores


def without_attention_dropout(encoder: nn.Module) -> None:
    """Let attention come out as probabilities, in place: computed in plain view, nothing dropped out of it.

    The student learns the teacher's attention, and transformers shows it after dropout.
    """
    encoder.set_attn_implementation("eager")  # type: ignore[operator]
    for module in encoder.modules():
        dropout = getattr(module, "dropout", None)
        if hasattr(module, "query") and isinstance(dropout, nn.Dropout):
            dropout.p = 0.0


def train_only_what_is_reached(model: nn.Module, loss: Tensor) -> None:
    """Freeze the weights that a loss does not reach, such as a head it does not use."""
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    for weight in model.parameters():
        weight.requires_grad_(weight.grad is not None)
        weight.grad = None
