"""Robustness suites: perturbed copies of a split, frozen so that later runs are scored on the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pocketbert.data.answers import Answer, gold_texts, holds_questions, stored_answers
from pocketbert.errors import PocketBertError, disk_refusal
from pocketbert.evaluation.suite_names import held_out, keeps_labels, split_suite_name
from pocketbert.text.edits import Span
from pocketbert.writing import whole

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.evaluation.settings import EvaluationSettings
    from pocketbert.tasks import Task

INDEX = "index.json"
SCHEMA = 1
TEXTS_BETWEEN_WORDS = 64
Texts = tuple[str, ...]
Progress = Callable[[str, int, int], None]
"""Hears what is worked on, how much of it is done, and how much there is."""


def silent(what: str, done: int, of: int) -> None:
    """A progress that tells nobody."""


@dataclass(frozen=True)
class Examples:
    """Labelled texts held in memory for scoring; the label of a question is its right answers.

    *Shape:* labels (rows,); answers (rows,): where these stand, or empty
    """

    texts: tuple[Texts, ...]
    labels: np.ndarray
    answers: tuple[tuple[Answer, ...], ...] = ()

    @classmethod
    def of(cls, dataset: Dataset) -> Examples:
        sides = [dataset[name] for name in ("text", "text_pair") if name in dataset.column_names]
        texts = tuple(zip(*sides, strict=True))
        if not holds_questions(dataset):
            return cls(texts, np.asarray(dataset["label"]))
        return cls(texts, gold_texts(dataset), tuple(map(stored_answers, dataset["label"])))

    def kept(self, row: int) -> list[tuple[int, Span]]:
        """What no perturbation of a row may touch: its answers."""
        return [(1, answer.span) for answer in self.answers[row]] if self.answers else []

    @property
    def sha256(self) -> str:
        """Hash of texts and labels, by which a frozen suite knows the rows it was made from."""
        digest = hashlib.sha256()
        for texts, label in zip(self.texts, self.labels.tolist(), strict=True):
            digest.update(json.dumps([texts, label]).encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class Suite:
    """A perturbed copy of a split, row by row.  *Shape:* changed (rows,) of bool"""

    name: str
    texts: tuple[Texts, ...]
    changed: np.ndarray
    seen: bool
    sha256: str


def suite_names(task: Task, settings: EvaluationSettings) -> tuple[list[str], list[str]]:
    """Names of the suites to score, and a line on those that are left out because they could change labels."""
    chosen = settings.operators
    kept = [name for name in chosen if keeps_labels(name, task)]
    left_out = dict.fromkeys(split_suite_name(name)[0] for name in chosen if name not in kept)
    note = f"suites left out, as they could change labels of '{task.name}': {', '.join(left_out)}"
    return kept, [note] if left_out else []


def build_suites(
    task: Task,
    dataset: Dataset,
    settings: EvaluationSettings,
    folder: Path,
    progress: Progress = silent,
    *,
    trained_on_everything: bool = False,
) -> tuple[Suite, ...]:
    """The task's suites of these rows: read from `folder` where they are frozen, else made and frozen there.

    Suites of other rows than the folder's go to a folder of their own inside it.  A model that was trained on
    everything has seen them all.
    Raises PocketBertError when a frozen file is not what was frozen, or the folder cannot be written.
    """
    names, _ = suite_names(task, settings)
    if not names:
        return ()
    examples = Examples.of(dataset)
    shelf = _Shelf.for_rows(folder, examples)
    suites, rows = [], len(examples.texts)
    for at, name in enumerate(names):
        told = partial(_tell_texts, progress, at * rows, len(names) * rows)
        suite = shelf.read(name, settings.seed) or shelf.freeze(
            name,
            settings.seed,
            _perturbed(name, task, examples, settings.seed, told),
            seen=not held_out(name),
        )
        told(rows)
        suites.append(replace(suite, seen=suite.seen or trained_on_everything))
    return tuple(suites)


def _tell_texts(progress: Progress, before: int, of: int, texts: int) -> None:
    progress("perturbing", before + texts, of)


def freeze_given(
    name: str, dataset: Dataset, texts: Sequence[Texts], folder: Path, *, seen: bool = False
) -> Suite:
    """A suite of texts that somebody wrote for these rows, frozen beside the others.

    Raises PocketBertError when there is not one text for each row.
    """
    examples = Examples.of(dataset)
    if len(texts) != len(examples.texts):
        raise PocketBertError(
            f"suite {name} has {len(texts)} texts for {len(examples.texts)} rows; give one for each"
        )
    shelf = _Shelf.for_rows(folder, examples)
    return shelf.freeze(name, None, [tuple(sides) for sides in texts], seen=seen)


def _perturbed(
    name: str, task: Task, examples: Examples, seed: int, told: Callable[[int], None]
) -> list[Texts]:
    from pocketbert.augmentation import perturb

    operator, severity = split_suite_name(name)
    perturbed = []
    for row, texts in enumerate(examples.texts):
        if row % TEXTS_BETWEEN_WORDS == 0:
            told(row)
        one = perturb(
            texts,
            operator=operator,
            severity=severity,
            seed=seed,
            row=row,
            preset=task.augmentation,
            kept=examples.kept(row),
        )
        perturbed.append(one.texts)
    return perturbed


@dataclass(frozen=True)
class _Shelf:
    """A folder of frozen suites of the same rows, with an index of their hashes."""

    folder: Path
    examples: Examples
    rows_sha256: str

    @classmethod
    def for_rows(cls, folder: Path, examples: Examples) -> _Shelf:
        rows = examples.sha256
        index = _read_index(folder)
        if index and index["rows_sha256"] != rows:
            folder = folder / f"rows-{rows[:12]}"
        return cls(folder, examples, rows)

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"

    def read(self, name: str, seed: int | None) -> Suite | None:
        """The frozen suite, or None if there is none of this seed."""
        entry = (_read_index(self.folder) or {"suites": {}})["suites"].get(name)
        if entry is None or entry["seed"] != seed:
            return None
        path = self.path(name)
        try:
            content = path.read_bytes()
        except OSError:
            raise PocketBertError(
                f"{path} is missing; delete {path.with_name(INDEX)} to make the suites again"
            ) from None
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise PocketBertError(
                f"{path} is not the file that was frozen (its sha256 differs from {path.with_name(INDEX)}); "
                "put the original back or delete the folder to make the suites again"
            )
        rows = [json.loads(line) for line in content.split(b"\n") if line]
        texts = tuple(_texts_of(row) for row in rows)
        return Suite(
            name, texts, np.array([row["changed"] for row in rows], bool), entry["seen"], entry["sha256"]
        )

    def freeze(self, name: str, seed: int | None, texts: list[Texts], *, seen: bool) -> Suite:
        """Write a suite and its hash."""
        changed = np.array([new != old for new, old in zip(texts, self.examples.texts, strict=True)], bool)
        lines = [
            json.dumps(_row(*row), ensure_ascii=False)
            for row in zip(texts, self.examples.labels.tolist(), changed.tolist(), strict=True)
        ]
        content = "".join(f"{line}\n" for line in lines).encode("utf-8")
        digest = hashlib.sha256(content).hexdigest()
        index = _read_index(self.folder) or {"schema": SCHEMA, "rows_sha256": self.rows_sha256, "suites": {}}
        index["suites"][name] = {"sha256": digest, "rows": len(texts), "seed": seed, "seen": seen}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(self.path(name), content)
            _write(self.folder / INDEX, json.dumps(index, indent=1).encode("utf-8"))
        except OSError as error:
            raise PocketBertError(
                f"cannot freeze suite {name} in {self.folder}: {disk_refusal(error)} and try again"
            ) from None
        return Suite(name, tuple(texts), changed, seen, digest)


def _row(texts: Texts, label: Any, changed: bool) -> dict[str, Any]:
    sides = dict(zip(("text", "text_pair"), texts, strict=False))
    return {**sides, "label": label, "changed": changed}


def _texts_of(row: dict[str, Any]) -> Texts:
    return (row["text"], row["text_pair"]) if "text_pair" in row else (row["text"],)


def _read_index(folder: Path) -> dict[str, Any] | None:
    path = folder / INDEX
    if not path.exists():
        return None
    try:
        index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if (
            index["schema"] == SCHEMA
            and isinstance(index["rows_sha256"], str)
            and isinstance(index["suites"], dict)
        ):
            return index
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise PocketBertError(f"{path} is damaged; delete the folder to make the suites again")


def _write(path: Path, content: bytes) -> None:
    with whole(path) as partial:
        partial.write_bytes(content)


def changed_share(suite: Suite) -> float:
    """Share of rows that differ from the clean ones."""
    return float(suite.changed.mean()) if len(suite.changed) else 0.0
