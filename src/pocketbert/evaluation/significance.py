"""How surprising a difference is: bootstrap and McNemar's p-values, and Holm's correction for many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Discordance:
    """Rows on which one of two models is right and the other wrong, at one seed.

    `p` is that of McNemar's exact test (1947): were both as likely to be the right one, a split as uneven as this.
    """

    only_baseline: int
    only_variant: int
    p: float


def mcnemar(baseline: np.ndarray, variant: np.ndarray) -> Discordance:
    """McNemar's exact test of two models.  *Shape:* rows answered right by each, (rows,) of bool"""
    from scipy.stats import binomtest

    only_baseline = int(np.count_nonzero(baseline & ~variant))
    only_variant = int(np.count_nonzero(~baseline & variant))
    discordant = only_baseline + only_variant
    p = float(binomtest(only_variant, discordant).pvalue) if discordant else 1.0
    return Discordance(only_baseline, only_variant, p)


def combined(p_values: Sequence[float]) -> float:
    """One p-value of several that may depend on each other: twice their mean (Vovk and Wang, 2020, section 1).

    Seeds are tested on the same rows, so that Fisher's method, which wants independence, would promise too much.
    """
    return float(p_values[0]) if len(p_values) == 1 else min(1.0, 2 * float(np.mean(p_values)))


def bootstrap_p(draws: np.ndarray) -> float:
    """Two-sided p-value of "no gain" from bootstrap draws of a gain; never 0, for draws are finitely many."""
    beyond = min(np.count_nonzero(draws <= 0), np.count_nonzero(draws >= 0))
    return min(1.0, 2 * (beyond + 1) / (len(draws) + 1))


def smallest_p(rows: int) -> float:
    """The least two-sided p-value that so many rows can give on which two models differ: all speak for one of them."""
    return 2.0 ** min(0, 1 - rows)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of one family, corrected so that all its verdicts together hold (Holm, 1979).

    Compared with a level alpha, they keep the chance of any false discovery below it, whatever their dependence.
    """
    order = np.argsort(p_values, kind="stable")
    left = len(p_values) - np.arange(len(p_values))
    raised = np.minimum(1.0, np.maximum.accumulate(np.asarray(p_values, float)[order] * left))
    corrected = np.empty(len(p_values))
    corrected[order] = raised
    return [float(p) for p in corrected]
