"""The gate: a file is written only if it answers as the model it was made from does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from pocketbert.evaluation.intervals import resamples
from pocketbert.evaluation.metrics import flips, metric_names

if TYPE_CHECKING:
    from pocketbert.deployment.formats import TokenPredictor
    from pocketbert.evaluation import EvaluationSettings, Scored

Precision = Literal["fp32", "fp16", "int8"]
CONFIDENCE = 0.95
FEW_ROWS = 500
PADDED_ROWS = 16
AGREEMENT = "agreement"
AGREEMENTS = {"multilabel": f"label set {AGREEMENT}", "spans": f"answer {AGREEMENT}"}
"""What agrees, by the kind of task; of the others it is their label."""


@dataclass(frozen=True)
class Limits:
    """What an export may lose."""

    agreement: float
    drop: float


LIMITS: dict[Precision, Limits] = {
    "fp32": Limits(0.995, 0.005),
    "fp16": Limits(0.995, 0.005),
    "int8": Limits(0.985, 0.010),
}
PADDING: dict[Precision, float] = {"fp32": 1e-4, "fp16": 1e-2}
"""Relative difference of logits that padding may make.  Dynamic int8 takes its scales from padding too."""


@dataclass(frozen=True)
class Check:
    """One demand on a file: what was measured, its one-sided bound, and the limit that the bound must keep."""

    name: str
    value: float
    bound: float
    limit: float
    passed: bool

    @property
    def figure_passes(self) -> bool:
        """Whether the figure keeps the limit, whatever its bound."""
        if self.name.endswith(AGREEMENT):
            return self.value >= self.limit
        return self.name != "finite" and self.value <= self.limit

    @property
    def unproven(self) -> bool:
        """Whether it passed by its figure, as so few rows cannot keep the bound."""
        if self.name in ("padding", "finite") or not self.passed:
            return False
        return self.bound < self.limit if self.name.endswith(AGREEMENT) else self.bound > self.limit

    def __str__(self) -> str:
        few = "; too few rows to prove it" if self.unproven else ""
        if self.name.endswith(AGREEMENT):
            bound, limit = _points(self.bound), _points(self.limit)
            return f"{self.name} {_points(self.value)} % (at least {bound}), needed {limit}{few}"
        if self.name == "padding":
            return f"padding moves logits by {self.value:.1g}, allowed {self.limit:.1g}"
        if self.name == "finite":
            return "answers are numbers" if self.passed else "answers that are no numbers (NaN)"
        bound, limit = _points(self.bound), _points(self.limit)
        return f"{self.name} {_points(self.value)} points (at most {bound}), allowed {limit}{few}"


def _points(share: float) -> str:
    return f"{100 * share:z.2f}"


@dataclass(frozen=True)
class Verdict:
    """What the gate found on so many rows."""

    checks: tuple[Check, ...]
    rows: int

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if not check.passed]

    @property
    def only_bounds_fail(self) -> bool:
        """Whether more rows might show that the file answers well enough."""
        return not self.passed and all(check.figure_passes for check in self.failed)

    @property
    def agreement(self) -> float:
        """Share of rows with PyTorch's answer; NaN where there were no answers to compare."""
        found = (check.value for check in self.checks if check.name.endswith(AGREEMENT))
        return next(found, float("nan"))

    @property
    def warning(self) -> str | None:
        """What so few rows leave open."""
        if self.rows >= FEW_ROWS:
            return None
        unproven = 1 - (1 - CONFIDENCE) ** (1 / self.rows)
        return (
            f"only {self.rows} validation rows, so that figures were asked to keep the limits and not their bounds: "
            f"even if all agree, up to {100 * unproven:.1f} % of other texts may not; give at least {FEW_ROWS}"
        )


def judge(
    precision: Precision, torch: Scored, file: Scored, padding: float | None, settings: EvaluationSettings
) -> Verdict:
    """Compare a file's answers to PyTorch's, on the same rows, clean and perturbed.

    Bounds are one-sided at 95 %: of drops, percentiles of a paired bootstrap over rows; of agreement, where few rows
    differ and a bootstrap of none finds none, Jeffreys' (Brown et al. 2001, Interval Estimation, section 3.1.3).
    """
    numbers = np.concatenate([are_numbers(answers) for answers in (file.clean, *file.suites.values())])
    rows = len(file.labels)
    if not numbers.all():
        share = float(numbers.mean())
        return Verdict((Check("finite", share, share, 1.0, passed=False),), rows)
    limits = LIMITS[precision]
    few = rows < FEW_ROWS
    checks = [Check("finite", 1.0, 1.0, 1.0, passed=True), *_compared(torch, file, limits, settings, few=few)]
    if padding is not None and precision in PADDING:
        allowed = PADDING[precision]
        checks.append(Check("padding", padding, padding, allowed, passed=padding <= allowed))
    return Verdict(tuple(checks), rows)


def are_numbers(answers: np.ndarray) -> np.ndarray:
    """Which rows have an answer that is no NaN.  *Shape:* (rows, labels), of answer spans (rows, 1) -> (rows,)"""
    if answers.dtype == object:
        return np.array([not np.isnan(found.margin) for found in answers[:, 0]], bool)
    return np.asarray(np.isfinite(answers).all(axis=1))


def _compared(
    torch: Scored, file: Scored, limits: Limits, settings: EvaluationSettings, *, few: bool
) -> list[Check]:
    metric = metric_names(torch.task)[0]
    pairs = {
        name: (torch.outcomes(name), file.outcomes(name))
        for name in (None, *torch.suites)
        if name in (None, *file.suites)
    }
    drops, robust = [], []
    for counts in resamples(len(torch.labels), settings.bootstrap_samples, settings.seed):
        lost = {
            name: before.values(metric, counts) - after.values(metric, counts)
            for name, (before, after) in pairs.items()
        }
        drops.append(lost.pop(None))
        robust.append(np.mean(list(lost.values()), axis=0) if lost else drops[-1])
    lost = {name: before.value(metric) - after.value(metric) for name, (before, after) in pairs.items()}
    name = AGREEMENTS.get(torch.task.kind, f"label {AGREEMENT}")
    changed = flips(torch.task, pairs[None][0].predictions, pairs[None][1].predictions)
    checks = [
        _agreement(name, int(changed.sum()), len(changed), limits.agreement, few=few),
        _drop(f"{metric} drop", lost.pop(None), drops, limits.drop, few=few),
    ]
    if lost:
        checks.append(
            _drop(f"robust {metric} drop", float(np.mean(list(lost.values()))), robust, limits.drop, few=few)
        )
    return checks


def _agreement(name: str, changed: int, rows: int, limit: float, *, few: bool) -> Check:
    """Of few rows the figure counts, as no bound of theirs could pass; the warning says what they leave open."""
    from scipy.stats import beta

    bound = 1 - float(beta.ppf(CONFIDENCE, changed + 0.5, rows - changed + 0.5))
    value = 1 - changed / rows
    return Check(name, value, bound, limit, passed=(value if few else bound) >= limit)


def _drop(name: str, value: float, draws: Sequence[np.ndarray], limit: float, *, few: bool) -> Check:
    bound = max(value, float(np.quantile(np.concatenate(draws), CONFIDENCE)))
    return Check(name, value, bound, limit, passed=(value if few else bound) <= limit)


def padding_difference(predictor: TokenPredictor, texts: Sequence[tuple[str, ...]]) -> float:
    """Relative difference that padding to the longest text that the file reads makes to the logits."""
    from pocketbert.data.batches import EncodedRows

    encoder = predictor.encoder
    rows = EncodedRows.of(encoder(texts[:PADDED_ROWS]))
    numbers = np.arange(len(rows.lengths))
    inputs = rows.padded(numbers, encoder.pad_token_id)
    inputs.setdefault("attention_mask", inputs["input_ids"].new_ones(inputs["input_ids"].shape))
    more = encoder.max_length - inputs["input_ids"].shape[1]
    fill = {"input_ids": encoder.pad_token_id}
    padded = predictor.logits(
        {
            name: np.pad(given, ((0, 0), (0, more)), constant_values=fill.get(name, 0))
            for name, given in inputs.items()
        }
    )
    alone = [predictor.logits(rows.padded(numbers[row : row + 1], encoder.pad_token_id)) for row in numbers]
    moved = [
        np.abs(one[0] - many[..., : one.shape[-1]]).max() for one, many in zip(alone, padded, strict=True)
    ]
    largest = max(np.abs(one).max() for one in alone)
    return float(np.max(moved) / max(largest, np.finfo(np.float32).tiny))
