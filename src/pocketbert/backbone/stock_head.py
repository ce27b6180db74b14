"""The masked-LM heads of transformers' own models: what a teacher that others trained answers with.

Import this module inside functions: it loads torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from transformers.modeling_outputs import BaseModelOutput

from pocketbert.backbone.folder import read_config, read_masked_lm
from pocketbert.backbone.load import Backbone
from pocketbert.backbone.masked_lm import MaskedLanguageModel
from pocketbert.backbone.quiet import quiet

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class StockLanguageModel(nn.Module):
    """An encoder and its stock masked-LM head, to be asked as a `MaskedLanguageModel` is."""

    def __init__(self, encoder: PreTrainedModel, stock: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder
        setattr(stock, stock.base_model_prefix, GivenStates())
        self.head = stock

    def score(self, states: Tensor, places: Tensor) -> Tensor:
        """Scores from the encoder's last hidden states, at the places that are asked for and nowhere else.

        *Shape:* states (rows, length, hidden), places (places,) -> (places, vocabulary)
        """
        chosen = states.flatten(0, 1).index_select(0, places)
        scores: Tensor = self.head(inputs_embeds=chosen[None]).logits[0]
        return scores.float()


class GivenStates(nn.Module):
    """Stands where the encoder of a stock model was, whose head then reads states that are given to it."""

    def forward(self, input_ids: None = None, *, inputs_embeds: Tensor, **others: Any) -> BaseModelOutput:
        return BaseModelOutput(last_hidden_state=inputs_embeds)


LanguageModel = MaskedLanguageModel | StockLanguageModel


def load_stock_head(backbone: Backbone) -> StockLanguageModel | None:
    """A loaded backbone with the stock head in its safetensors; None where there is none.

    Raises PocketBertError when the weights do not fit the config beside them.
    """
    if backbone.folder is None:
        return None
    with quiet():
        stock = read_masked_lm(backbone.folder, read_config(backbone.folder))
    return None if stock is None else StockLanguageModel(backbone.encoder, stock.eval()).eval()
