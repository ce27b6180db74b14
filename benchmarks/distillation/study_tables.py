"""From results to tables and words: means over seeds, differences with intervals, what of the paper was seen.

python benchmarks/distillation/study_tables.py    # writes those of results.json into README.md, beside it
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple

from study import (
    CONTRASTS,
    EXPECTED,
    RATES,
    SEEDS,
    STUDENTS,
    TASKS,
    TEACHER,
    Pretraining,
    Tuning,
)

RESULTS = Path(__file__).with_name("results.json")
README = Path(__file__).with_name("README.md")
CONFIDENCE = 0.95
MASKED_LM = "masked LM"
MEASURES = (MASKED_LM, *TASKS)
Record = dict[str, Any]


class Difference(NamedTuple):
    """A gain, where positive is better, and half the width of its interval; None with a single seed."""

    value: float
    half: float | None

    @property
    def verdict(self) -> str:
        if self.half is None:
            return "one seed"
        if abs(self.value) <= self.half:
            return "no difference shown"
        return "better" if self.value > 0 else "worse"


def chosen_rate(model: str, task: str, tuning: Record) -> float | None:
    """A model's learning rate that did best on validation rows; the scored rows have no say in it."""
    tried = [Tuning(Pretraining(model), task, rate) for rate in RATES]
    done = [cell for cell in tried if cell.name in tuning]
    best = max(done, key=lambda cell: tuning[cell.name]["validation"], default=None)
    return best and best.learning_rate


def record_of(model: str, seed: int, measure: str, results: Record) -> Record | None:
    """What was measured of a model: its pre-training, or its fine-tuning at the chosen rate."""
    cell = Pretraining(model, seed)
    found: Record | None
    if measure == MASKED_LM:
        found = results["pretraining"].get(cell.name)
    else:
        rate = chosen_rate(model, measure, results["tuning"])
        found = results["tuning"].get(Tuning(cell, measure, rate).name) if rate else None
    return found


def runs_of(model: str, measure: str, results: Record) -> dict[int, Record]:
    """A model's records by seed."""
    seeds = sorted({row["seed"] for row in results["pretraining"].values() if row["model"] == model})
    found = {seed: record_of(model, seed, measure, results) for seed in seeds}
    return {seed: record for seed, record in found.items() if record}


def chance_of_seeds(values: list[float]) -> float:
    """Half the width of Student's interval for the mean."""
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, df=len(values) - 1)) * stdev(values) / math.sqrt(len(values))


def chance_of_rows(differences: list[float]) -> float:
    """Half the width of the normal interval for the mean over the rows of a test set."""
    from scipy.stats import norm

    return float(norm.ppf((1 + CONFIDENCE) / 2)) * stdev(differences) / math.sqrt(len(differences))


def contrast(weights: dict[str, int], measure: str, results: Record) -> Difference | None:
    """A weighted sum of students, seed by seed and row by row: each seed has its own masks, windows and first weights.

    The interval holds the chance of the seeds and, for a task, that of its rows.  None where no seed has them all.
    """
    runs = {model: runs_of(model, measure, results) for model in weights}
    seeds = sorted(set.intersection(*(set(found) for found in runs.values())))
    if not seeds:
        return None

    def combined(figure: Callable[[Record], float], seed: int) -> float:
        return sum(weight * figure(runs[model][seed]) for model, weight in weights.items())

    if measure == MASKED_LM:
        gains, rows = [combined(lambda run: -run["masked_lm_loss"], seed) for seed in seeds], 0.0
    else:
        gains = [combined(lambda run: run["value"], seed) for seed in seeds]
        rows = chance_of_rows(
            [
                mean(combined(lambda run, row=row: int(run["right"][row]), seed) for seed in seeds)
                for row in range(len(runs[next(iter(weights))][seeds[0]]["right"]))
            ]
        )
    return Difference(mean(gains), math.hypot(chance_of_seeds(gains), rows) if len(gains) > 1 else None)


def tables(results: Record) -> list[str]:
    return [models_table(results), contrasts_table(results), expectations(results)]


def models_table(results: Record) -> str:
    """Every model's figures, the teacher first."""
    titles = {TEACHER: "teacher (IB-BERT)", **{name: student.title for name, student in STUDENTS.items()}}
    lines = [
        "| model | seeds | parameters | masked-LM loss | "
        + " | ".join(task.title for task in TASKS.values())
        + " | tokens | tokens/s | minutes |",
        "|---|" + "---|" * (6 + len(TASKS)),
    ]
    for model, title in titles.items():
        runs = list(runs_of(model, MASKED_LM, results).values())
        if not runs:
            continue
        entries = [str(len(runs)), f"{runs[0]['parameters']:,}", level(model, MASKED_LM, results)]
        entries += [level(model, task, results) for task in TASKS]
        entries += [f"{runs[0]['tokens']:,}", f"{mean(run['tokens_per_second'] for run in runs):,.0f}"]
        entries += [f"{mean(run['seconds'] for run in runs) / 60:.1f}"]
        lines.append(f"| {title} | " + " | ".join(entries) + " |")
    return "\n".join(lines)


def level(model: str, measure: str, results: Record) -> str:
    """A model's mean, with its interval: loss in nats a token, accuracy in per cent."""
    runs = list(runs_of(model, measure, results).values())
    if not runs:
        return ""
    values = [run["masked_lm_loss"] if measure == MASKED_LM else 100 * run["value"] for run in runs]
    rows = 0.0 if measure == MASKED_LM else 50 * mean(run["high"] - run["low"] for run in runs)
    half = math.hypot(rows, chance_of_seeds(values) if len(values) > 1 else 0.0)
    digits = 3 if measure == MASKED_LM else 1
    return f"{mean(values):.{digits}f}" + (f" ± {half:.{digits}f}" if half else "")


def contrasts_table(results: Record) -> str:
    """What each thing adds: gains, so that a lower loss counts as positive."""
    lines = [
        "| what it adds | masked-LM loss | " + " | ".join(task.title for task in TASKS.values()) + " |",
        "|---|" + "---|" * len(MEASURES),
    ]
    for title, weights in CONTRASTS.items():
        found = {measure: contrast(weights, measure, results) for measure in MEASURES}
        entries = [gain(difference, measure) for measure, difference in found.items()]
        if any(entries):
            lines.append(f"| {title} | " + " | ".join(entries) + " |")
    return "\n".join(lines)


def gain(difference: Difference | None, measure: str) -> str:
    if difference is None:
        return ""
    factor, digits = (1, 3) if measure == MASKED_LM else (100, 1)
    half = "" if difference.half is None else f" ± {factor * difference.half:.{digits}f}"
    return f"{factor * difference.value:+.{digits}f}{half}, {difference.verdict}"


def expectations(results: Record) -> str:
    """What the paper has, in words that follow from the intervals."""
    lines = []
    for claim, names in EXPECTED.items():
        words: dict[str, list[str]] = {}
        for measure in MEASURES:
            found = [contrast(CONTRASTS[name], measure, results) for name in names]
            title = TASKS[measure].title if measure in TASKS else MASKED_LM
            words.setdefault(seen([one for one in found if one], len(names)), []).append(title)
        said = "; ".join(f"{verdict} on {', '.join(titles)}" for verdict, titles in words.items())
        lines.append(f"- **{claim}**: {said}.")
    return "\n".join(lines)


def seen(found: list[Difference], wanted: int) -> str:
    """Whether a claim was seen: all its gains shown, one of them shown to be a loss, or neither."""
    if len(found) < wanted:
        return "not measured yet"
    verdicts = {one.verdict for one in found}
    if "one seed" in verdicts:
        return "one seed, which shows nothing"
    if "worse" in verdicts:
        return "the opposite was seen"
    return "seen" if verdicts == {"better"} else "not shown"


def settings_lines(results: Record) -> str:
    """Each model's learning rate of fine-tuning, and the epochs."""
    lines = []
    for name, task in TASKS.items():
        rates = {model: chosen_rate(model, name, results["tuning"]) for model in (TEACHER, *STUDENTS)}
        words = ", ".join(f"{model} {rate:g}" for model, rate in rates.items() if rate)
        if words:
            lines.append(f"- {task.title}, {task.epochs} epochs: {words}")
    return "\n".join(lines)


def write_readme(results: Record) -> None:
    """Put the tables into the README, between its marks."""
    runs = list(results["pretraining"].values())
    if not runs:
        return
    done = min(len(runs_of(model, MASKED_LM, results)) for model in STUDENTS)
    last, (models, contrasts, words) = runs[-1], tables(results)
    paragraphs = [
        models,
        f"{last['processor']}, {last['threads'] or 'all'} threads, torch {last['versions']['torch']}, "
        f"{last['date'][:10]}. Learning rates of fine-tuning:",
        settings_lines(results),
        "## What each thing adds",
        contrasts,
        "## What of the paper was seen",
        words,
    ]
    if done < SEEDS:
        paragraphs.insert(0, f"Unfinished: {done} of {SEEDS} seeds of every student are there.")
    content = "\n\n".join(paragraphs)
    start, end = "<!-- results -->", "<!-- /results -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(start)
    README.write_text(f"{before}{start}\n{content}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


if __name__ == "__main__":
    if not RESULTS.is_file():
        sys.exit(f"no {RESULTS.name} yet; run.py makes it")
    write_readme(json.loads(RESULTS.read_text(encoding="utf-8")))
