"""compare(grid): train what is missing, score on the same rows, test, answer, write."""

from __future__ import annotations

import json
import platform
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pocketbert.comparing.alike import refuse_changed_files, refuse_unlike
from pocketbert.comparing.answers import Answers, add_words, read_cells
from pocketbert.comparing.changed_rows import changed_rows
from pocketbert.comparing.claims import answers_to
from pocketbert.comparing.cluster import Cluster
from pocketbert.comparing.content import CLEAN, ComparisonContent, Cost, Export, Row
from pocketbert.comparing.differences import cost_of, families, gains_of, savings_of
from pocketbert.comparing.exports import export_of
from pocketbert.comparing.folder import ComparisonFolder
from pocketbert.comparing.grid import WORDS, Cell, Grid
from pocketbert.comparing.headline import headline
from pocketbert.comparing.notes import notes_of, notes_of_families, notes_of_rows, notes_of_runs
from pocketbert.comparing.page import write_comparison
from pocketbert.comparing.paper import paper
from pocketbert.comparing.runs import Ended, Job, Processes, cores, refuse_failures
from pocketbert.comparing.words import Words, fit_words
from pocketbert.evaluating import NO_TEST_ROWS, scored_rows, splits_of
from pocketbert.evaluation import build_suites
from pocketbert.evaluation.metrics import metric_names
from pocketbert.evaluation.report.content import Interval
from pocketbert.evaluation.suite_files import read_suite_files
from pocketbert.evaluation.suites import Examples
from pocketbert.reporter import Reporter, Silent, tell_progress
from pocketbert.training.fingerprint import fingerprint_of_data
from pocketbert.training.folder import RunFolder, write_whole
from pocketbert.wording import counted, duration

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.data import Splits
    from pocketbert.evaluation import Suite
    from pocketbert.evaluation.schema import Measured
    from pocketbert.evaluation.suite_files import GivenSuite
    from pocketbert.evaluation.suites import Texts

RESAMPLES = 10
"""Times as many as a single report: Holm's correction of a large family asks for small p-values."""
LEAST_RESAMPLES = 10_000
VERSIONS = ("pocketbert", "torch", "transformers", "peft", "numpy", "scikit-learn")


class Trainer(Protocol):
    """Trains jobs, here or elsewhere."""

    def train(self, jobs: Sequence[Job]) -> Generator[Ended]: ...


@dataclass(frozen=True)
class Comparison:
    """A finished comparison: what was found, and the folder that holds its runs and pages."""

    folder: ComparisonFolder
    content: ComparisonContent


def compare(
    grid: Grid,
    out: str | Path,
    *,
    workers: int = 1,
    cluster: str | None = None,
    export: bool = True,
    reporter: Reporter | None = None,
) -> Comparison:
    """Train the cells of a grid that are not trained yet, compare them, and write what was found.

    `workers` runs go side by side, on this machine or on each of the `cluster`'s.
    Raises ArgumentError for what cannot be compared, PocketBertError when a run fails; what is finished stays.
    """
    reporter = reporter or Silent()
    folder = ComparisonFolder(Path(out))
    splits = open_grid(grid, folder, reporter)
    trainer: Trainer = Cluster(cluster, workers) if cluster else Processes(workers)
    train_missing(grid, folder, trainer, reporter)
    content = measured_content(grid, folder, splits, workers, reporter, export=export)
    write_whole(folder.results, json.dumps(content.as_dict(), indent=1, ensure_ascii=False))
    write_whole(folder.paper, paper(content))
    write_comparison(folder.report, content)
    return Comparison(folder, content)


def open_grid(grid: Grid, folder: ComparisonFolder, reporter: Reporter) -> Splits:
    """The rows of the comparison; whatever the grid gets wrong is said here, before anything is trained."""
    from pocketbert.backbone import load_backbone

    for name in dict.fromkeys(variant.recipe.backbone.name for variant in grid.variants):
        settings = next(one.recipe.backbone for one in grid.variants if one.recipe.backbone.name == name)
        load_backbone(settings)
    splits = splits_of(grid.variants[0].recipe)
    refuse_unlike(grid, splits)
    for note in splits.notes:
        reporter.say(note)
    if scored_rows(splits)[0] == "validation":
        reporter.warn(NO_TEST_ROWS)
    refuse_changed_files(
        grid, folder, read_suite_files(grid.variants[0].recipe.evaluation.files, splits.task)
    )
    folder.open(grid, f"{fingerprint_of_data(splits)}-{Examples.of(scored_rows(splits)[1]).sha256}")
    return splits


def train_missing(grid: Grid, folder: ComparisonFolder, trainer: Trainer, reporter: Reporter) -> None:
    """Train every cell that is not finished.  Raises PocketBertError at the end when any failed."""
    missing = [cell for cell in grid.cells if not folder.run(cell).finished]
    done = len(grid.cells) - len(missing)
    if done:
        reporter.say(f"{done} of {counted(len(grid.cells), 'run')} are finished already")
    if not missing:
        return
    jobs = [folder.job(cell) for cell in missing]
    ended: list[Ended] = []
    reporter.progress("training", done, len(grid.cells), {})
    with closing(trainer.train(jobs)) as results:  # Ctrl-C between two of them stops the others
        for one in results:
            ended.append(one)
            told = f"failed: {one.problem}" if one.problem else _told(RunFolder(one.job.folder))
            reporter.say(f"{done + len(ended)} of {len(grid.cells)}: {one.job.name}, {told}")
            reporter.progress("training", done + len(ended), len(grid.cells), {})
    refuse_failures(ended, len(grid.cells))


def _told(folder: RunFolder) -> str:
    return f"trained in {duration(sum(cost_of([folder]).seconds))}"


def measured_content(
    grid: Grid, folder: ComparisonFolder, splits: Splits, workers: int, reporter: Reporter, *, export: bool
) -> ComparisonContent:
    """What the finished runs say."""
    settings = grid.variants[0].recipe.evaluation
    samples = max(LEAST_RESAMPLES, RESAMPLES * settings.bootstrap_samples)
    more = settings.model_copy(update={"bootstrap_samples": samples})
    runs = {
        variant.name: [folder.run(Cell(variant, seed)) for seed in grid.seeds] for variant in grid.variants
    }
    reporter.progress("comparing", 0, 3, {})
    answers = read_cells(runs, more)
    split, tested = scored_rows(splits)
    suites = build_suites(
        splits.task,
        tested,
        settings,
        folder.run(grid.cells[0]).suites,
        partial(tell_progress, reporter),
    )
    words = words_of(
        splits, answers, tested, suites, read_suite_files(settings.files, splits.task), len(grid.seeds)
    )
    reporter.progress("comparing", 1, 3, {})
    costs = {name: cost_of(cells) for name, cells in runs.items()}
    rows = [*(_row(grid, name, answers, costs[name], runs[name]) for name in runs)]
    rows += [_words_row(words, answers)] if words else []
    asked = families(grid, answers)
    gains = [gain for family in asked for gain in gains_of(family, answers)]
    reporter.progress("comparing", 2, 3, {})
    content = ComparisonContent(
        title=splits.task.title,
        task=splits.task.name,
        answer="",
        answers=(),
        featured=grid.featured.name,
        metric=splits.task.main_metric,
        split=split,
        rows=len(tested),
        seeds=grid.seeds,
        confidence=more.confidence,
        bootstrap_samples=more.bootstrap_samples,
        inputs=answers.inputs,
        variants=tuple(rows),
        gains=tuple(gains),
        savings=tuple(savings_of(grid.of_method, costs, more.confidence)),
        exports=tuple(exports_of(grid, folder, reporter)) if export else (),
        environment=environment(workers),
        notes=(
            *notes_of(grid, splits, words),
            *notes_of_families(asked, len(grid.seeds), more),
            *notes_of_rows(grid, splits),
            *notes_of_runs(runs),
        ),
        changed=changed_rows(grid, answers, _texts_by_input(tested, suites), settings.examples),
    )
    reporter.progress("comparing", 3, 3, {})
    content = replace(content, answers=answers_to(content))
    answer, *besides = headline(content)
    return replace(content, answer=answer, besides=tuple(besides))


def _texts_by_input(rows: Dataset, suites: Sequence[Suite]) -> dict[str, Sequence[Texts]]:
    from pocketbert.data import texts_of

    return {CLEAN: texts_of(rows[:]), **{suite.name: suite.texts for suite in suites}}


def words_of(
    splits: Splits,
    answers: Answers,
    rows: Dataset,
    suites: Sequence[Suite],
    given: Sequence[GivenSuite],
    seeds: int,
) -> Words | None:
    """The row without a neural network, trained and scored on the same rows; None where it has no answers to give."""
    if splits.task.kind == "spans":
        return None
    words = fit_words(splits)
    add_words(answers, words, rows, suites, given, seeds)
    return words


def _row(grid: Grid, name: str, answers: Answers, cost: Cost, runs: Sequence[RunFolder]) -> Row:
    variant = next(one for one in grid.variants if one.name == name)
    return Row(
        name=name,
        title=variant.title,
        backbone=variant.recipe.backbone.name,
        method=variant.method,
        augmented=variant.augmented,
        role=variant.role,
        seeds=grid.seeds,
        runs=tuple(str(run.path) for run in runs),
        cost=cost,
        **_figures(name, answers),
    )


def _words_row(words: Words, answers: Answers) -> Row:
    cost = Cost((words.seconds,), (), (), words.weights, words.weights, words.size, words.size)
    title, backbone = "TF-IDF, linear", "words and pairs of words"
    return Row(
        WORDS, title, backbone, "linear", False, "beside", (), (), **_figures(WORDS, answers), cost=cost
    )


def _figures(name: str, answers: Answers) -> dict[str, Any]:
    """Every figure of a variant, by input and by metric."""
    estimates = {on.name: answers.estimate(name, on) for on in answers.inputs}
    clean = answers.inputs[0]
    return {
        "figures": {on: _interval(one.measured(answers.settings)) for on, one in estimates.items()},
        "per_seed": {on: tuple(one.per_seed.tolist()) for on, one in estimates.items()},
        "metrics": {
            metric: _interval(answers.estimate(name, clean, metric).measured(answers.settings))
            for metric in metric_names(answers.task)
        },
    }


def _interval(measured: Measured) -> Interval:
    return Interval(measured["value"], measured["low"], measured["high"])


def exports_of(grid: Grid, folder: ComparisonFolder, reporter: Reporter) -> Iterator[Export]:
    """What the featured variant and each other backbone come to on a phone."""
    chosen = [grid.featured, *(variant for variant in grid.variants if variant.role == "beside")]
    if new := [variant.title for variant in chosen if not folder.export(variant.name).exists()]:
        reporter.say(f"exporting for phones: {'; '.join(new)} (--no-export leaves it out)")
    for variant in chosen:
        run = folder.run(Cell(variant, grid.seeds[0]))
        yield export_of(variant.name, run, folder.export(variant.name), reporter)


def environment(workers: int) -> dict[str, Any]:
    """What the figures of cost hold for."""
    from pocketbert.deployment.latency import processor

    return {
        "versions": {name: version(name) for name in VERSIONS},
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "threads": cores(),
        "runs_side_by_side": workers,
    }
