"""Adaptive weights: more of the operators that a model still stumbles over, less of those whose views are rejected."""

from collections.abc import Mapping

LEAST, MOST = 0.25, 4.0
"""Bounds of what an operator's weight is multiplied by."""

STEP = 0.5
"""Share of the way to the new weights that is gone at once."""

_FLOOR = 0.02  # flip rate that counts for none: where nothing flips, all operators count alike


def adapted(
    weights: Mapping[str, float],
    usual: Mapping[str, float],
    flip_rates: Mapping[str, float],
    accepted: Mapping[str, float],
) -> dict[str, float]:
    """The weights of the next epoch, from those of the one that ends and the policy's `usual` ones.

    `flip_rates`: share of held-out answers that each operator changes, beside the mean of all.  `accepted`: share of
    an operator's proposals that pass the guards; left out, all do.  The weights add up to what the usual ones do.
    """
    mean = sum(flip_rates[name] for name in usual) / len(usual)
    wanted = {}
    for name, weight in usual.items():
        stumbles = (flip_rates[name] + _FLOOR) / (mean + _FLOOR)
        wanted[name] = weight * min(MOST, max(LEAST, stumbles)) * max(LEAST, accepted.get(name, 1.0))
    total = sum(usual.values()) / sum(wanted.values())
    return {name: round(weights[name] + STEP * (wanted[name] * total - weights[name]), 6) for name in usual}
