"""What is tried for a precision: first all of it, then safer mixtures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

import torch

from pocketbert.deployment.calibration import Inputs
from pocketbert.deployment.graph import FoldedClassifier
from pocketbert.deployment.onnx import in_half, to_onnx
from pocketbert.deployment.quantise import HEAD, Quantisation, by_sensitivity, to_int8

if TYPE_CHECKING:
    import onnx

    from pocketbert.deployment.gate import Precision

SHARES_KEPT = (0.0, 0.1, 0.25, 0.5)
"""Shares of the linear layers, the most sensitive first, that stay in fp32 in one attempt after another."""


@dataclass(frozen=True)
class Attempt:
    """A way to make the file."""

    name: str
    build: Callable[[], Any]


@dataclass
class Attempts:
    """The attempts at a precision; what several of them need is made once."""

    folded: FoldedClassifier
    calibration: Sequence[Inputs]
    quantisation: Quantisation = "dynamic"

    def at(self, precision: Precision) -> list[Attempt]:
        """Attempts at a precision, the smallest and fastest file first."""
        if precision == "fp32":
            return [Attempt("fp32", lambda: self._exact)]
        if precision == "fp16":
            return [
                Attempt("fp16", lambda: to_onnx(in_half(self.folded, streams=True), {})),
                Attempt(
                    "fp16, residual streams in fp32", lambda: to_onnx(in_half(self.folded, streams=False), {})
                ),
            ]
        return [
            Attempt(mixed_name(f"{self.quantisation} int8", share), partial(self._int8, share))
            for share in SHARES_KEPT
        ]

    def _int8(self, share: float) -> Any:
        keep = self._sensitive[: round(share * len(self._sensitive))] if share else []
        return to_int8(self._exact, self.quantisation, self.calibration, keep)

    @cached_property
    def _exact(self) -> onnx.ModelProto:
        return to_onnx(self.folded, {})

    @cached_property
    def _sensitive(self) -> list[str]:
        return by_sensitivity(self.folded, padded_together(self.calibration))


def for_phones(
    folded: FoldedClassifier,
    calibration: Sequence[Inputs],
    precision: Precision,
    build: Callable[[Collection[str]], bytes],
) -> list[Attempt]:
    """Attempts of a format whose files are built from the names of the weights that stay in fp32."""
    if precision == "fp32":
        return [Attempt(precision, partial(build, ()))]
    known = dict(folded.named_parameters())
    head = [name for name in HEAD if name in known] if precision == "int8" else []

    @cache
    def sensitive() -> list[str]:
        return by_sensitivity(folded, padded_together(calibration))

    def mixed(share: float) -> bytes:
        kept = sensitive()[: round(share * len(sensitive()))] if share else []
        return build([*head, *kept])

    name = "dynamic int8" if precision == "int8" else precision
    return [Attempt(mixed_name(name, share), partial(mixed, share)) for share in SHARES_KEPT]


def mixed_name(name: str, share: float) -> str:
    """What an attempt is called that keeps a share of the layers: `dynamic int8, 10% of the layers in fp32`."""
    return f"{name}{f', {share:.0%} of the layers in fp32' if share else ''}"


def padded_together(rows: Sequence[Inputs]) -> Inputs:
    """Rows as one batch.  *Shape:* of each (1, length) -> (rows, longest length)"""
    from torch.nn.functional import pad

    longest = max(row["input_ids"].shape[1] for row in rows)
    return {
        name: torch.cat([pad(row[name], (0, longest - row[name].shape[1])) for row in rows])
        for name in rows[0]
    }
