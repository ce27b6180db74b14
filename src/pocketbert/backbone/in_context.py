"""What a masked language model says of words in their sentences: does this one fit there, and which would?

Import this module inside functions: it loads torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from pocketbert.backbone.load import Backbone, load_backbone
from pocketbert.backbone.masked_lm import HEAD_FILE, head_file, load_masked_lm
from pocketbert.backbone.settings import BackboneSettings
from pocketbert.backbone.stock_head import LanguageModel, load_stock_head
from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    from pocketbert.augmentation.context import Replacement

CONTEXT, WORDS = 32, 16
"""Word pieces that the model reads on either side, and of the words themselves, at most."""

ROWS = 64
"""Sentences that go through the model at once, all of one length: padding changes no score."""

LAYER = -2
"""The hidden states that are compared: the last ones serve the head more than they tell meaning."""

ALONE = 0.75
"""Weight of how close two words are anyway, outside any sentence."""

HEAD, MOST = 0.01, 6.0
"""Weight of the masked-LM head's opinion (nats a piece), and the most that counts of it, either way."""

Pieces = tuple[int, ...]


class Stretch(NamedTuple):
    """Some pieces, and the places among them that are asked about."""

    pieces: Pieces
    start: int
    end: int


class WordsInContext:
    """A masked language model as the scorer of a context guard."""

    def __init__(self, backbone: Backbone, model: LanguageModel) -> None:
        self._tokenizer = backbone.tokenizer
        self._model = model.eval()
        self._device = next(model.parameters()).device
        positions = getattr(model.encoder.config, "max_position_embeddings", 512)
        self._context = min(CONTEXT, (positions - WORDS - 2) // 2)

    @classmethod
    def load(cls, name: str) -> WordsInContext:
        """The model that a name leads to: `bundled`, a folder or a model of the hub, with its masked-LM head.

        Raises ArgumentError when there is none, or no head; PocketBertError when a file is damaged.
        """
        backbone = load_backbone(BackboneSettings(name=name))
        model = load_masked_lm(backbone) if head_file(backbone) else load_stock_head(backbone)
        if model is None:
            raise ArgumentError(
                f"{name} has no masked-LM head (of ours, in {HEAD_FILE}, or a stock one); use `bundled`"
            )
        return cls(backbone, model.to("cuda" if torch.cuda.is_available() else "cpu"))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the weights, the vocabulary and the way scores are made of them."""
        told = (CONTEXT, WORDS, LAYER, ALONE, HEAD, MOST, sorted(self._tokenizer.get_vocab().items()))
        digest = blake2b(repr(told).encode(), digest_size=16)
        for name, weight in self._model.state_dict().items():
            digest.update(f"{name} {tuple(weight.shape)}".encode())
            digest.update(weight.detach().cpu().contiguous().numpy())
        return digest.hexdigest()

    def __call__(self, replacements: Sequence[Replacement]) -> list[float]:
        """How well each fits its place.

        Words that replace others: how close they come to those in their sentence beyond how close they are alone
        (cosine of hidden states), and how much likelier the head finds them where both are masked, each with its own
        number of pieces.  Words that are put in: how little their neighbours' states change.
        """
        words = sorted({text for found in replacements for text in found})
        ids = dict(zip(words, self._ids(words), strict=True))
        read = [_Read.of([ids[text] for text in found], self._context) for found in replacements]
        begin, end, mask = (
            self._tokenizer.cls_token_id,
            self._tokenizer.sep_token_id,
            self._tokenizer.mask_token_id,
        )
        means = self._means({stretch for row in read for stretch in row.compared(begin, end)})
        chances = self._chances({masked for row in read for masked in row.masked(begin, end, mask)})
        return [
            row.score(
                [means[stretch] for stretch in row.compared(begin, end)],
                [chances[masked] for masked in row.masked(begin, end, mask)],
            )
            for row in read
        ]

    def likely(self, places: Sequence[Replacement], count: int) -> list[list[str]]:
        """The words of one piece among the `count` likeliest pieces for each place, masked, the likeliest first."""
        begin, end, mask = (
            self._tokenizer.cls_token_id,
            self._tokenizer.sep_token_id,
            self._tokenizer.mask_token_id,
        )
        sides = sorted({text for place in places for text in (place.before, place.after)})
        ids = dict(zip(sides, self._ids(sides), strict=True))
        stretches = []
        for place in places:
            before = ids[place.before][-self._context :]
            pieces = (begin, *before, mask, *ids[place.after][: self._context], end)
            stretches.append(Stretch(pieces, 1 + len(before), 2 + len(before)))
        best: dict[Stretch, list[int]] = {}
        for batch in _batches(stretches):
            for stretch, scores in zip(batch, self._scores(batch), strict=True):
                best[stretch] = scores[0].topk(min(count, scores.shape[-1])).indices.tolist()
        found = {stretch: self._tokenizer.convert_ids_to_tokens(ids) for stretch, ids in best.items()}
        return [[word for word in found[stretch] if word.isalpha()] for stretch in stretches]

    def _ids(self, texts: Sequence[str]) -> list[Pieces]:
        if not texts:
            return []
        return [tuple(ids) for ids in self._tokenizer(list(texts), add_special_tokens=False)["input_ids"]]

    def _means(self, stretches: Iterable[Stretch]) -> dict[Stretch, Tensor]:
        """The mean hidden state of each stretch, every state normalised first.  *Shape:* (hidden,) each"""
        means = {}
        for batch in _batches(stretches):
            inputs = torch.tensor([stretch.pieces for stretch in batch], device=self._device)
            with torch.inference_mode():
                states = self._model.encoder(input_ids=inputs, output_hidden_states=True).hidden_states[LAYER]
                states = torch.nn.functional.layer_norm(states, states.shape[-1:]).float().cpu()
            for stretch, row in zip(batch, states, strict=True):
                means[stretch] = row[stretch.start : stretch.end].mean(0)
        return means

    def _chances(self, asked: Iterable[tuple[Stretch, Pieces]]) -> dict[tuple[Stretch, Pieces], float]:
        """The mean log-probability of pieces at the places of a stretch."""
        wanted: dict[Stretch, list[Pieces]] = {}
        for stretch, pieces in asked:
            wanted.setdefault(stretch, []).append(pieces)
        found = {}
        for batch in _batches(wanted):
            for stretch, scores in zip(batch, self._scores(batch), strict=True):
                for pieces in wanted[stretch]:
                    at = torch.arange(len(pieces)), torch.tensor(pieces)
                    found[stretch, pieces] = float(scores[at].mean())
        return found

    def _scores(self, batch: Sequence[Stretch]) -> list[Tensor]:
        """Log-probabilities at the places of each stretch.  *Shape:* (places, vocabulary) each"""
        inputs = torch.tensor([stretch.pieces for stretch in batch], device=self._device)
        length = inputs.shape[1]
        places = [row * length + at for row, of in enumerate(batch) for at in range(of.start, of.end)]
        with torch.inference_mode():
            states = self._model.encoder(input_ids=inputs).last_hidden_state
            scores = self._model.score(states, torch.tensor(places, device=self._device))
        sizes = [stretch.end - stretch.start for stretch in batch]
        return list(torch.split(scores.log_softmax(-1).cpu(), sizes))


class LikelyWords:
    """The same model as the proposer of masked-LM replacement."""

    def __init__(self, model: WordsInContext, count: int = 300) -> None:
        self._model, self._count = model, count

    @property
    def fingerprint(self) -> str:
        return blake2b(f"likely {self._count} {self._model.fingerprint}".encode(), digest_size=16).hexdigest()

    def __call__(self, places: Sequence[Replacement]) -> list[list[str]]:
        return self._model.likely(places, self._count)


class _Read(NamedTuple):
    """A replacement in pieces."""

    before: Pieces
    old: Pieces
    new: Pieces
    after: Pieces

    @classmethod
    def of(cls, ids: Sequence[Pieces], context: int) -> _Read:
        before, old, new, after = ids
        return cls(before[-context:], old[:WORDS], new[:WORDS], after[:context])

    def compared(self, begin: int, end: int) -> list[Stretch]:
        """Whose states are compared: old and new words in their sentence and alone, or what stands beside new ones."""
        at = 1 + len(self.before)
        old, new = ((begin, *self.before, *words, *self.after, end) for words in (self.old, self.new))
        if self.old:
            alone = [Stretch((begin, *words, end), 1, 1 + len(words)) for words in (self.old, self.new)]
            return [Stretch(old, at, at + len(self.old)), Stretch(new, at, at + len(self.new)), *alone]
        beyond = at + len(self.new)
        return [
            Stretch(old, at - 1, at),
            Stretch(new, at - 1, at),
            Stretch(old, at, at + 1),
            Stretch(new, beyond, beyond + 1),
        ]

    def masked(self, begin: int, end: int, mask: int) -> list[tuple[Stretch, Pieces]]:
        """What the head is asked: old and new words, each masked with its own number of pieces."""
        at = 1 + len(self.before)
        return [
            (
                Stretch((begin, *self.before, *[mask] * len(words), *self.after, end), at, at + len(words)),
                words,
            )
            for words in (self.old, self.new)
            if self.old
        ]

    def score(self, means: Sequence[Tensor], chances: Sequence[float]) -> float:
        """Of the mean states of what `compared` names and the log-probabilities of what `masked` names."""
        first, second = (
            float(torch.nn.functional.cosine_similarity(one, other, dim=0))
            for one, other in (means[:2], means[2:])
        )
        if not self.old:
            return (first + second) / 2
        old, new = chances
        return first - ALONE * second + HEAD * max(-MOST, min(MOST, new - old))


def _batches(stretches: Iterable[Stretch]) -> Iterable[list[Stretch]]:
    """The stretches, in batches of one length."""
    for _, alike in groupby(
        sorted(set(stretches), key=lambda of: (len(of.pieces), of)), lambda of: len(of.pieces)
    ):
        row = list(alike)
        yield from (row[at : at + ROWS] for at in range(0, len(row), ROWS))
