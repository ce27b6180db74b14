"""The task that a user's file turns out to be."""

import re
from pathlib import Path

from pocketbert.data.answers import UNANSWERED
from pocketbert.data.labels import Kind, Labels, declared_labels, found_labels, guess_kind
from pocketbert.data.survey import Survey
from pocketbert.errors import PocketBertError
from pocketbert.tasks import Metric, Task
from pocketbert.wording import counted

QUESTIONS = "qa"
"""The augmentation preset of questions whose answers are spans."""
QUESTIONS_LENGTH = 384
"""Tokens of a question with a window of its context (Devlin et al. 2019, section 4.2)."""

_UNBALANCED = 0.8
_FEW_NUMBERS = 10
_JOINED = re.compile(r"[|;,]")
_JOINED_CLEARLY = re.compile(r"[|;]")


def describe(found: Survey, path: Path, kind: Kind | None) -> tuple[Task, Labels, list[str]]:
    """The task, its labels, and notes on what was decided.

    Raises:
        PocketBertError: there is nothing to learn, as all labels are the same.
    """
    column = found.columns.label
    if len(found.counts) == 1:
        raise PocketBertError(
            f"{path}: every label in column '{column}' is '{next(iter(found.counts))}'; "
            "there is nothing to learn from one class"
        )
    decided = kind or ("regression" if found.many_numbers else guess_kind(found.counts))
    notes = []
    if kind is None and decided == "regression":
        notes.append(
            f"column '{column}' holds many different numbers ({found.lowest:g} to {found.highest:g}): "
            'taken as a regression; for classes set kind = "classification"'
        )
    elif kind is None and len(found.counts) > _FEW_NUMBERS and found.lowest < found.highest:
        notes.append(
            f"column '{column}' holds {len(found.counts)} different whole numbers: taken as classes; "
            'for a regression set kind = "regression"'
        )
    joined = next(filter(_JOINED_CLEARLY.search, found.counts), None)
    if kind is None and decided == "classification" and joined is not None:
        notes.append(
            f"'{joined[:40]}' in column '{column}' is taken as one label; if it joins several, say by what with "
            "--label-separator"
        )
    labels = found_labels(decided, found.counts)
    metrics: tuple[Metric, ...]
    main: Metric
    if decided == "regression":
        metrics, main = ("pearson", "spearman"), "pearson"
    else:
        metrics, main = ("accuracy", "f1_macro"), "accuracy"
        if len(labels.names) == 2:
            metrics = (*metrics, "f1", "matthews")
            notes.append(f"F1 counts '{labels.names[1]}' as the positive label")
        largest, count = found.counts.most_common(1)[0]
        if count / found.rows > _UNBALANCED:
            main = "f1_macro"
            notes.append(
                f"{count / found.rows:.0%} of the rows are '{largest}': "
                "the checkpoint is chosen by macro F1, not accuracy"
            )
    task = Task(
        name=path.stem,
        title=f"{column} of {' and '.join(found.columns.text)} in {path.name}",
        kind=decided,
        text=found.columns.text,
        label=column or "label",
        labels=labels.names,
        label_range=(found.lowest, found.highest) if decided == "regression" else None,
        metrics=metrics,
        main_metric=main,
    )
    return task, labels, notes


def describe_sets(found: Survey, path: Path) -> tuple[Task, Labels, list[str]]:
    """The task of a file whose rows have several labels, its labels, and notes on what was decided.

    Raises:
        PocketBertError: no row has a label, or every row has every label.
    """
    columns, labels = found.columns, found_labels("multilabel", found.counts)
    given = f"column '{columns.label}'" if columns.label else "the columns of labels"
    if not found.counts.total():
        raise PocketBertError(f"{path}: no row has a label in {given}; there is nothing to learn")
    if found.counts.total() == found.rows * len(labels.names):
        raise PocketBertError(f"{path}: every row has every label in {given}; there is nothing to learn")
    without = sum(number < 0 for number in found.label_ids)
    notes = [
        f"{counted(len(labels.names), 'label')}, {found.counts.total() / found.rows:.2f} a row on average; "
        f"{without:,} of {counted(found.rows, 'row')} have none"
    ]
    joined = next((name for name in labels.names if columns.separator is None and _JOINED.search(name)), None)
    if joined is not None and columns.label:
        notes.append(
            f"'{joined[:40]}' is taken as one label; if it joins several, say by what with --label-separator"
        )
    task = Task(
        name=path.stem,
        title=f"{columns.label or 'labels'} of {' and '.join(columns.text)} in {path.name}",
        kind="multilabel",
        text=columns.text,
        label=columns.label or "labels",
        labels=labels.names,
        separator=columns.separator,
        metrics=("f1_micro", "f1_macro", "exact_match"),
        main_metric="f1_micro",
    )
    return task, labels, notes


def describe_questions(found: Survey, path: Path) -> tuple[Task, list[str]]:
    """The task of a file whose labels are answers to questions, and notes on what was decided."""
    without = found.counts[UNANSWERED]
    question, context = found.columns.text
    task = Task(
        name=path.stem,
        title=f"{found.columns.label} to {question} in {context}, in {path.name}",
        kind="spans",
        text=found.columns.text,
        label=found.columns.label or "answers",
        unanswerable=without > 0,
        metrics=("f1_tokens", "exact_match"),
        main_metric="f1_tokens",
        augmentation=QUESTIONS,
        max_length=QUESTIONS_LENGTH,
    )
    none = "none of them without an answer: the run always gives one"
    some = f"{without:,} of them without an answer in their context: the run may say that there is none"
    return task, [f"{counted(found.rows, 'question')} for answer spans, {some if without else none}"]


def task_labels(task: Task) -> Labels:
    """How the label column of a file for `task` is read."""
    layouts = [layout for layout in (task.hub, *task.files) if layout is not None]
    if task.kind == "spans":
        return Labels(task.kind, (), {})
    if not layouts:
        return found_labels(task.kind, dict.fromkeys(task.labels, 0))
    values = {value: name for layout in layouts for value, name in layout.values.items()}
    return declared_labels(task.kind, task.labels, values)
