"""A MobileBERT without norms: what `fold` makes, and what every format is exported from.

Tokens of all rows lie one below the other, *(rows x length, width)*, so that each projection is one matrix product
and each residual is its addend.  Import it inside functions: it loads torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class Projection(nn.Linear):
    """A linear layer that reads any precision and answers in that of its weights."""

    def forward(self, values: Tensor) -> Tensor:
        return functional.linear(values.to(self.weight.dtype), self.weight, self.bias)


class Joined(nn.Module):
    """Projections of one stream, done as one.  *Shape:* (tokens, width) -> by name (tokens, its width)"""

    def __init__(self, reads: str, projection: Projection, widths: Mapping[str, int]) -> None:
        super().__init__()
        self.reads, self.names, self.widths = reads, list(widths), list(widths.values())
        self.projection = projection

    def forward(self, streams: Mapping[str, Tensor]) -> dict[str, Tensor]:
        joined = self.projection(streams[self.reads])
        return dict(zip(self.names, joined.split(self.widths, dim=-1), strict=True))


class Residual(nn.Module):
    """Adds a projection without bias to a stream, which few models need to be rescaled for.

    *Shape:* values (tokens, in), stream (tokens, out) -> (tokens, out); weight (in, out)
    """

    def __init__(self, weight: Tensor, rescale: Tensor | None) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.rescale = None if rescale is None else nn.Parameter(rescale)

    def forward(self, values: Tensor, stream: Tensor) -> Tensor:
        if self.rescale is not None:
            stream = stream * self.rescale.to(stream.dtype)
        if stream.dtype == self.weight.dtype:
            return torch.addmm(stream, values.to(stream.dtype), self.weight)
        return stream + torch.mm(values.to(self.weight.dtype), self.weight).to(stream.dtype)


class FeedForward(nn.Module):
    """*Shape:* (tokens, width) -> (tokens, width)"""

    def __init__(self, up: Projection, activation: nn.Module, down: Residual) -> None:
        super().__init__()
        self.up, self.activation, self.down = up, activation, down

    def forward(self, stream: Tensor) -> Tensor:
        answer: Tensor = self.down(self.activation(self.up(stream)), stream)
        return answer


class Embeddings(nn.Module):
    """Words widened, with their neighbours where the model reads trigrams, plus position and token type.

    *Shape:* input_ids and token_type_ids (rows, length) -> (rows x length, width)
    """

    def __init__(
        self, words: Tensor, positions: Tensor, token_types: Tensor, widening: Tensor | None, *, trigram: bool
    ) -> None:
        super().__init__()
        self.words, self.positions = nn.Parameter(words), nn.Parameter(positions)
        self.token_types = nn.Parameter(token_types)
        self.widening = None if widening is None else nn.Parameter(widening)
        self.trigram = trigram

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        places = self.positions[: input_ids.shape[1]] + functional.embedding(token_type_ids, self.token_types)
        words = functional.embedding(input_ids, self.words)
        if self.trigram:
            padded = functional.pad(words, (0, 0, 1, 1))
            words = torch.cat((padded[:, 2:], words, padded[:, :-2]), dim=2)
        words, places = words.flatten(0, 1), places.flatten(0, 1)
        if self.widening is None:
            return places + words.to(places.dtype)
        return torch.addmm(places, words.to(places.dtype), self.widening)


class Block(nn.Module):
    """One layer.  *Shape:* stream (rows x length, width), mask (rows, 1, 1, length) -> as the stream

    With `first_only` it answers for the first token of each row alone: (rows, width).
    """

    def __init__(
        self,
        heads: int,
        inputs: Sequence[Joined],
        attended: Residual,
        feed_forwards: Sequence[FeedForward],
        leave: Residual | None,
    ) -> None:
        super().__init__()
        self.heads, self.inputs = heads, nn.ModuleList(inputs)
        self.attended, self.feed_forwards = attended, nn.ModuleList(feed_forwards)
        self.leave = leave

    def forward(self, stream: Tensor, mask: Tensor, *, first_only: bool = False) -> Tensor:
        streams = {"wide": stream, "residual": stream}
        for joined in self.inputs:
            streams.update(joined(streams))
        rows = mask.shape[0]
        if first_only:
            for name in ("wide", "residual", "query"):
                streams[name] = first_tokens(streams[name], rows)
        query, key, value = (self._by_head(streams[name], rows) for name in ("query", "key", "value"))
        scores = torch.matmul(query, key.transpose(2, 3)) + mask.to(query.dtype)
        context = torch.matmul(scores.softmax(dim=-1), value).transpose(1, 2)
        inner: Tensor = self.attended(context.flatten(2).flatten(0, 1), streams["residual"])
        for feed_forward in self.feed_forwards:
            inner = feed_forward(inner)
        return inner if self.leave is None else self.leave(inner, streams["wide"])

    def _by_head(self, values: Tensor, rows: int) -> Tensor:
        """*Shape:* (rows x length, width) -> (rows, heads, length, width of a head)"""
        return values.view(rows, -1, self.heads, values.shape[-1] // self.heads).transpose(1, 2)


def first_tokens(values: Tensor, rows: int) -> Tensor:
    """*Shape:* (rows x length, width) -> (rows, width)"""
    return values.view(rows, -1, values.shape[-1])[:, 0]


class FoldedClassifier(nn.Module):
    """*Shape:* input_ids, attention_mask, token_type_ids (rows, length), integers -> logits (rows, labels), fp32

    With `every_token` it answers for each of them, which is how answer spans are found: (rows, outputs, length).
    """

    def __init__(
        self,
        embeddings: Embeddings,
        blocks: Sequence[Block],
        pooler: nn.Module,
        classifier: Projection,
        *,
        every_token: bool = False,
    ) -> None:
        super().__init__()
        self.embeddings, self.blocks = embeddings, nn.ModuleList(blocks)
        self.pooler, self.classifier, self.every_token = pooler, classifier, every_token

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        stream = self.embeddings(input_ids, token_type_ids)
        # Half the lowest number: far under every score, and adding one to it stays finite in fp16 too.
        lowest = torch.finfo(cast("Block", self.blocks[0]).attended.weight.dtype).min / 2
        mask = (1 - attention_mask[:, None, None, :]).to(stream.dtype) * lowest
        last = len(self.blocks) - 1
        for number, block in enumerate(self.blocks):
            stream = block(stream, mask, first_only=number == last and not self.every_token)
        logits: Tensor = self.classifier(self.pooler(stream)).float()
        if self.every_token:
            return logits.view(*input_ids.shape, -1).transpose(1, 2)
        return logits
