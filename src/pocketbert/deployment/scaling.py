"""The free scale of every channel: chosen so that what is stored stays near 1, whatever the model's own values are.

A channel's values may be stored at any scale if what writes it divides and what reads it multiplies.  A residual
stream keeps one scale for as long as its norms do not shrink or blow it up by orders of magnitude; there it is
rescaled, by the one multiplication that a norm would have cost everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

LARGEST = 8.0
"""Largest value stored on calibration rows: fp16 holds another eight thousand times that."""
SPREAD = 2.0**10
"""How far apart the largest values of a channel may lie along a stream before it is rescaled."""
FAINTEST = 2.0**-6
"""Size at which a channel is stored at least, beside the most important one."""


@dataclass(eq=False)
class Stream:
    """Values between two linear layers: scale * what is stored + shift.

    *Shape:* all (width,), float64, but readers, the weights of the layers that read it: (out, width) each
    """

    shift: Tensor
    reach: Tensor
    """Largest distance from the shift on calibration rows."""
    gain: Tensor | None = None
    """For a stream after a residual: its norm's weight, which the stream before is multiplied by."""
    readers: list[Tensor] = field(default_factory=list)
    scale: Tensor = field(init=False)


def choose_scales(chain: Sequence[Stream]) -> None:
    """Give a residual stream, from where it begins to where it is last read, its scales."""
    stored = _sizes_to_store(chain)
    kept = [torch.ones_like(chain[0].shift)]  # gain since the channel began or was last rescaled
    largest, breaks = [chain[0].reach], []
    least, most = _or(chain[0].reach, torch.inf), chain[0].reach
    for stream in chain[1:]:
        assert stream.gain is not None
        gain, reach = kept[-1] * stream.gain, stream.reach
        size = reach / gain.abs()
        least_with, most_with = torch.minimum(least, _or(size, torch.inf)), torch.maximum(most, size)
        broken = (stream.gain == 0) | ~torch.isfinite(size) | (most_with > SPREAD * least_with)
        least = torch.where(broken, _or(reach, torch.inf), least_with)
        most = torch.where(broken, reach, most_with)
        kept.append(torch.where(broken, 1.0, gain))
        largest.append(most)
        breaks.append(broken)
    after = largest[-1]
    for number in range(len(chain) - 1, -1, -1):
        if number < len(breaks):
            after = torch.where(breaks[number], largest[number], after)
        chain[number].scale = kept[number] * _or(after, 1.0) / stored


def _or(values: Tensor, instead: float) -> Tensor:
    """The values, where they are not zero."""
    return torch.where(values > 0, values, instead)


def _sizes_to_store(chain: Sequence[Stream]) -> Tensor:
    """How large each channel shall be: the root of its share in what its readers compute.

    Half of the differences between channels stay in the values, half go into the weights that read them, which
    suits int8 on both sides (Xiao et al. 2023, SmoothQuant, section 4).
    """
    share = torch.zeros_like(chain[0].shift)
    for stream in chain:
        for weight in stream.readers:
            parts = weight.abs() * stream.reach
            share = torch.maximum(share, (parts / _or(parts.sum(1, keepdim=True), 1.0)).amax(0))
    most = share.max()
    relative = (share / most).sqrt() if most > 0 else torch.ones_like(share)
    return LARGEST * relative.clamp(min=FAINTEST)
