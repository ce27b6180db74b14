"""From surveyed rows to splits on disk: which row goes where, and the writing of all of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.data.answers import questions
from pocketbert.data.label_sets import label_sets
from pocketbert.data.labels import Labels
from pocketbert.data.settings import DataSettings
from pocketbert.data.source import Source
from pocketbert.data.splits import Splits
from pocketbert.data.splitting import held_back, sample
from pocketbert.data.storage import Example, ExampleWriter, LabelType, prepared_folder
from pocketbert.data.survey import Columns, Survey, examples, text_hash
from pocketbert.errors import PocketBertError
from pocketbert.tasks import Task
from pocketbert.wording import counted

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray

Reading = tuple[Source, Columns]

VALIDATION, TEST = "validation", "test"
_LEAST_VALIDATION = 500  # rows, when a limit also shortens the validation split
_TRAIN, _VALIDATION, _TEST = 1, 2, 3
_SPLITS = {_TRAIN: "train", _VALIDATION: VALIDATION, _TEST: TEST}
_VALIDATION_SALT, _SAMPLE_SALT, _TEST_SALT = 0, 1, 1000


def build(
    task: Task,
    labels: Labels,
    found: Survey,
    others: dict[str, Reading],
    test_split: tuple[float, int] | None,
    notes: list[str],
    settings: DataSettings,
) -> Splits:
    """Divides the surveyed rows, reads the other splits by their names, and writes all of them.

    `test_split`: the share of rows that test, and its seed, where there is no other test split.
    """
    import numpy as np

    test_split = None if TEST in others else test_split
    places, division = _divide(found, task, VALIDATION not in others, test_split, settings)
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
        written[name], left_out[name] = write_whole(
            *reading, task, labels, name, settings.cache_dir, keep_empty=name != VALIDATION
        )
        if left_out[name]:
            notes.append(f"{counted(left_out[name], 'row')} of {reading[0].where} left out: no text")
    test = written.get(TEST)
    further = {name: written[name] for name in others if name not in (VALIDATION, TEST)}
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


def write_whole(
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
