"""From files to suites: which kind of file it is, then its rows with labels, groups and categories."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pocketbert.data import open_source
from pocketbert.data.describing import task_labels
from pocketbert.data.files import require_file
from pocketbert.data.json_records import line_records
from pocketbert.data.labels import Labels, label_name
from pocketbert.data.loading import columns_for
from pocketbert.data.survey import Columns, examples
from pocketbert.data.tabular import check_bytes
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluation.suite_files.advglue import advglue_sources, is_advglue
from pocketbert.evaluation.suite_files.checklist import is_checklist, read_checklist
from pocketbert.evaluation.suite_files.given import GivenSuite, LabelledSuite, Texts, note_of_empty
from pocketbert.evaluation.suite_names import is_suite_name
from pocketbert.wording import counted

if TYPE_CHECKING:
    from pocketbert.data import Source
    from pocketbert.evaluation.suite_files.settings import SuiteFile
    from pocketbert.tasks import Task

GROUPS = ("group", "batch_id")
ORIGINALS = ("original_", "original ")
"""Before a text column's name: the column of that text as it was, as AdvGLUE's annotated files have it."""
TAKEN = ("clean", "seen", "unseen")
"""What figures of other texts are called."""
DIAGNOSTIC = ("Lexical Semantics", "Predicate-Argument Structure", "Logic", "Knowledge")
"""Columns by which GLUE's diagnostic set is scored (Wang et al. 2019, section 4)."""


def read_suite_files(files: Sequence[SuiteFile], task: Task) -> tuple[GivenSuite, ...]:
    """The suites of these files for a task; AdvGLUE's file has two for MNLI.

    Raises ArgumentError for files and columns that do not fit, PocketBertError for rows that do not.
    """
    if files and task.kind == "spans":
        raise ArgumentError(
            f"suites from files have labels, and task '{task.name}' answers with spans; name operators such as typo@2"
        )
    if files and task.kind == "multilabel":
        raise ArgumentError(
            f"suites from files have one label a row, and rows of '{task.name}' have several; name operators such as "
            "typo@2"
        )
    suites = [suite for described in files for suite in _read(described, task)]
    names = [suite.name for suite in suites]
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(
                f"two suites are called '{name}'; give one another name, in a table or a .toml: name = \"...\""
            )
        if name in TAKEN or is_suite_name(name):
            raise ArgumentError(
                f"a suite cannot be called '{name}', which means another; name it in a table or a .toml: name = \"...\""
            )
    return tuple(suites)


def _read(described: SuiteFile, task: Task) -> Iterator[GivenSuite]:
    path = described.file
    require_file(path)
    name, sha256 = described.title, _sha256(path)
    if path.suffix.lower() == ".json" and is_advglue(path):
        for part, source in advglue_sources(path, task, described.part):
            title = name if described.name and described.part else f"{name} {part}"
            yield _labelled_suite(described, source, task, title, sha256)
    elif path.suffix.lower() in (".jsonl", ".ndjson") and is_checklist(_checked_lines(path)):
        yield read_checklist(path, task, SuiteLabels.of(described, task).read, name, sha256)
    else:
        if described.part is not None:
            raise ArgumentError(f"{path} is one task's rows and has no parts; leave `part` out")
        yield _labelled_suite(described, open_source(path), task, name, sha256)


def _checked_lines(path: Path) -> Iterator[dict[str, Any]]:
    check_bytes(path)
    return line_records(path)


@dataclass(frozen=True)
class SuiteLabels:
    """How a suite's labels are read: by its own map, then as the task calls them, then whatever their case."""

    mapped: Mapping[str, str]
    known: Labels

    @classmethod
    def of(cls, described: SuiteFile, task: Task) -> SuiteLabels:
        """Raises ArgumentError for a map to a label that the task lacks."""
        for value, label in described.labels.items():
            if label and task.kind == "classification" and label not in task.labels:
                raise ArgumentError(
                    f"suite {described.title}: labels maps '{value}' to '{label}', which the run does not know; "
                    f"it knows {', '.join(task.labels[:20])}"
                )
        return cls(described.labels, task_labels(task))

    def read(self, value: object, where: str) -> float | None:
        """Class number, or the value of a regression; None for a label whose rows are left out.

        Raises PocketBertError when the label is missing or unknown.
        """
        try:
            name = label_name(value)
        except TypeError:
            raise PocketBertError(f"{where}: a label must be a text or a number") from None
        if name is None:
            raise PocketBertError(f"{where}: the label is missing")
        if name in self.mapped:
            name = self.mapped[name]
            if not name:
                return None
        if name not in self.known.numbers:
            alike = [label for label in self.known.names if label.casefold() == name.casefold()]
            name = alike[0] if len(alike) == 1 else name
        try:
            return self.known.read(name, where)
        except PocketBertError as error:
            hint = '; map it in a .toml that describes the suite: labels = {"' + name[:40] + '" = "..."}'
            raise PocketBertError(f"{error}{hint}" if self.known.names else str(error)) from None


def _labelled_suite(
    described: SuiteFile, source: Source, task: Task, name: str, sha256: str
) -> LabelledSuite:
    described = _with_known_columns(described, source)
    columns = columns_for(source, task, described.text, described.label, labelled=True)
    if described.original and len(described.original) != len(columns.text):
        raise ArgumentError(
            f"suite {name}: original names {counted(len(described.original), 'column')}, text {len(columns.text)}"
        )
    for column in (
        *described.original,
        *described.categories,
        *([described.group] if described.group else []),
    ):
        source.require(column)
    originals = described.original or _original_columns(source, columns.text)
    labels = SuiteLabels.of(described, task)
    kept: list[int] = []
    texts: list[Texts] = []
    numbers: list[float] = []
    rows = 0
    for row, sides, value in examples(source, columns):
        rows = row
        label = labels.read(value, f"{source.where}: row {row}, column '{columns.label}'")
        if label is not None:
            kept.append(row)
            texts.append(sides)
            numbers.append(label)
    if not kept:
        raise PocketBertError(f"{source.where}: no rows to score; labels leaves all of them out")
    notes = [f"{counted(rows - len(kept), 'row')} left out by label"] if len(kept) < rows else []
    notes += note_of_empty(texts, source.where)
    suite = LabelledSuite(
        name,
        Path(source.where).name,
        sha256,
        (),
        tuple(texts),
        np.array(numbers, float if task.kind == "regression" else int),
        originals=_texts(source, originals, kept),
        groups=_groups(source, described.group, kept, notes),
        categories={column: _rows_by_value(source, column, kept) for column in described.categories},
    )
    return replace(suite, notes=tuple(notes))


def _with_known_columns(described: SuiteFile, source: Source) -> SuiteFile:
    """The description with the columns of a published layout, unless it names its own."""
    found: dict[str, Any] = {}
    if set(DIAGNOSTIC) <= set(source.columns):
        found = {"text": ("Premise", "Hypothesis"), "label": "Label", "categories": DIAGNOSTIC}
    elif group := next((name for name in GROUPS if name in source.columns), None):
        found = {"group": group}
        if {"Text", "Sentiment"} <= set(source.columns):  # counterfactual reviews of Kaushik et al. 2020
            found |= {"text": ("Text",), "label": "Sentiment"}
    return described.model_copy(
        update={name: value for name, value in found.items() if not getattr(described, name)}
    )


def _original_columns(source: Source, text: Sequence[str]) -> tuple[str, ...]:
    """Columns of the unchanged texts, if there is one for any side; the other side then stands for itself."""
    names = [
        next((f"{prefix}{column}" for prefix in ORIGINALS if f"{prefix}{column}" in source.columns), column)
        for column in text
    ]
    return tuple(names) if names != list(text) else ()


def _texts(source: Source, columns: tuple[str, ...], kept: Sequence[int]) -> tuple[Texts, ...]:
    if not columns:
        return ()
    wanted = set(kept)
    return tuple(texts for row, texts, _ in examples(source, Columns(columns, None)) if row in wanted)


def _groups(source: Source, column: str | None, kept: Sequence[int], notes: list[str]) -> np.ndarray | None:
    """The number of each row's group.  *Shape:* (rows,)"""
    if column is None:
        return None
    wanted = set(kept)
    numbers: dict[str, int] = {}
    of_row = []
    for row, (value,) in source.rows((column,)):
        if row not in wanted:
            continue
        name = None if isinstance(value, list | dict) else label_name(value)
        if name is None:
            raise PocketBertError(
                f"{source.where}: row {row}, column '{column}': the group is empty; every row belongs to one"
            )
        of_row.append(numbers.setdefault(name, len(numbers)))
    sizes = np.bincount(of_row)
    if sizes.max() == 1:
        raise PocketBertError(
            f"{source.where}: column '{column}' is another in every row; name the column that rows of a group share"
        )
    if lone := int((sizes == 1).sum()):
        notes.append(f"{counted(lone, 'group')} of one row count as consistent when that row is right")
    return np.array(of_row)


def _rows_by_value(source: Source, column: str, kept: Sequence[int]) -> dict[str, np.ndarray]:
    """Positions of the rows that have each value of a column; a row without one has none."""
    position = {row: at for at, row in enumerate(kept)}
    found: dict[str, list[int]] = {}
    for row, (value,) in source.rows((column,)):
        if row in position and isinstance(value, str | int | float | bool):
            for name in filter(None, (part.strip() for part in (label_name(value) or "").split(";"))):
                found.setdefault(name, []).append(position[row])
    return {name: np.array(rows) for name, rows in sorted(found.items())}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
