"""The answers of every cell, side by side: the inputs that all were scored on, and estimates on each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pocketbert.comparing.content import CLEAN, UNSEEN, Input
from pocketbert.comparing.grid import WORDS
from pocketbert.errors import PocketBertError
from pocketbert.evaluation import Scored, score
from pocketbert.evaluation.comparison import Estimate, check_same_rows, estimate
from pocketbert.evaluation.kept_answers import read_answers
from pocketbert.evaluation.report.wording import suite_title
from pocketbert.evaluation.suite_files.given import LabelledSuite
from pocketbert.evaluation.suite_files.scoring import score_given
from pocketbert.evaluation.suite_names import is_suite_name, split_suite_name
from pocketbert.runs import read_metrics, read_task

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.comparing.words import Words
    from pocketbert.evaluation import EvaluationSettings, Suite
    from pocketbert.evaluation.suite_files import GivenSuite
    from pocketbert.tasks import Task
    from pocketbert.training.folder import RunFolder

AVERAGE_TITLE = "Average of unseen suites"


@dataclass
class Answers:
    """What each variant answered at each seed, by input; estimates are made once."""

    task: Task
    settings: EvaluationSettings
    inputs: tuple[Input, ...]
    scored: dict[str, tuple[Scored, ...]]
    """By variant, a Scored for each seed: answers to the clean rows and to their suites."""
    files: dict[str, dict[str, tuple[Scored, ...]]]
    """By suite from a file and variant."""
    _estimates: dict[tuple[str, str, str], Estimate] = field(default_factory=dict)

    def of(self, variant: str, on: Input) -> tuple[tuple[Scored, ...], tuple[str | None, ...]]:
        """Whose answers an estimate is made of, and which of their suites."""
        if on.kind == "file":
            return self.files[on.name][variant], (None,)
        return self.scored[variant], on.suites or (None,)

    def estimate(self, variant: str, on: Input, metric: str | None = None) -> Estimate:
        """A variant's figure on an input, the main metric where none is named."""
        metric = metric or self.task.main_metric
        key = (variant, on.name, metric)
        if key not in self._estimates:
            scored, suites = self.of(variant, on)
            self._estimates[key] = estimate(scored, self.settings, suites=suites, metric=metric)
        return self._estimates[key]


def read_cells(folders: Mapping[str, Sequence[RunFolder]], settings: EvaluationSettings) -> Answers:
    """The answers of the runs of every variant, which must have been scored on the same rows and suites.

    Raises PocketBertError when they were not.
    """
    tasks = {name: read_task(cells[0]) for name, cells in folders.items()}
    read = {
        name: [read_answers(cell.answers, tasks[name]) for cell in cells] for name, cells in folders.items()
    }
    scored = {name: tuple(one for one, _ in cells) for name, cells in read.items()}
    suites = [set(one.suites) for cells in scored.values() for one in cells]
    given = [set(files) for cells in read.values() for _, files in cells]
    if any(names != suites[0] for names in suites) or any(names != given[0] for names in given):
        raise PocketBertError(
            "the runs were not scored on the same suites; give all recipes the same [evaluation]"
        )
    first = next(iter(scored.values()))
    for name, cells in scored.items():
        if tasks[name].labels != first[0].task.labels:
            raise PocketBertError(
                "the recipes are of different tasks; compare such as answer the same labels"
            )
        check_same_rows(first, cells)
    names = list(next(iter(read.values()))[0][1])
    files = {
        suite: {name: tuple(given[suite] for _, given in cells) for name, cells in read.items()}
        for suite in names
    }
    metrics = [_split_of(cell) for cells in folders.values() for cell in cells]
    return Answers(first[0].task, settings, _inputs(first[0], files, metrics), scored, files)


def _split_of(folder: RunFolder) -> dict[str, Any]:
    split: dict[str, Any] = next(iter(read_metrics(folder)["splits"].values()))
    return split


def _inputs(
    clean: Scored, files: Mapping[str, Mapping[str, Sequence[Scored]]], splits: Sequence[Mapping[str, Any]]
) -> tuple[Input, ...]:
    """What the runs were scored on.  A suite is unseen where no run could draw from its operator."""
    rows, suites = len(clean.labels), []
    for name in (*clean.suites, *files):
        kinds = "suites" if name in clean.suites else "file_suites"
        if len({split[kinds][name]["sha256"] for split in splits}) > 1:
            raise PocketBertError(f"the runs were scored on different texts of suite {name}; train them anew")
    for name in clean.suites:
        measured = [split["suites"][name] for split in splits]
        operator, severity = split_suite_name(name) if is_suite_name(name) else ("", None)
        kind: Literal["seen", "unseen"] = "seen" if any(one["seen"] for one in measured) else "unseen"
        suites.append(
            Input(name, suite_title(name), kind, rows, (name,), operator, severity, measured[0]["sha256"])
        )
    unseen = tuple(one.name for one in suites if one.kind == "unseen")
    average = [Input(UNSEEN, AVERAGE_TITLE, "average", rows, unseen)] if unseen else []
    given = [Input(name, name, "file", len(next(iter(of.values()))[0].labels)) for name, of in files.items()]
    return (Input(CLEAN, "Clean text", "clean", rows), *average, *suites, *given)


def add_words(
    answers: Answers,
    words: Words,
    rows: Dataset,
    suites: Sequence[Suite],
    given: Sequence[GivenSuite],
    seeds: int,
) -> None:
    """Answers of the row without a neural network; it has no seed, so every seed is compared with the same ones."""
    answers.scored[WORDS] = (score(words, answers.task, rows, suites),) * seeds
    for suite in given:
        if isinstance(suite, LabelledSuite):
            found = score_given(words, answers.task, suite)
            scored = Scored(answers.task, suite.labels, found.logits, groups=suite.groups)
            answers.files[suite.name][WORDS] = (scored,) * seeds
