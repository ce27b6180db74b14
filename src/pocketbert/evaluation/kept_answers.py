"""A model's answers, row by row, kept in one file: what comparisons and later questions start from.

A file of numpy arrays: `labels`, `clean`, `suite:NAME` and, of suites from files, `file:NAME` with `labels:NAME` and
`groups:NAME`.
Classifications and regressions keep their logits, questions each answer found as JSON.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pocketbert.errors import PocketBertError, disk_refusal
from pocketbert.evaluation.scoring import Scored
from pocketbert.evaluation.suite_files.given import LabelledSuite
from pocketbert.training.answering import Candidate, FoundAnswer
from pocketbert.writing import whole

if TYPE_CHECKING:
    from pocketbert.evaluation.suite_files.scoring import GivenAnswers
    from pocketbert.tasks import Task

LABELS, CLEAN, SUITE = "labels", "clean", "suite:"
FILE, FILE_LABELS, FILE_GROUPS = "file:", "labels:", "groups:"


def keep_answers(path: Path, scored: Scored, given: Sequence[GivenAnswers] = ()) -> None:
    """Write the answers to a split, to its suites and to labelled suites from files.

    Raises PocketBertError when the disk refuses them.
    """
    task = scored.task
    arrays = {LABELS: _written_labels(task, scored.labels), CLEAN: _written(task, scored.clean)}
    arrays |= {f"{SUITE}{name}": _written(task, logits) for name, logits in scored.suites.items()}
    for answers in given:
        if isinstance(suite := answers.suite, LabelledSuite):
            arrays[f"{FILE}{suite.name}"] = _written(task, answers.logits)
            arrays[f"{FILE_LABELS}{suite.name}"] = _written_labels(task, suite.labels)
            if suite.groups is not None:
                arrays[f"{FILE_GROUPS}{suite.name}"] = suite.groups
    try:
        with whole(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # a name may be any text
    except OSError as error:
        raise PocketBertError(
            f"could not write {path}: {disk_refusal(error)}, then the same command goes on"
        ) from None


def read_answers(path: Path, task: Task) -> tuple[Scored, dict[str, Scored]]:
    """The answers to a split and its suites, and by name those to labelled suites from files.

    Raises PocketBertError when the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        suites = {
            name.removeprefix(SUITE): _read(task, array)
            for name, array in found.items()
            if name.startswith(SUITE)
        }
        scored = Scored(task, _read_labels(task, found[LABELS]), _read(task, found[CLEAN]), suites)
        files = {}
        for name, array in found.items():
            if name.startswith(FILE):
                suite = name.removeprefix(FILE)
                labels = _read_labels(task, found[f"{FILE_LABELS}{suite}"])
                groups = found.get(f"{FILE_GROUPS}{suite}")
                files[suite] = Scored(task, labels, _read(task, array), groups=groups)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        raise PocketBertError(
            f"{path} is missing or damaged; delete {path.parent}, and the command that made it makes it again"
        ) from None
    return scored, files


def _written(task: Task, logits: np.ndarray) -> np.ndarray:
    """*Shape:* (rows, labels), of answer spans (rows, 1) -> (rows, labels) or (rows,) of JSON"""
    if task.kind != "spans":
        return np.asarray(logits, np.float32)
    return np.array([json.dumps(asdict(found)) for found in logits[:, 0]])


def _read(task: Task, array: np.ndarray) -> np.ndarray:
    if task.kind != "spans":
        return array
    answers = np.empty((len(array), 1), object)
    answers[:, 0] = [_found(json.loads(text)) for text in array.tolist()]
    return answers


def _found(content: dict[str, Any]) -> FoundAnswer:
    candidates = tuple(Candidate(*candidate) for candidate in content.pop("candidates"))
    return FoundAnswer(candidates, **content)


def _written_labels(task: Task, labels: np.ndarray) -> np.ndarray:
    return np.array([json.dumps(one) for one in labels]) if task.kind == "spans" else np.asarray(labels)


def _read_labels(task: Task, array: np.ndarray) -> np.ndarray:
    if task.kind != "spans":
        return array
    labels = np.empty(len(array), object)
    labels[:] = [tuple(json.loads(text)) for text in array.tolist()]
    return labels
