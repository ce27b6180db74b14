"""From settings to splits: opens the sources, decides which row goes where, writes the rows to disk."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.data.answers import (
    ANSWERS,
    CONTEXT,
    QUESTION,
    answer_columns,
    holds_answers,
    questions,
    survey_questions,
)
from pocketbert.data.columns import resolve_label, resolve_text
from pocketbert.data.describing import describe, describe_questions, describe_sets, task_labels
from pocketbert.data.files import SUFFIXES, is_file, open_source, require_file
from pocketbert.data.label_sets import label_sets, set_columns, set_columns_of_task, survey_sets
from pocketbert.data.labels import Labels
from pocketbert.data.published import LABEL, choose_layout, published_source
from pocketbert.data.settings import DataSettings
from pocketbert.data.source import Source
from pocketbert.data.splits import Splits
from pocketbert.data.splitting import held_back, sample
from pocketbert.data.storage import Example, ExampleWriter, LabelType, prepared_folder
from pocketbert.data.stored import hub_source
from pocketbert.data.survey import Columns, Survey, examples, survey, text_hash
from pocketbert.errors import ArgumentError, PocketBertError, unknown_name
from pocketbert.tasks import Task, load_task, task_names
from pocketbert.wording import counted

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray

Reading = tuple[Source, Columns]

_LEAST_VALIDATION = 500  # rows, when a limit also shortens the validation split
_TRAIN, _VALIDATION, _TEST = 1, 2, 3
_VALIDATING, _TESTING = "validation", "test"
_SPLITS = {_TRAIN: "train", _VALIDATION: _VALIDATING, _TEST: _TESTING}
_VALIDATION_SALT, _SAMPLE_SALT, _TEST_SALT = 0, 1, 1000


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
    return _write_whole(source, columns, task, task_labels(task), "examples", cache_dir, keep_empty=True)[0]


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
    return _build(task, labels, found, {}, None, notes + decisions, settings)


def _load_sets(
    source: Source, path: Path, columns: Columns, notes: list[str], text_guessed: bool, settings: DataSettings
) -> Splits:
    if text_guessed:
        notes = [f"column guessed: text from '{columns.text[0]}' (--text)", *notes]
    found = survey_sets(source, columns)
    task, labels, decisions = describe_sets(found, path)
    return _build(task, labels, found, {}, None, notes + decisions, settings)


def _load_questions(source: Source, path: Path, settings: DataSettings) -> Splits:
    columns = answer_columns(source, settings.text, settings.label)
    found = survey_questions(source, columns, unanswerable=True)
    task, notes = describe_questions(found, path)
    return _build(task, task_labels(task), found, {}, None, notes, settings)


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
            others[_VALIDATING] = published_source(layout, layout.development, folder), columns
        if layout.test:
            others[_TESTING] = published_source(layout, layout.test, folder), columns
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
            others[_VALIDATING] = hub_source(hub, hub.development, settings.cache_dir), columns
        if hub.test:
            others[_TESTING] = hub_source(hub, hub.test, settings.cache_dir), columns
        for name, split in hub.further.items():
            others[name] = hub_source(hub, split, settings.cache_dir), columns
    else:
        raise ArgumentError(f"task '{task.name}' is not on the hub; name its folder with --data-dir")
    tested = _TESTING in others or test_split is not None or settings.test is not None
    if not tested and _VALIDATING in others:
        others[_TESTING] = others.pop(_VALIDATING)
        notes.append("the development split is the test split, as no labelled test split was published")
    found = _survey(*train, task)
    return _build(task, task_labels(task), found, others, test_split, notes, settings)


def _survey(source: Source, columns: Columns, task: Task) -> Survey:
    if task.kind == "spans":
        return survey_questions(source, columns, unanswerable=task.unanswerable)
    if task.kind == "multilabel":
        return survey_sets(source, columns)
    return survey(source, columns, task.kind)


def _build(
    task: Task,
    labels: Labels,
    found: Survey,
    others: dict[str, Reading],
    test_split: tuple[float, int] | None,
    notes: list[str],
    settings: DataSettings,
) -> Splits:
    """Divides the surveyed rows, reads the other splits by their names, and writes all of them."""
    import numpy as np

    if settings.validation is not None:
        others = others | {_VALIDATING: _reading(settings.validation, task, settings)}
    if settings.test is not None:
        others, test_split = others | {_TESTING: _reading(settings.test, task, settings)}, None
    places, division = _divide(found, task, _VALIDATING not in others, test_split, settings)
    notes = [*notes, *division]
    if found.empty_rows:
        notes.append(f"{counted(found.empty_rows, 'row')} of {found.source.where} left out: no text")
    if found.moved_answers:
        notes.append(
            f"{counted(found.moved_answers, 'answer')} of {found.source.where} taken where the context has the text, a "
            "few characters beside answer_start"
        )
    left_out = {"train": found.empty_rows}
    inner = sorted(_SPLITS[int(place)] for place in np.unique(places) if place)
    folder = prepared_folder(settings.cache_dir, settings.model_dump_json(), found.source.identity)
    written = ExampleWriter(folder, inner, pair=task.is_pair, label=_label_type(task)).write(
        (split, example)
        for place, example in zip(places, _labelled(found.source, found.columns, task, labels), strict=True)
        if (split := _SPLITS.get(int(place)))
    )
    for name, reading in others.items():
        written[name], left_out[name] = _write_whole(
            *reading, task, labels, name, settings.cache_dir, keep_empty=name != _VALIDATING
        )
        if left_out[name]:
            notes.append(f"{counted(left_out[name], 'row')} of {reading[0].where} left out: no text")
    test = written.get(_TESTING)
    further = {name: written[name] for name in others if name not in (_VALIDATING, _TESTING)}
    return Splits(task, written["train"], written["validation"], test, tuple(notes), left_out, further)


def _divide(
    found: Survey,
    task: Task,
    hold_validation: bool,
    test_split: tuple[float, int] | None,
    settings: DataSettings,
) -> "tuple[NDArray[np.uint8], list[str]]":
    """The split of every row (0: none), and notes.  *Shape:* (rows,)"""
    import numpy as np

    hashes, numbers = found.text_hashes(), found.label_numbers(task.kind)
    places = np.where(hashes == 0, 0, _TRAIN).astype(np.uint8)
    notes = []
    if test_split is not None:
        share, seed = test_split
        places[held_back(hashes, numbers, places == _TRAIN, share, salt=_TEST_SALT + seed)] = _TEST
    if hold_validation:
        share = settings.validation_share
        places[held_back(hashes, numbers, places == _TRAIN, share, salt=_VALIDATION_SALT)] = _VALIDATION
    available = int((places == _TRAIN).sum())
    if settings.limit is not None and settings.limit < available:
        ratio = settings.validation_share / (1 - settings.validation_share)
        sizes = {_TRAIN: settings.limit, _VALIDATION: max(_LEAST_VALIDATION, round(settings.limit * ratio))}
        for place, size in sizes.items():
            there = places == place
            places[there & ~sample(hashes, numbers, there, size, salt=_SAMPLE_SALT)] = 0
        notes.append(f"a fixed sample of {settings.limit:,} of {available:,} training rows")
    if hold_validation:
        held = int((places == _VALIDATION).sum())
        if not held:
            raise PocketBertError(
                f"{found.source.where}: too few different texts to hold any back for validation; "
                "add rows, or name a file with --validation"
            )
        notes.append(f"validation: {counted(held, 'row')} held back from training, by the hash of their text")
    return places, notes


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


def _write_whole(
    source: Source,
    columns: Columns,
    task: Task,
    labels: Labels,
    split: str,
    cache_dir: Path | None,
    *,
    keep_empty: bool,
) -> "tuple[Dataset, int]":
    """Writes every row of a source as one split; also the number of rows left out for their empty text."""
    left_out = 0

    def kept() -> Iterator[tuple[str, Example]]:
        nonlocal left_out
        for example in _labelled(source, columns, task, labels):
            if not keep_empty and text_hash(example[0]) == 0:
                left_out += 1
            else:
                yield split, example

    folder = prepared_folder(cache_dir, source.where, columns, task.labels, task.kind, source.identity)
    kind = _label_type(task) if columns.labelled else None
    written = ExampleWriter(folder, [split], pair=task.is_pair, label=kind).write(kept())
    return written[split], left_out


def _labelled(source: Source, columns: Columns, task: Task, labels: Labels) -> Iterator[Example]:
    if task.kind == "spans" and columns.label is not None:
        for question in questions(source, columns, unanswerable=task.unanswerable):
            yield question.texts, question.answers
        return
    if task.kind == "multilabel" and columns.labelled:
        for labelled in label_sets(source, columns):
            where = f"{source.where}: row {labelled.row}, column '{columns.label}'"
            yield labelled.texts, labels.read_set(labelled.names, where)
        return
    for row, texts, name in examples(source, columns):
        if columns.label is None:
            yield texts, None
            continue
        where = f"{source.where}: row {row}, column '{columns.label}'"
        if name is None:
            raise PocketBertError(f"{where}: the label is missing")
        yield texts, labels.read(name, where)


def _label_type(task: Task) -> LabelType:
    types: dict[str, LabelType] = {
        "classification": "int",
        "multilabel": "set",
        "regression": "float",
        "spans": "answers",
    }
    return types[task.kind]
