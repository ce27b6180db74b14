"""How surprising a difference is: p-values of the bootstrap and of rows, and Holm's correction for many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Discordance:
    """Rows on which one of two models is right and the other wrong, seed by seed.

    `p` is McNemar's exact one (1947) at each seed, `p_of_all` that of the rows with all seeds.
    """

    only_baseline: tuple[int, ...]
    only_variant: tuple[int, ...]
    p: tuple[float, ...]
    p_of_all: float


def mcnemar(
    baseline: Sequence[np.ndarray], variant: Sequence[np.ndarray], groups: np.ndarray | None = None
) -> Discordance:
    """McNemar's exact test of two models at each seed, and of all seeds together.

    All seeds answer the same rows, so that they are no further evidence of rows: a row counts once, with as many
    answers as the variant has right more than the baseline.  The same holds of rows of one group.
    *Shape:* rows answered right by each, for every seed (rows,) of bool; groups (rows,)
    """
    differences = [
        _by_group(new.astype(np.int64) - old.astype(np.int64), groups)
        for old, new in zip(baseline, variant, strict=True)
    ]
    pairs = list(zip(baseline, variant, strict=True))
    return Discordance(
        tuple(int(np.count_nonzero(old & ~new)) for old, new in pairs),
        tuple(int(np.count_nonzero(~old & new)) for old, new in pairs),
        tuple(exact_p(one) for one in differences),
        exact_p(np.sum(differences, axis=0)),
    )


def _by_group(rows: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    return rows if groups is None else np.bincount(groups, weights=rows).astype(np.int64)


def exact_p(differences: np.ndarray) -> float:
    """Two-sided p-value of "no difference": of all ways to change the rows' signs, how many give a sum as far from 0.

    The permutation test of paired samples (Pitman, 1937), over all changes of sign; where no row has more than one
    answer it is McNemar's.  *Shape:* (rows,) of int
    """
    from scipy.stats import binom

    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    chances = np.ones(1)
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        steps = np.zeros(size * count + 1)
        steps[::size] = binom.pmf(np.arange(count + 1), count, 0.5)
        chances = np.convolve(chances, steps)
    sums = 2 * np.arange(len(chances)) - (len(chances) - 1)
    return min(1.0, float(chances[np.abs(sums) >= abs(int(differences.sum()))].sum()))


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
