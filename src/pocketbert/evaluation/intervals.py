"""Percentile bootstrap over rows, all resamples at once.

A resample is a count for each row: how often it was drawn.  Metrics are computed from these counts, so a
thousand resamples are a few matrix products, and the same counts serve all that is compared on the same rows.
Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.evaluation.metrics import METRICS, ROW_SCORES, flips, predictions_of
from pocketbert.evaluation.schema import Measured

if TYPE_CHECKING:
    from pocketbert.evaluation.settings import EvaluationSettings
    from pocketbert.tasks import Task

CELLS_AT_ONCE = 8_000_000
"""Draws held in memory at a time: 32 MB."""


@dataclass(frozen=True)
class Outcomes:
    """What a model answered on labelled rows.

    *Shape:* labels and predictions (rows,), of several labels a row (rows, labels)
    """

    task: Task
    labels: np.ndarray
    predictions: np.ndarray

    @classmethod
    def of(cls, task: Task, logits: np.ndarray, labels: np.ndarray) -> Outcomes:
        return cls(task, np.asarray(labels), predictions_of(task, logits))

    def value(self, metric: str) -> float:
        """The metric on the rows as they are."""
        return METRICS[metric](self.labels, self.predictions)

    def differs_from(self, other: Outcomes) -> np.ndarray:
        """Rows that the other answered in any way unlike this.  *Shape:* (rows,) of bool"""
        if self.task.kind == "regression":
            return np.asarray(self.predictions != other.predictions)
        return flips(self.task, self.predictions, other.predictions)

    def values(self, metric: str, counts: np.ndarray) -> np.ndarray:
        """The metric on every resample.  *Shape:* counts (samples, rows) -> (samples,)"""
        if metric == "accuracy":
            return _accuracy(self, counts)
        if metric in ROW_SCORES:
            scores = ROW_SCORES[metric](self.labels, self.predictions)
            return np.asarray((counts @ scores) / counts.sum(axis=1, dtype=np.float64))
        if metric in ("pearson", "spearman"):
            return _correlation(self, counts, ranked=metric == "spearman")
        tables = _class_counts(self, counts)
        of_tables = {"f1": _f1, "f1_micro": _f1_micro, "f1_macro": _f1_macro, "matthews": _matthews}
        return of_tables[metric](*tables)


def flip_rates(before: Outcomes, after: Outcomes, counts: np.ndarray) -> np.ndarray:
    """Share of rows with another answer, on every resample.  *Shape:* counts (samples, rows) -> (samples,)"""
    changed = flips(before.task, before.predictions, after.predictions).astype(counts.dtype)
    return np.asarray((counts @ changed).astype(np.float64) / len(changed))


def resamples(rows: int, samples: int, seed: int) -> Iterator[np.ndarray]:
    """Resamples of rows with replacement, in blocks: how often each row was drawn.

    *Shape:* blocks of (at most samples, rows), float32; each row of a block sums to `rows`
    """
    random = np.random.default_rng(np.random.SeedSequence([seed, rows, samples]))
    block = max(1, min(samples, CELLS_AT_ONCE // max(1, rows)))
    for start in range(0, samples, block):
        size = min(block, samples - start)
        drawn = random.integers(0, rows, size=(size, rows))
        drawn += np.arange(size)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(np.float32)


def row_noise(rows: int, samples: int, seed: int) -> np.ndarray:
    """What one row more could change of a mean over rows, one for each resample: normal quantiles, shuffled."""
    from scipy.stats import norm

    quantiles = norm.ppf((np.arange(samples) + 0.5) / samples)
    random = np.random.default_rng(np.random.SeedSequence([seed, rows, samples, 1]))
    error: np.ndarray = random.permutation(quantiles) / rows
    return error


def interval(value: float, draws: np.ndarray, confidence: float) -> Measured:
    """The percentile interval of bootstrap draws around a value.

    Where the draws lie to one side of the value (a macro average loses rare labels in resamples) the interval
    is widened to hold it.
    """
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {"value": value, "low": min(float(low), value), "high": max(float(high), value)}


def proportion(happened: Sequence[bool] | np.ndarray, confidence: float) -> Measured:
    """A share of independent cases with Wilson's interval (1927), sound for few cases too; 0 where there are none."""
    cases = len(happened)
    return wilson(np.count_nonzero(happened) / cases if cases else 0.0, cases, confidence)


def wilson(share: float, cases: int, confidence: float) -> Measured:
    """Wilson's interval of a share of so many independent cases."""
    from scipy.stats import norm

    if not cases:
        return {"value": share, "low": 0.0, "high": 1.0}
    z = float(norm.ppf((1 + confidence) / 2))
    centre, whole = share + z**2 / (2 * cases), 1 + z**2 / cases
    reach = z * float(np.sqrt(share * (1 - share) / cases + z**2 / (4 * cases**2)))
    low, high = (centre - reach) / whole, (centre + reach) / whole
    return {"value": share, "low": max(0.0, min(low, share)), "high": min(1.0, max(high, share))}


def difference_of_shares(first: Measured, second: Measured) -> Measured:
    """First minus second share of two samples, with Newcombe's interval (1998, method 10) from both shares' own.

    It is sound for few cases too, where a bootstrap of rows that are all right has no width.
    """
    value = first["value"] - second["value"]
    below = np.hypot(first["value"] - first["low"], second["high"] - second["value"])
    above = np.hypot(first["high"] - first["value"], second["value"] - second["low"])
    return {"value": value, "low": max(-1.0, value - float(below)), "high": min(1.0, value + float(above))}


def metric_intervals(
    outcomes: Outcomes, metrics: tuple[str, ...], settings: EvaluationSettings
) -> dict[str, Measured]:
    """Each metric with its interval over rows."""
    draws: dict[str, list[np.ndarray]] = {name: [] for name in metrics}
    for counts in resamples(len(outcomes.labels), settings.bootstrap_samples, settings.seed):
        for name in metrics:
            draws[name].append(outcomes.values(name, counts))
    return {
        name: interval(outcomes.value(name), np.concatenate(draws[name]), settings.confidence)
        for name in metrics
    }


def _accuracy(outcomes: Outcomes, counts: np.ndarray) -> np.ndarray:
    right = (outcomes.labels == outcomes.predictions).astype(counts.dtype)
    return np.asarray((counts @ right).astype(np.float64) / counts.sum(axis=1, dtype=np.float64))


def _class_counts(outcomes: Outcomes, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows right, rows of, and rows answered with each label.  *Shape:* three of (samples, labels)"""
    if outcomes.labels.ndim > 1:
        of_label, answered = (one.astype(counts.dtype) for one in (outcomes.labels, outcomes.predictions))
    else:
        labels = np.eye(len(outcomes.task.labels), dtype=counts.dtype)
        of_label, answered = labels[outcomes.labels], labels[outcomes.predictions]
    return (
        (counts @ (of_label * answered)).astype(np.float64),
        (counts @ of_label).astype(np.float64),
        (counts @ answered).astype(np.float64),
    )


def _f1(right: np.ndarray, of_label: np.ndarray, answered: np.ndarray) -> np.ndarray:
    return _share(2 * right[:, 1], of_label[:, 1] + answered[:, 1])


def _f1_micro(right: np.ndarray, of_label: np.ndarray, answered: np.ndarray) -> np.ndarray:
    return _share(2 * right.sum(axis=1), (of_label + answered).sum(axis=1))


def _f1_macro(right: np.ndarray, of_label: np.ndarray, answered: np.ndarray) -> np.ndarray:
    occurs = (of_label + answered) > 0
    return _share(_share(2 * right, of_label + answered).sum(axis=1), occurs.sum(axis=1))


def _matthews(right: np.ndarray, of_label: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """Gorodkin's R_K, the Matthews correlation of any number of labels."""
    rows = of_label.sum(axis=1)
    covariance = right.sum(axis=1) * rows - (of_label * answered).sum(axis=1)
    spread = (rows**2 - (of_label**2).sum(axis=1)) * (rows**2 - (answered**2).sum(axis=1))
    return _share(covariance, np.sqrt(spread))


def _correlation(outcomes: Outcomes, counts: np.ndarray, *, ranked: bool) -> np.ndarray:
    counts = counts.astype(np.float64)
    rows = counts.sum(axis=1)
    sides = []
    for values in (outcomes.labels.astype(np.float64), outcomes.predictions.astype(np.float64)):
        side = _ranks(values, counts) if ranked else np.broadcast_to(values, counts.shape)
        sides.append(side - ((counts * side).sum(axis=1) / rows)[:, None])
    left, right = sides
    spread = (counts * left**2).sum(axis=1) * (counts * right**2).sum(axis=1)
    return _share((counts * left * right).sum(axis=1), np.sqrt(spread))


def _ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Rank of each row's value within each resample; equal values share the mean of their ranks."""
    order = np.argsort(values, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(values[order])) + 1])
    group = np.empty(len(values), dtype=np.int64)
    group[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(values))))
    drawn = np.add.reduceat(counts[:, order], starts, axis=1)
    ranks = np.cumsum(drawn, axis=1) - (drawn - 1) / 2
    return np.asarray(ranks[:, group])


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, and 0 where that is undefined."""
    tiny = np.finfo(np.float64).tiny
    return np.where(whole > 0, part / np.maximum(whole, tiny), 0.0)
