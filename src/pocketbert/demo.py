"""The demo: plain against augmented training on the bundled data, three seeds each, clean and messy text."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.evaluation import EvaluationSettings, Suite, build_suites, freeze_given, score
from pocketbert.evaluation.predictions import Prediction
from pocketbert.evaluation.report import ReportContent, comparison_content, costs_of, curves_of, write_report
from pocketbert.pipeline import run
from pocketbert.recipe import Recipe, make_recipe, read_recipe, read_toml, to_toml
from pocketbert.reporter import Reporter, tell_progress
from pocketbert.reporting import augmentation_samples
from pocketbert.runs import Run

if TYPE_CHECKING:
    from datasets import Dataset

SEEDS = (0, 1, 2)
PLAIN, AUGMENTED = "plain", "augmented"
MESSY = "messy"
SUITES = (
    "typo@1", "typo@2", "typo@3", "reorder", "synonym", "stopword",
    "ocr", "misspelling", "hurried", "punctuation", "spacing", "shuffle",
)  # fmt: skip
MESSAGES = (
    "i was charged twice this month, can i get one of them back",
    "app cloeses evry time i opne the camera tab",
    "pls stop my plan before it renews on friday",
)


@dataclass(frozen=True)
class Demo:
    """What the demo found, and what the better-prepared model says of three messages."""

    content: ReportContent
    predictions: dict[str, Prediction]
    report: Path
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for `--json`."""
        conditions = {
            one.name: {
                PLAIN: one.values[0].value,
                AUGMENTED: one.values[1].value,
                "difference": asdict(one.change) if one.change else None,
                "verdict": one.verdict,
                "kind": one.kind,
            }
            for one in self.content.conditions
        }
        answers = {
            text: {"predicted_label": answer.label, "probability": answer.probability}
            for text, answer in self.predictions.items()
        }
        return {
            "schema": 1,
            "answer": self.content.answer,
            "metric": self.content.metric,
            "seeds": list(SEEDS),
            "conditions": conditions,
            "costs": [asdict(cost) for cost in self.content.costs],
            "predictions": answers,
            "report": str(self.report),
            "seconds": round(self.seconds, 1),
        }


def run_demo(out: Path, reporter: Reporter) -> Demo:
    """Train six runs under `out`, compare them on the test rows, and write the report."""
    started = time.monotonic()
    report = out / "report.html"
    with as_file(files("pocketbert.assets") / "demo") as assets:
        recipe = read_toml(assets / "recipe.toml")
        runs: dict[str, list[Run]] = {PLAIN: [], AUGMENTED: []}
        for seed in SEEDS:
            for variant, trained in runs.items():
                reporter.say(f"{variant} training, seed {seed}")
                folder = out / f"{variant}-{seed}"
                trained.append(run(variant_of(recipe, assets, variant, seed), folder, Quiet(reporter)))
        content = compare_runs(runs, assets, out / "suites", reporter)
    predictions = dict(zip(MESSAGES, runs[AUGMENTED][0].predict(list(MESSAGES)), strict=True))
    answers = tuple((text, one.label or "", one.probability) for text, one in predictions.items())
    write_report(report, replace(content, predictions=answers))
    return Demo(content, predictions, report, time.monotonic() - started)


def compare_runs(runs: dict[str, list[Run]], assets: Path, folder: Path, reporter: Reporter) -> ReportContent:
    """Plain against augmented runs on the same frozen rows, and what the report says of it."""
    from pocketbert.data import load, texts_of

    settings = EvaluationSettings(suites=SUITES)
    rows, suites = frozen_suites(assets, runs[PLAIN][0], folder, reporter)
    tell = partial(tell_progress, reporter)
    scored = {
        variant: [score(one.predictor, one.task, rows, suites, tell) for one in trained]
        for variant, trained in runs.items()
    }
    histories = {
        (variant, seed): one.folder.read_history()
        for variant, trained in runs.items()
        for seed, one in zip(SEEDS, trained, strict=True)
    }
    recipe = read_recipe(runs[AUGMENTED][0].folder.recipe)
    return comparison_content(
        "Support desk messages: plain against augmented training",
        scored,
        suites,
        texts_of(rows[:]),
        settings,
        headline=MESSY,
        titles={MESSY: "Typed in a hurry, by hand"},
        seeds=SEEDS,
        curves=curves_of(histories, runs[PLAIN][0].task.main_metric),
        costs=costs_of(
            {variant: [one.metrics["stages"] for one in trained] for variant, trained in runs.items()}
        ),
        samples=augmentation_samples(recipe, load(recipe.data)),
        recipe=to_toml(recipe),
    )


def variant_of(recipe: dict[str, Any], assets: Path, variant: str, seed: int) -> Recipe:
    """The demo's recipe with its files' places, with or without augmentation, at one seed."""
    places = {f"data.{key}": str(assets / recipe["data"][key]) for key in ("source", "validation", "test")}
    settings = {
        "augmentation.enabled": variant == AUGMENTED,
        "training.seed": seed,
        "evaluation.suites": "none",
    }
    return make_recipe(recipe, places | settings, "the demo's recipe")


def frozen_suites(
    assets: Path, trained: Run, folder: Path, reporter: Reporter
) -> tuple[Dataset, list[Suite]]:
    """The test rows, and their suites: the messages as hurried people typed them, then our perturbations."""
    from pocketbert.data import read_examples, texts_of

    rows = read_examples(assets / "test.csv", trained.task)
    settings = EvaluationSettings(suites=SUITES)
    messy = read_examples(assets / "messy.csv", trained.task)
    built = build_suites(trained.task, rows, settings, folder, partial(tell_progress, reporter))
    return rows, [freeze_given(MESSY, rows, texts_of(messy[:]), folder), *built]


class Quiet:
    """Passes on progress and nothing else."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter

    def say(self, line: str) -> None: ...
    def warn(self, line: str) -> None: ...
    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None:
        self.reporter.progress(what, step, steps, figures)
