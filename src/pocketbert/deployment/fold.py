"""An exact rewrite of a fine-tuned MobileBERT without its norms (NoNorm: weight * x + bias, MobileBERT section 3.3).

Every scale and shift moves into a neighbouring linear layer.  Shifts travel along the residual streams to whatever
reads them, so projections into a stream lose their biases; the key's bias cancels in the softmax, the value's goes
through it, the attention's scale goes into the query.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from pocketbert.deployment.calibration import Inputs, random_inputs, value_ranges
from pocketbert.deployment.graph import (
    Block,
    Embeddings,
    FeedForward,
    FoldedClassifier,
    Joined,
    Projection,
    Residual,
)
from pocketbert.deployment.scaling import Stream, choose_scales
from pocketbert.errors import PocketBertError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SPANS = "qa_outputs"
"""What transformers calls the head for answer spans."""
ROUNDING = 1e-9
"""What scales may differ by in float64 and still be one."""


def fold(
    model: PreTrainedModel, calibration: Inputs | None = None, temperature: float = 1.0
) -> FoldedClassifier:
    """The same function without norms, in fp32; scales are chosen on calibration rows, else on random ones.

    Logits come divided by the temperature, so that whoever takes their softmax has probabilities at it.
    Raises PocketBertError when the model is no MobileBERT with NoNorm and a head for texts or for answer spans.
    """
    _refuse_others(model)
    exact = copy.deepcopy(model).to("cpu", torch.float64).eval()
    with torch.no_grad():
        for parameter in _head_of(exact).parameters():
            parameter.div_(temperature)
    return _Folding(exact, calibration or random_inputs(exact.config)).classifier().float().eval()


def _head_of(model: Any) -> nn.Linear:
    """The layer that answers: for the first token of a text, or where answers are spans for every token."""
    head: nn.Linear = getattr(model, SPANS, None) or model.classifier
    return head


def _refuse_others(model: PreTrainedModel) -> None:
    config = model.config
    if config.model_type != "mobilebert":
        raise PocketBertError(
            f"only MobileBERT can be exported, not a '{config.model_type}' model; train one with "
            "`--backbone google/mobilebert-uncased` or `--backbone bundled`"
        )
    if not (hasattr(model, SPANS) or hasattr(model, "classifier")):
        raise PocketBertError("only models that answer can be exported, and this one has no head that does")
    if config.normalization_type != "no_norm":
        raise PocketBertError(
            f"this MobileBERT normalises by {config.normalization_type}, which depends on the text and cannot be "
            "folded into weights; export one whose config.json says normalization_type no_norm"
        )


@dataclass(frozen=True)
class _Affine:
    """A linear layer in the model's own values, a norm after it included.  *Shape:* (out, in) and (out,)"""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, dense: Any, norm: Any = None) -> _Affine:
        if norm is None:
            return cls(dense.weight, dense.bias)
        return cls(norm.weight[:, None] * dense.weight, norm.weight * dense.bias + norm.bias)

    def constant(self, reads: Stream) -> Tensor:
        """What it answers where the stream is at its shift."""
        return self.bias + self.weight @ reads.shift


@dataclass(frozen=True)
class _Write:
    """A linear layer from one stream into another that begins with it."""

    affine: _Affine
    reads: Stream
    into: Stream

    def stored(self) -> tuple[Tensor, Tensor]:
        """Weight and bias between what is stored."""
        weight = self.affine.weight * self.reads.scale / self.into.scale[:, None]
        return weight, (self.affine.constant(self.reads) - self.into.shift) / self.into.scale


@dataclass(frozen=True)
class _Add:
    """A linear layer whose answer is added to a stream, and the norm after it."""

    affine: _Affine
    reads: Stream
    before: Stream
    after: Stream

    def module(self) -> Residual:
        gain = self.after.gain
        assert gain is not None
        weight = (gain / self.after.scale)[:, None] * self.affine.weight * self.reads.scale
        rescale = gain * self.before.scale / self.after.scale
        kept = (rescale - 1).abs() < ROUNDING
        return Residual(weight.T.contiguous(), None if bool(kept.all()) else rescale.where(~kept, 1.0))


class _Folding:
    """One model being folded: first its streams with their shifts, then their scales, then the modules."""

    def __init__(self, model: PreTrainedModel, calibration: Inputs) -> None:
        self.model, self.config = model, model.config
        self.encoder = model.mobilebert
        self.ranges = value_ranges(model, calibration)
        self.relu = self.config.hidden_act == "relu"
        self.head, self.spans = _head_of(model), hasattr(model, SPANS)
        self.pools = self.config.classifier_activation and not self.spans

    @torch.no_grad()
    def classifier(self) -> FoldedClassifier:
        wide = self.begin(self.encoder.embeddings.LayerNorm)
        chain, blocks = [wide], []
        for layer in self.encoder.encoder.layer:
            blocks.append(_Layer(self, layer, chain))
        chain[-1].readers.append((self.encoder.pooler.dense if self.pools else self.head).weight)
        choose_scales(chain)
        return FoldedClassifier(
            self._embeddings(wide),
            [block.module() for block in blocks],
            *self._head(chain[-1]),
            every_token=self.spans,
        )

    def begin(self, norm: Any) -> Stream:
        """A stream that begins behind a norm: its shift is the middle of its values."""
        given = self.ranges[norm]
        return Stream(norm.weight * given.middle + norm.bias, norm.weight.abs() * given.reach(given.middle))

    def _embeddings(self, wide: Stream) -> Embeddings:
        own = self.encoder.embeddings
        gain = own.LayerNorm.weight / wide.scale
        widens = own.trigram_input or own.embedding_size != own.hidden_size
        bias = own.embedding_transformation.bias if widens else torch.zeros_like(gain)
        shift = gain * bias + (own.LayerNorm.bias - wide.shift) / wide.scale
        return Embeddings(
            own.word_embeddings.weight if widens else own.word_embeddings.weight * gain,
            own.position_embeddings.weight * gain + shift,
            own.token_type_embeddings.weight * gain,
            own.embedding_transformation.weight.T * gain if widens else None,
            trigram=own.trigram_input,
        )

    def _head(self, wide: Stream) -> tuple[nn.Module, Projection]:
        classifier = _Affine.of(self.head)
        if not self.pools:
            return nn.Identity(), _projection(classifier.weight * wide.scale, classifier.constant(wide))
        pooler = _Affine.of(self.encoder.pooler.dense)
        dense = _projection(pooler.weight * wide.scale, pooler.constant(wide))
        return nn.Sequential(dense, nn.Tanh()), _projection(classifier.weight, classifier.bias)


class _Layer:
    """One layer being folded; it goes on with the chain of the stream between layers."""

    def __init__(self, folding: _Folding, layer: Any, chain: list[Stream]) -> None:
        self.folding, self.layer = folding, layer
        wide, self.inputs = chain[-1], list[tuple[str, Stream, dict[str, _Write]]]()
        streams = {"wide": wide, "residual": wide}
        for reads, writes in self._entries().items():
            made = {name: self._write(name, *pair, streams[reads]) for name, pair in writes.items()}
            streams.update({name: write.into for name, write in made.items()})
            self.inputs.append((reads, streams[reads], made))
        self._scale_query_and_key(streams["query"], streams["key"])
        inner = chain if streams["residual"] is wide else [streams["residual"]]
        attention = layer.attention.output
        self.attended = self._add(attention.dense, attention.LayerNorm, streams["value"], inner)
        for name in {"value", "shared"} & set(streams):
            choose_scales([streams[name]])
        self.feed_forwards = [
            self._feed_forward(up.dense, down, inner)
            for up, down in [
                *((one.intermediate, one.output) for one in getattr(layer, "ffn", ())),
                (layer.intermediate, layer.output),
            ]
        ]
        self.leave = None
        if inner is not chain:
            bottleneck = layer.output.bottleneck
            self.leave = self._add(bottleneck.dense, bottleneck.LayerNorm, inner[-1], chain)
            choose_scales(inner)

    def _entries(self) -> dict[str, dict[str, tuple[Any, Any]]]:
        """Linear layers, each with its norm, by the stream that they read."""
        own, config = self.layer.attention.self, self.folding.config
        query_key = {"query": (own.query, None), "key": (own.key, None)}
        value = {"value": (own.value, None)}
        if not config.use_bottleneck:
            return {"wide": {**query_key, **value}}
        bottleneck = self.layer.bottleneck
        residual = {"residual": (bottleneck.input.dense, bottleneck.input.LayerNorm)}
        if config.use_bottleneck_attention:
            return {"wide": residual, "residual": {**query_key, **value}}
        if config.key_query_shared_bottleneck:
            shared = {"shared": (bottleneck.attention.dense, bottleneck.attention.LayerNorm)}
            return {"wide": {**residual, **shared, **value}, "shared": query_key}
        return {"wide": {**residual, **query_key, **value}}

    def _write(self, name: str, dense: Any, norm: Any, reads: Stream) -> _Write:
        affine = _Affine.of(dense, norm)
        reads.readers.append(affine.weight)
        if norm is not None:
            return _Write(affine, reads, self.folding.begin(norm))
        constant = affine.constant(reads)  # key and value are stored without it
        shift = torch.zeros_like(constant) if name == "query" else constant
        return _Write(affine, reads, Stream(shift, self.folding.ranges[dense].reach(shift)))

    def _scale_query_and_key(self, query: Stream, key: Stream) -> None:
        """Both are stored equally large, and their product is the score, attention's scale included."""
        scaling = self.layer.attention.self.scaling
        ratio = query.reach / (key.reach * scaling)
        query.scale = torch.where(torch.isfinite(ratio) & (ratio > 0), ratio, 1 / scaling).sqrt()
        key.scale = 1 / (scaling * query.scale)

    def _feed_forward(self, up: Any, down: Any, inner: list[Stream]) -> tuple[_Write, _Add]:
        zero = torch.zeros_like(up.bias)
        hidden = Stream(zero, self.folding.ranges[up].reach(zero))
        inner[-1].readers.append(up.weight)
        write = _Write(_Affine.of(up), inner[-1], hidden)
        add = self._add(down.dense, down.LayerNorm, hidden, inner)
        if self.folding.relu:  # relu(x) = c relu(x / c)
            choose_scales([hidden])
        else:
            hidden.scale = torch.ones_like(zero)
        return write, add

    def _add(self, dense: Any, norm: Any, reads: Stream, chain: list[Stream]) -> _Add:
        affine, before = _Affine.of(dense), chain[-1]
        reads.readers.append(affine.weight)
        centre = before.shift + affine.constant(reads)
        reach = norm.weight.abs() * self.folding.ranges[norm].reach(centre)
        after = Stream(norm.weight * centre + norm.bias, reach, norm.weight)
        chain.append(after)
        return _Add(affine, reads, before, after)

    def module(self) -> Block:
        act = self.layer.intermediate.intermediate_act_fn
        feed_forwards = [
            FeedForward(_projection(*up.stored()), copy.deepcopy(act), down.module())
            for up, down in self.feed_forwards
        ]
        inputs = [_joined(reads, writes) for reads, _, writes in self.inputs]
        heads = self.folding.config.num_attention_heads
        leave = self.leave.module() if self.leave else None
        return Block(heads, inputs, self.attended.module(), feed_forwards, leave)


def _joined(reads: str, writes: Mapping[str, _Write]) -> Joined:
    weights, biases = zip(*(write.stored() for write in writes.values()), strict=True)
    widths = {name: len(weight) for name, weight in zip(writes, weights, strict=True)}
    return Joined(reads, _projection(torch.cat(weights), torch.cat(biases)), widths)


def _projection(weight: Tensor, bias: Tensor) -> Projection:
    projection = Projection(weight.shape[1], weight.shape[0], device="meta")
    projection.weight, projection.bias = nn.Parameter(weight), nn.Parameter(bias)
    return projection
