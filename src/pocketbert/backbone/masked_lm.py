"""An encoder with a masked-LM head that shares the embedding: `masked_lm.safetensors` beside the encoder.

The stock head of MobileBERT adds (hidden - embedding) x vocabulary parameters; a projection to the
embedding's width does not.  Import this module inside functions: it loads torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from pocketbert.backbone.load import Backbone, load_backbone, zero_padding
from pocketbert.backbone.settings import BackboneSettings
from pocketbert.errors import ArgumentError, PocketBertError, disk_refusal
from pocketbert.writing import whole

if TYPE_CHECKING:
    from transformers import PreTrainedModel

HEAD_FILE = "masked_lm.safetensors"


class MaskedLMHead(nn.Module):
    """From hidden states to the embedding's width; the embedding itself does the rest."""

    def __init__(self, hidden: int, embedding: int, vocabulary: int) -> None:
        super().__init__()
        self.projection = nn.Linear(hidden, embedding)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        nn.init.normal_(self.projection.weight, std=0.02)
        nn.init.zeros_(self.projection.bias)

    def forward(self, states: Tensor, embeddings: Tensor, pad_token_id: int) -> Tensor:
        """Scores of every token of the vocabulary, in fp32.

        The states are normalised first (a LayerNorm without weights), as MobileBERT's grow without bound.
        [PAD]'s score is its bias alone, so that its embedding stays zero.

        *Shape:* states (places, hidden), embeddings (vocabulary, embedding) -> (places, vocabulary)
        """
        normal = nn.functional.layer_norm(states, states.shape[-1:])
        scores = nn.functional.linear(self.projection(normal), embeddings)
        scores.narrow(-1, pad_token_id, 1).zero_()
        return scores.float() + self.bias


class MaskedLanguageModel(nn.Module):
    """An encoder and a head that says which token stands where it was masked (BERT, section 3.1)."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder
        embeddings = encoder.get_input_embeddings().weight
        self.head = MaskedLMHead(encoder.config.hidden_size, embeddings.shape[1], embeddings.shape[0])
        zero_padding(encoder, encoder.config.pad_token_id)

    def forward(self, inputs: dict[str, Tensor], places: Tensor) -> Tensor:
        """Scores at the places that are asked for, and nowhere else.

        *Shape:* inputs (rows, length) each; places (places,), counted through rows x length -> (places, vocabulary)
        """
        return self.score(self.encoder(**inputs).last_hidden_state, places)

    def score(self, states: Tensor, places: Tensor) -> Tensor:
        """Scores from the encoder's last hidden states.

        *Shape:* states (rows, length, hidden), places (places,) -> (places, vocabulary)
        """
        chosen = states.flatten(0, 1).index_select(0, places)
        embeddings = self.encoder.get_input_embeddings().weight
        scores: Tensor = self.head(chosen, embeddings, self.encoder.config.pad_token_id)
        return scores

    def save_head(self, folder: str | Path) -> None:
        """Write the head in fp16 beside the encoder.  Raises PocketBertError when the disk refuses it."""
        from safetensors import SafetensorError
        from safetensors.torch import save_file

        tensors = {
            name: value.detach().half().contiguous().cpu() for name, value in self.head.state_dict().items()
        }
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            with whole(Path(folder) / HEAD_FILE) as partial:
                save_file(tensors, partial, metadata={"format": "pt"})
        except (OSError, SafetensorError) as error:
            raise PocketBertError(
                f"cannot write the masked-LM head to {folder}: {disk_refusal(error)} and try again"
            ) from None


def load_masked_lm(backbone: Backbone | str | Path) -> MaskedLanguageModel:
    """A backbone, loaded or named (`bundled` or its folder), with the head that lies beside it, in fp32.

    Raises ArgumentError when there is no head, PocketBertError when it is damaged or another encoder's.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not isinstance(backbone, Backbone):
        backbone = load_backbone(BackboneSettings(name=str(backbone)))
    path = head_file(backbone)
    if path is None:
        raise ArgumentError(
            f"the backbone {backbone.name} has no masked-LM head ({HEAD_FILE}); "
            "use `bundled`, or a folder that `pocketbert distill` wrote"
        )
    model = MaskedLanguageModel(backbone.encoder)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise PocketBertError(f"{path} is truncated or damaged ({reason}); fetch it again") from None
    expected = {name: tuple(value.shape) for name, value in model.head.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    if expected != found:
        raise PocketBertError(
            f"{path} does not fit the encoder beside it: it has {_shapes(found)}, not {_shapes(expected)}"
        )
    model.head.load_state_dict(tensors)
    return model.eval()


def head_file(backbone: Backbone) -> Path | None:
    """The file of the head that lies beside a backbone, if there is one."""
    path = backbone.folder / HEAD_FILE if backbone.folder else None
    return path if path and path.is_file() else None


class Guess(NamedTuple):
    """A token for a masked place and its probability."""

    word: str
    probability: float


def fill(
    model: MaskedLanguageModel, backbone: Backbone, texts: Sequence[str], count: int = 5
) -> list[list[list[Guess]]]:
    """For each text, for each [MASK] in it, the `count` likeliest tokens, the likeliest first.

    All texts go through the model at once.  A mask beyond the longest input has no guesses, nor a list.
    """
    if not texts:
        return []
    tokenizer = backbone.tokenizer
    device = model.head.bias.device
    inputs = tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt").to(device)
    masks = inputs["input_ids"] == tokenizer.mask_token_id
    with torch.inference_mode():
        scores = model(dict(inputs), masks.flatten().nonzero().squeeze(1))
        best = scores.softmax(-1).topk(count)
    guesses: list[list[list[Guess]]] = [[] for _ in texts]
    rows = masks.nonzero()[:, 0].tolist()
    for row, ids, shares in zip(rows, best.indices.tolist(), best.values.tolist(), strict=True):
        words = tokenizer.convert_ids_to_tokens(ids)
        guesses[row].append([Guess(*pair) for pair in zip(words, shares, strict=True)])
    return guesses


def _shapes(shapes: dict[str, tuple[int, ...]]) -> str:
    written = (f"{name} {' x '.join(map(str, shape))}" for name, shape in sorted(shapes.items()))
    return ", ".join(written)
