"""Two variants of a model, several seeds each, on the same test rows: is one better?

What is estimated is the mean gain over the seeds one could have drawn and the rows one could have tested on.
Both kinds of chance go into its interval:

- rows: they are resampled, the same rows for every seed and both variants (paired bootstrap);
- seeds: resampling three seeds would understate their spread and its tails, so each resample adds a draw from
  Student's t with seeds - 1 degrees of freedom, scaled by the standard error of the per-seed gains.  Seeds
  are paired: seed i of one variant against seed i of the other.

Simulated with 3 and 5 seeds, 300 to 3,000 rows and seeds that matter not at all to very much, the 95%
interval held the truth 94 to 99.8 times in a hundred: it errs on the side of caution, most where seeds matter
least.  With one seed nothing can be said about seeds: the interval covers rows only, and `Difference.seeds`
says so.  Where few rows are answered differently a bootstrap knows too little of the others, and where none is it
says that none ever will be.  So draws of a difference vary by one row more (which is what half a row in each cell of
the table of right and wrong comes to: Agresti and Min, 2005), and no p-value is smaller than that of as many rows that
all speak for one side.
Each interval stands for itself: nothing is corrected for the number of comparisons.  Each comparison also has a
p-value made of the same resamples, which `significance.holm` corrects over a family of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.errors import PocketBertError
from pocketbert.evaluation.intervals import Outcomes, flip_rates, interval, resamples, row_noise, wilson
from pocketbert.evaluation.metrics import HIGHEST, flips, lowest_value
from pocketbert.evaluation.significance import bootstrap_p, smallest_p
from pocketbert.evaluation.verdict import NO_DIFFERENCE, verdict

if TYPE_CHECKING:
    from pocketbert.evaluation.schema import Measured
    from pocketbert.evaluation.scoring import Scored
    from pocketbert.evaluation.settings import EvaluationSettings

FLIP_RATE = "flip_rate"


@dataclass(frozen=True)
class Difference:
    """Variant minus baseline, averaged over seeds.

    `baseline` and `variant` are the means over seeds.  `p` is two-sided, of no gain at all.  `verdict` is `better`,
    `worse` or `no difference shown`, and knows that a flip rate is better when it is lower; where p is not below
    1 - confidence no difference is shown either.
    """

    value: float
    low: float
    high: float
    p: float
    verdict: str
    baseline: float
    variant: float
    per_seed: tuple[float, ...]
    rows: int
    confidence: float

    @property
    def seeds(self) -> int:
        """How many seeds the interval covers; with one it covers rows only."""
        return len(self.per_seed)


@dataclass(frozen=True)
class _Cell:
    """One variant at one seed: answers to the clean texts, and to the texts in question."""

    clean: Outcomes
    suites: tuple[Outcomes, ...]

    @classmethod
    def of(cls, scored: Scored, suites: Sequence[str | None]) -> _Cell:
        return cls(scored.outcomes(), tuple(scored.outcomes(suite) for suite in suites))

    def value(self, metric: str) -> float:
        """Mean of the figure over the suites."""
        if metric == FLIP_RATE:
            answers = self.clean.predictions
            return float(np.mean([flips(one.task, answers, one.predictions).mean() for one in self.suites]))
        return float(np.mean([one.value(metric) for one in self.suites]))

    def values(self, metric: str, counts: np.ndarray) -> np.ndarray:
        """The same on every resample.  *Shape:* counts (samples, rows) -> (samples,)"""
        if metric == FLIP_RATE:
            return _mean([flip_rates(self.clean, one, counts) for one in self.suites])
        return _mean([one.values(metric, counts) for one in self.suites])


@dataclass(frozen=True, eq=False)
class Estimate:
    """A variant's figure, seed by seed on the rows as they are, and meaned over seeds on every resample of them.

    Estimates of the same rows and settings have the same resamples, so that two of them make a paired comparison.
    `answers` are the outcomes that it is made of, in the same order for every variant; rows of a group are drawn
    together, as they are not independent.
    *Shape:* per_seed (seeds,), draws (samples,), groups (rows,)
    """

    metric: str
    per_seed: np.ndarray
    draws: np.ndarray
    rows: int
    answers: tuple[Outcomes, ...]
    groups: np.ndarray | None = None

    @property
    def value(self) -> float:
        """The mean over seeds."""
        return float(self.per_seed.mean())

    @property
    def units(self) -> int:
        """What is independent of each other: groups, else rows."""
        return _units(self.rows, self.groups)

    def measured(self, settings: EvaluationSettings) -> Measured:
        """The mean over seeds with its interval over rows and seeds."""
        if self.metric == "accuracy" and self.value in (0.0, 1.0):
            return wilson(self.value, self.units, settings.confidence)
        draws = self.draws + _seed_noise(self.per_seed, settings.bootstrap_samples, settings.seed)
        possible = np.clip(draws, lowest_value(self.metric), HIGHEST)
        return interval(self.value, possible, settings.confidence)


def estimate(
    scored: Sequence[Scored],
    settings: EvaluationSettings,
    *,
    suites: Sequence[str | None] = (None,),
    metric: str | None = None,
) -> Estimate:
    """A variant's figure on the clean text (None), on a suite or averaged over several.

    `metric` is one of the task's, or `flip_rate`; left out it is the task's main one.
    """
    metric = metric or scored[0].task.main_metric
    cells, rows, groups = [_Cell.of(one, suites) for one in scored], len(scored[0].labels), scored[0].groups
    blocks = [
        _mean([cell.values(metric, drawn if groups is None else drawn[:, groups]) for cell in cells])
        for drawn in resamples(_units(rows, groups), settings.bootstrap_samples, settings.seed)
    ]
    per_seed = np.array([cell.value(metric) for cell in cells])
    answers = tuple(
        one for cell in cells for one in (*((cell.clean,) if metric == FLIP_RATE else ()), *cell.suites)
    )
    return Estimate(metric, per_seed, np.concatenate(blocks), rows, answers, groups)


def _units(rows: int, groups: np.ndarray | None) -> int:
    return rows if groups is None else int(groups.max()) + 1


def compare(
    baseline: Sequence[Scored],
    variant: Sequence[Scored],
    settings: EvaluationSettings,
    *,
    suites: Sequence[str | None] = (None,),
    metric: str | None = None,
) -> Difference:
    """Gain of a variant over a baseline, paired by seed and by row; suites and metric as `estimate` takes them.

    Raises PocketBertError when the two were not scored on the same rows, or differ in their number of seeds.
    """
    check_same_rows(baseline, variant)
    before, after = (
        estimate(scored, settings, suites=suites, metric=metric) for scored in (baseline, variant)
    )
    return difference(before, after, settings)


def difference(before: Estimate, after: Estimate, settings: EvaluationSettings) -> Difference:
    """Gain of one estimate over another of the same rows."""
    metric, per_seed = before.metric, after.per_seed - before.per_seed
    samples = settings.bootstrap_samples
    noise = _seed_noise(per_seed, samples, settings.seed) + row_noise(before.units, samples, settings.seed)
    widest = HIGHEST - lowest_value(metric)
    draws = np.clip(after.draws - before.draws + noise, -widest, widest)
    gain = interval(float(per_seed.mean()), draws, settings.confidence)
    sides = (-gain["high"], -gain["low"]) if metric == FLIP_RATE else (gain["low"], gain["high"])
    p = max(bootstrap_p(draws), smallest_p(_units_that_differ(before, after)))
    return Difference(
        value=gain["value"],
        low=gain["low"],
        high=gain["high"],
        p=p,
        verdict=verdict(*sides) if p < 1 - settings.confidence else NO_DIFFERENCE,
        baseline=before.value,
        variant=after.value,
        per_seed=tuple(per_seed.tolist()),
        rows=before.rows,
        confidence=settings.confidence,
    )


def over_seeds(
    scored: Sequence[Scored],
    settings: EvaluationSettings,
    *,
    suites: Sequence[str | None] = (None,),
    metric: str | None = None,
) -> Measured:
    """A variant's mean over seeds (and over several suites), with an interval made the same way."""
    return estimate(scored, settings, suites=suites, metric=metric).measured(settings)


def _seed_noise(per_seed: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Error of the mean over seeds, one for each resample: even quantiles of Student's t, shuffled."""
    if len(per_seed) < 2:
        return np.zeros(samples)
    from scipy.stats import t

    quantiles = t.ppf((np.arange(samples) + 0.5) / samples, df=len(per_seed) - 1)
    random = np.random.default_rng(np.random.SeedSequence([seed, len(per_seed), samples]))
    error: np.ndarray = random.permutation(quantiles) * per_seed.std(ddof=1) / np.sqrt(len(per_seed))
    return error


def _units_that_differ(before: Estimate, after: Estimate) -> int:
    """How many rows, or groups of them, two variants answer differently, with any seed and on any of the suites."""
    differ = np.zeros(before.rows, bool)
    for old, new in zip(before.answers, after.answers, strict=True):
        differ |= old.differs_from(new)
    return int(differ.sum()) if before.groups is None else len(np.unique(before.groups[differ]))


def _mean(draws: Sequence[np.ndarray]) -> np.ndarray:
    return np.asarray(np.mean(draws, axis=0))


def check_same_rows(baseline: Sequence[Scored], variant: Sequence[Scored]) -> None:
    """Raise PocketBertError unless both have as many seeds, all scored on the same labelled rows."""
    if not baseline or len(baseline) != len(variant):
        raise PocketBertError(
            f"{len(baseline)} seeds of one variant against {len(variant)} of the other; score both alike"
        )
    labels = baseline[0].labels
    for scored in (*baseline, *variant):
        if not np.array_equal(scored.labels, labels):
            raise PocketBertError(
                "the variants were not scored on the same test rows; score both on one split"
            )
