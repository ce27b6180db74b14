"""Paired differences between variants, corrected family by family, and what a variant saves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.comparing.content import CLEAN, UNSEEN, Cost, Gain, Input, McNemar, Question, Saving
from pocketbert.evaluation.comparison import difference
from pocketbert.evaluation.metrics import is_right
from pocketbert.evaluation.significance import holm, mcnemar
from pocketbert.evaluation.verdict import BETTER, NO_DIFFERENCE, WORSE
from pocketbert.runs import read_metrics

if TYPE_CHECKING:
    from pocketbert.comparing.answers import Answers
    from pocketbert.comparing.grid import Contrast, Grid
    from pocketbert.evaluation import Scored
    from pocketbert.training.folder import RunFolder

LESS, MORE = "less", "more"
SAVED = ("seconds", "peak_memory_bytes", "trainable", "shipped_bytes")


@dataclass(frozen=True)
class Family:
    """Comparisons that are read together, and so corrected together."""

    question: Question
    name: str
    contrasts: tuple[Contrast, ...]
    inputs: tuple[Input, ...]


def families(grid: Grid, answers: Answers) -> tuple[Family, ...]:
    """The planned comparisons: by question clean text and the average of unseen suites; single suites are
    a family of those that training may have seen the like of and one of the others, as one asks something else of each.
    """
    inputs = answers.inputs
    simpler = tuple(one for one in grid.of_simplicity if one.baseline in answers.scored)
    clean = tuple(one for one in inputs if one.name == CLEAN)
    unseen = tuple(one for one in inputs if one.name == UNSEEN)
    suites = {kind: tuple(one for one in inputs if one.kind == kind) for kind in ("seen", "unseen")}
    files = tuple(one for one in inputs if one.kind == "file")
    planned = (
        Family("generalisation", "augmentation on clean text", grid.of_augmentation, clean),
        Family("generalisation", "augmentation on rows of files", grid.of_augmentation, files),
        Family("robustness", "augmentation on unseen suites, averaged", grid.of_augmentation, unseen),
        *(
            Family("robustness", f"augmentation, {kind} suites one by one", grid.of_augmentation, those)
            for kind, those in suites.items()
        ),
        Family("cost", "method on clean text", grid.of_method, clean),
        Family("cost", "method on unseen suites, averaged", grid.of_method, unseen),
        Family("simpler", "other models on clean text", simpler, clean),
        Family("simpler", "other models on unseen suites, averaged", simpler, unseen),
    )
    return tuple(family for family in planned if family.contrasts and family.inputs)


def gains_of(family: Family, answers: Answers) -> list[Gain]:
    """Every comparison of a family, corrected by Holm's method; the corrected p-value decides the verdict."""
    alpha = 1 - answers.settings.confidence
    gains = [_gain(family, contrast, on, answers) for contrast in family.contrasts for on in family.inputs]
    corrected = holm([gain.p for gain in gains])
    tests = holm([gain.mcnemar.p for gain in gains if gain.mcnemar])[::-1]
    return [
        replace(
            gain,
            p_holm=p,
            verdict=NO_DIFFERENCE if p >= alpha else BETTER if gain.value > 0 else WORSE,
            mcnemar=replace(gain.mcnemar, p_holm=tests.pop()) if gain.mcnemar else None,
        )
        for gain, p in zip(gains, corrected, strict=True)
    ]


def _gain(family: Family, contrast: Contrast, on: Input, answers: Answers) -> Gain:
    """One comparison, not corrected yet."""
    before, after = (answers.estimate(name, on) for name in (contrast.baseline, contrast.variant))
    found = difference(before, after, answers.settings)
    return Gain(
        question=family.question,
        family=family.name,
        baseline=contrast.baseline,
        variant=contrast.variant,
        input=on.name,
        value=found.value,
        low=found.low,
        high=found.high,
        per_seed=found.per_seed,
        p=found.p,
        p_holm=found.p,
        verdict=found.verdict,
        mcnemar=_mcnemar(contrast, on, answers),
    )


def _mcnemar(contrast: Contrast, on: Input, answers: Answers) -> McNemar | None:
    """McNemar's test, seed by seed and of all; none of an average, nor where no answer is right or wrong."""
    if answers.task.kind == "regression" or on.kind == "average":
        return None
    sides = [answers.of(name, on) for name in (contrast.baseline, contrast.variant)]
    before, after = ([_right(one, suites[0]) for one in scored] for scored, suites in sides)
    (first, *_), _ = sides[0]
    found = mcnemar(before, after, first.groups)
    return McNemar(found.only_baseline, found.only_variant, found.p, found.p_of_all, found.p_of_all)


def _right(scored: Scored, suite: str | None) -> np.ndarray:
    outcomes = scored.outcomes(suite)
    return is_right(outcomes.task, outcomes.labels, outcomes.predictions)


def cost_of(folders: Sequence[RunFolder]) -> Cost:
    """What the runs of one variant took, stages added up."""
    runs = [read_metrics(folder)["stages"] for folder in folders]
    last = runs[0][-1]["parameters"]
    model = _size(folders[0].model)
    return Cost(
        seconds=tuple(sum(stage["seconds"] for stage in stages) for stages in runs),
        examples_per_second=tuple(
            sum(stage["examples"] for stage in stages) / max(1e-9, sum(stage["seconds"] for stage in stages))
            for stages in runs
        ),
        peak_memory_bytes=tuple(max(stage["peak_memory_bytes"] for stage in stages) for stages in runs),
        trainable=int(last["trainable"]),
        parameters=int(last["total"]),
        shipped_bytes=_size(folders[0].adapter) if folders[0].adapter.is_dir() else model,
        model_bytes=model,
    )


def _size(folder: Path) -> int:
    """Bytes of a folder's weights."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def savings_of(contrasts: Sequence[Contrast], costs: dict[str, Cost], confidence: float) -> list[Saving]:
    """How the figures of cost change from baseline to variant."""
    return [
        saving
        for contrast in contrasts
        for saving in _savings(contrast, costs[contrast.baseline], costs[contrast.variant], confidence)
    ]


def _savings(contrast: Contrast, before: Cost, after: Cost, confidence: float) -> Iterator[Saving]:
    for figure in SAVED:
        old, new = (np.atleast_1d(np.asarray(getattr(cost, figure), float)) for cost in (before, after))
        value, low, high = ratio(old, new, confidence)
        ends = (value, value) if len(old) == 1 and figure in ("trainable", "shipped_bytes") else (low, high)
        yield Saving(contrast.baseline, contrast.variant, figure, value, low, high, _saved(*ends))


def ratio(
    before: np.ndarray, after: np.ndarray, confidence: float
) -> tuple[float, float | None, float | None]:
    """Mean change as a share, with an interval by Student's t on the logarithms of the ratios of paired seeds.

    *Shape:* two (seeds,); one seed, or a figure of 0, has no interval
    """
    from scipy.stats import t

    if min(before.min(), after.min()) <= 0:
        whole = before.mean()
        return (float(after.mean() / whole - 1) if whole else 0.0), None, None
    logs = np.log(after / before)
    centre, seeds = float(logs.mean()), len(logs)
    if seeds < 2:
        return float(np.expm1(centre)), None, None
    reach = float(t.ppf((1 + confidence) / 2, seeds - 1)) * float(logs.std(ddof=1)) / seeds**0.5
    return float(np.expm1(centre)), float(np.expm1(centre - reach)), float(np.expm1(centre + reach))


def _saved(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return NO_DIFFERENCE
    return LESS if high < 0 else MORE if low > 0 else NO_DIFFERENCE
