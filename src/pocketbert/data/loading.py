"""From settings to splits: opens the sources and says what their columns and labels are."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.data.answers import (
    ANSWERS,
    CONTEXT,
    QUESTION,
    answer_columns,
    holds_answers,
    survey_questions,
)
from pocketbert.data.building import TEST, VALIDATION, Reading, build, write_whole
from pocketbert.data.columns import resolve_label, resolve_text
from pocketbert.data.describing import describe, describe_questions, describe_sets, task_labels
from pocketbert.data.files import SUFFIXES, is_file, open_source, require_file
from pocketbert.data.label_sets import set_columns, set_columns_of_task, survey_sets
from pocketbert.data.published import LABEL, choose_layout, published_source
from pocketbert.data.settings import DataSettings
from pocketbert.data.source import Source
from pocketbert.data.splits import Splits
from pocketbert.data.stored import hub_source
from pocketbert.data.survey import Columns, Survey, survey
from pocketbert.errors import ArgumentError, unknown_name
from pocketbert.tasks import Task, load_task, task_names

if TYPE_CHECKING:
    from datasets import Dataset


def load(settings: DataSettings) -> Splits:
    """The splits of a data file or of a task of the catalogue.

    Raises:
        ArgumentError: the settings name something that does not exist.
        PocketBertError: the data cannot be learned from; the message names the row.
    """
    for further in (settings.validation, settings.test):
        if further is not None:
            require_file(further)  # before the long work on the training rows
    path = Path(settings.source)
    if is_file(path):
        return _load_file(path, settings)
    if settings.source in task_names():
        return _load_task(load_task(settings.source), settings)
    if path.is_dir() or path.suffix.lower() in SUFFIXES or path.name != settings.source:
        return _load_file(path, settings)
    raise ArgumentError(f"no such file, and {unknown_name('task', settings.source[:80], task_names())}")


def read_examples(
    path: Path | str,
    task: Task,
    *,
    text: tuple[str, ...] = (),
    label: str | None = None,
    labelled: bool = True,
    cache_dir: Path | None = None,
) -> "Dataset":
    """Every row of a file for a given task: nothing is left out, row n of the result is row n of the file.

    Columns are those of the task unless named.  Without `labelled` no label is read.

    Raises:
        ArgumentError: a column does not exist.
        PocketBertError: a label is missing or not among the task's; the message names its row.
    """
    source = open_source(Path(path))
    columns = columns_for(source, task, text, label if labelled else None, labelled=labelled)
    return write_whole(source, columns, task, task_labels(task), "examples", cache_dir, keep_empty=True)[0]


def _load_file(path: Path, settings: DataSettings) -> Splits:
    if settings.data_dir is not None:
        raise ArgumentError(f"--data-dir belongs to a task of the catalogue, not to a file like {path}")
    source = open_source(path)
    if settings.kind == "spans" or (settings.kind is None and holds_answers(path)):
        return _load_questions(source, path, settings)
    text, text_guessed = resolve_text(source, settings.text, settings.label)
    if several := set_columns(source, settings, text):
        return _load_sets(source, path, *several, text_guessed, settings)
    label, label_guessed = resolve_label(source, settings.label, text)
    notes = []
    if text_guessed or label_guessed:
        text_words = " and ".join(f"'{column}'" for column in text)
        guessed = [f"text from {text_words} (--text)"] * text_guessed + [
            f"label from '{label}' (--label)"
        ] * label_guessed
        notes.append(f"columns guessed: {', '.join(guessed)}")
    found = survey(source, Columns(text, label), settings.kind)
    if found.number_texts == found.rows - found.empty_rows:
        notes.append(f"column '{text[0]}' holds only numbers; they are taken as text")
    task, labels, decisions = describe(found, path, settings.kind)
    return build(task, labels, found, _named(task, settings), None, notes + decisions, settings)


def _load_sets(
    source: Source, path: Path, columns: Columns, notes: list[str], text_guessed: bool, settings: DataSettings
) -> Splits:
    if text_guessed:
        notes = [f"column guessed: text from '{columns.text[0]}' (--text)", *notes]
    found = survey_sets(source, columns)
    task, labels, decisions = describe_sets(found, path)
    return build(task, labels, found, _named(task, settings), None, notes + decisions, settings)


def _load_questions(source: Source, path: Path, settings: DataSettings) -> Splits:
    columns = answer_columns(source, settings.text, settings.label)
    found = survey_questions(source, columns, unanswerable=True)
    task, notes = describe_questions(found, path)
    return build(task, task_labels(task), found, _named(task, settings), None, notes, settings)


def _load_task(task: Task, settings: DataSettings) -> Splits:
    if settings.text or settings.label or settings.kind or settings.label_columns or settings.label_separator:
        raise ArgumentError(
            f"task '{task.name}' names its own columns and labels; leave --text, --label and kind out"
        )
    train: Reading
    others: dict[str, Reading] = {}
    test_split = None
    notes: list[str] = []
    if settings.data_dir is not None:
        folder = settings.data_dir
        layout = choose_layout(task, folder)
        columns = Columns(layout.text, layout.label or LABEL, separator=layout.separator)
        train = published_source(layout, layout.train, folder), columns
        if layout.development:
            others[VALIDATION] = published_source(layout, layout.development, folder), columns
        if layout.test:
            others[TEST] = published_source(layout, layout.test, folder), columns
        for name, parts in layout.further.items():
            others[name] = published_source(layout, parts, folder), columns
        if layout.test_share is not None:
            test_split = layout.test_share, layout.seed
            notes.append(
                f"no test split was published: {layout.test_share:.0%} of the rows, by the hash of their text"
            )
    elif task.hub is not None:
        hub = task.hub
        columns = Columns(hub.text, hub.label, hub.listed)
        train = hub_source(hub, hub.train, settings.cache_dir), columns
        if hub.development:
            others[VALIDATION] = hub_source(hub, hub.development, settings.cache_dir), columns
        if hub.test:
            others[TEST] = hub_source(hub, hub.test, settings.cache_dir), columns
        for name, split in hub.further.items():
            others[name] = hub_source(hub, split, settings.cache_dir), columns
    else:
        raise ArgumentError(f"task '{task.name}' is not on the hub; name its folder with --data-dir")
    tested = TEST in others or test_split is not None or settings.test is not None
    if not tested and VALIDATION in others:
        others[TEST] = others.pop(VALIDATION)
        notes.append("the development split is the test split, as no labelled test split was published")
    found = _survey(*train, task)
    return build(task, task_labels(task), found, others | _named(task, settings), test_split, notes, settings)


def _survey(source: Source, columns: Columns, task: Task) -> Survey:
    if task.kind == "spans":
        return survey_questions(source, columns, unanswerable=task.unanswerable)
    if task.kind == "multilabel":
        return survey_sets(source, columns)
    return survey(source, columns, task.kind)


def _named(task: Task, settings: DataSettings) -> dict[str, Reading]:
    """The files of further splits that the settings name."""
    files = {VALIDATION: settings.validation, TEST: settings.test}
    return {name: _reading(path, task, settings) for name, path in files.items() if path is not None}


def _reading(path: Path, task: Task, settings: DataSettings) -> Reading:
    source = open_source(path)
    label = settings.label
    if task.kind == "multilabel" and label not in source.columns:
        label = None  # it may have a column for each label
    columns = columns_for(source, task, settings.text, label, labelled=True)
    if settings.label_separator is not None:
        columns = replace(columns, separator=settings.label_separator)
    return source, columns


def columns_for(
    source: Source, task: Task, text: tuple[str, ...], label: str | None, *, labelled: bool
) -> Columns:
    """Columns of a further file of a task: as named, else as the task or one of its layouts calls them."""
    layouts = [layout for layout in (task.hub, *task.files) if layout is not None]
    candidates = [task.text, *(layout.text for layout in layouts), ("text", "text_pair")[: len(task.text)]]
    if task.kind == "spans":
        candidates.append((QUESTION, CONTEXT))
    known = next((names for names in candidates if set(names) <= set(source.columns)), task.text)
    text = text or known
    if len(text) != len(task.text):
        raise ArgumentError(f"task '{task.name}' has {len(task.text)} text column(s), not {len(text)}")
    for column in text:
        source.require(column)
    if not labelled:
        return Columns(text, None)
    if task.kind == "multilabel":
        known_columns = Columns(text, task.label, separator=task.separator)
        return set_columns_of_task(source, text, label, task.labels, known_columns)
    if label is None:
        usual = ANSWERS if task.kind == "spans" else "label"
        names = [task.label, *(layout.label for layout in layouts if layout.label), usual]
        label = next((name for name in names if name in source.columns), task.label)
    source.require(label)
    return Columns(text, label)
