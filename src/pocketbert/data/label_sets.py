"""Several labels a row, or none: lists, names joined by a separator, or a column of 0 and 1 for each label."""

import ast
import json
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from pocketbert.data.columns import VIEW_COLUMNS, named_like_a_label, resolve_label
from pocketbert.data.labels import MOST_LABELS, label_name
from pocketbert.data.settings import DataSettings
from pocketbert.data.source import Source
from pocketbert.data.survey import Columns, Survey, row_hashes, text_hash, text_of
from pocketbert.errors import ArgumentError, PocketBertError

SEPARATORS = ("|", ";")
"""What is taken for a separator unasked; commas and spaces stand in names too often."""

_PEEKED = 2_000
_ON, _OFF = ("1", "true"), ("0", "false")


class LabelledTexts(NamedTuple):
    """A row: its number from 1, its texts, the names of its labels."""

    row: int
    texts: tuple[str, ...]
    names: tuple[str, ...]


def set_columns(
    source: Source, settings: DataSettings, text: tuple[str, ...]
) -> tuple[Columns, list[str]] | None:
    """The columns of a file whose rows have several labels, and what was guessed; None for any other file.

    Such a file is told by lists in its label column, by names that are joined and stand alone elsewhere, or by
    columns of 0 and 1 where no column is called like a label.

    Raises:
        ArgumentError: a column does not exist, or the settings contradict each other.
    """
    asked = bool(settings.label_columns or settings.label_separator)
    if asked and settings.kind not in (None, "multilabel"):
        raise ArgumentError(
            f'--label-column and --label-separator are of several labels a row, not of kind "{settings.kind}"; '
            "leave them or kind out"
        )
    if settings.kind not in (None, "multilabel"):
        return None
    if settings.label_columns:
        return _named_columns(source, settings, text), []
    wanted = asked or settings.kind == "multilabel"
    named = settings.label or named_like_a_label(source, text)
    binary = () if named else _binary_columns(source, text)
    if len(binary) > 1:
        shown = ", ".join(f"'{name}'" for name in binary[:4]) + (", ..." if len(binary) > 4 else "")
        note = f"several labels a row, from the columns of 0 and 1 {shown} (--label-column)"
        return Columns(text, None, label_columns=binary), [note]
    if not (wanted or named):
        return None
    label, guessed = resolve_label(source, settings.label, text)
    lists, separator = _written(source, label)
    if settings.label_separator is not None:
        separator = settings.label_separator
    elif not (wanted or lists or separator):
        return None
    notes = [f"column guessed: labels from '{label}' (--label)"] if guessed else []
    joined = f"joined by '{separator}' " if separator and not lists else ""
    if not wanted:
        hint = "" if lists else '; where each value is one label, set kind = "classification"'
        notes.append(f"several labels a row, {joined}in column '{label}'{hint}")
    return Columns(text, label, separator=separator), notes


def set_columns_of_task(
    source: Source, text: tuple[str, ...], label: str | None, names: Sequence[str], known: Columns
) -> Columns:
    """The columns of labels in a further file of a task, whose own file or layout has the `known` ones.

    Raises:
        ArgumentError: the file has neither a column of labels nor one for each of them.
    """
    if label is None and known.label in source.columns:
        label = known.label
    if label is not None:
        source.require(label)
        return Columns(text, label, separator=known.separator or _written(source, label)[1])
    if set(names) & set(source.columns):
        for name in names:
            source.require(name)
        return Columns(text, None, label_columns=tuple(names))
    raise ArgumentError(
        f"{source.where}: no column '{known.label}' of labels, and none called like a label of the task, such as "
        f"'{names[0]}'; name a column with --label (columns: {', '.join(source.columns)})"
    )


def label_sets(source: Source, columns: Columns) -> Iterator[LabelledTexts]:
    """Each row of a source with the names of its labels, each once, in the order they stand in.

    Raises:
        ArgumentError: the source lacks a column.
        PocketBertError: labels are missing or cannot be read; the message names row and column.
    """
    for column in columns.names:
        source.require(column)
    sides = len(columns.text)
    for row, values in source.rows(columns.names):
        texts = tuple(text_of(values[side], source, row, columns.text[side]) for side in range(sides))
        where = f"{source.where}: row {row}, column"
        if columns.label_columns:
            given = zip(columns.label_columns, values[sides:], strict=True)
            names = tuple(name for name, value in given if _is_on(value, f"{where} '{name}'"))
        else:
            names = read_names(values[sides], f"{where} '{columns.label}'", columns.separator)
        yield LabelledTexts(row, texts, names)


def read_names(value: object, where: str, separator: str | None = None) -> tuple[str, ...]:
    """Names of labels as a file holds them: a list, also as JSON or as Python prints it, or names with a separator
    between them.  Nothing between separators, and no value in a column of text, is no label.

    Raises:
        PocketBertError: labels are missing, or one is empty or no name; `where` is the place for the message.
    """
    parts: Sequence[object]
    if isinstance(value, list):
        parts = value
    elif value is None:
        raise PocketBertError(
            f"{where}: the labels are missing; where there are none, write [] or an empty text"
        )
    elif isinstance(value, str) and (listed := _printed_list(value)) is not None:
        parts = listed
    elif isinstance(value, str) and not value.strip():
        parts = ()
    elif isinstance(value, str) and separator is not None:
        parts = [part for part in value.split(separator) if part or not separator.isspace()]
    else:
        parts = (value,)
    names = []
    for part in parts:
        try:
            name = label_name(part)
        except TypeError:
            raise PocketBertError(f"{where}: a label must be a text or a number, not {part!r:.60}") from None
        if name is None:
            raise PocketBertError(f"{where}: an empty label in {value!r:.80}; remove it")
        names.append(name)
    return tuple(dict.fromkeys(names))


def survey_sets(source: Source, columns: Columns) -> Survey:
    """Reads the source once.  A row counts, for splits, as one of the rarest of its labels, so that each is spread.

    Raises:
        PocketBertError: a row cannot be read, there are too many labels, or every text is empty.
    """
    found = Survey(source, columns)
    found.counts = Counter(dict.fromkeys(columns.label_columns, 0))
    combinations: dict[tuple[str, ...], int] = {}
    of_rows = array("i")
    rows = zip(label_sets(source, columns), row_hashes(source, columns.text), strict=False)
    for one, row_hash in rows:
        hashed = text_hash(one.texts) and (row_hash or text_hash(one.texts))
        found.hashes.append(hashed)
        found.empty_rows += hashed == 0
        found.counts.update(one.names)
        of_rows.append(combinations.setdefault(one.names, len(combinations)))
        if len(found.counts) > MOST_LABELS:
            raise PocketBertError(
                f"{source.where}: {_named(columns)} has more than {MOST_LABELS} different labels: these are no "
                "labels; name another column with --label"
            )
    if found.rows == found.empty_rows:
        raise PocketBertError(f"{source.where}: every text in column '{columns.text[0]}' is empty")
    ids = {name: number for number, name in enumerate(found.counts)}
    rarest = [
        min((found.counts[name], ids[name]) for name in names)[1] if names else -1 for names in combinations
    ]
    found.label_ids = array("h", (rarest[combination] for combination in of_rows))
    return found


def _named_columns(source: Source, settings: DataSettings, text: tuple[str, ...]) -> Columns:
    if settings.label or settings.label_separator:
        raise ArgumentError(
            "--label-column names columns of 0 and 1; leave --label and --label-separator out, or name one column "
            "with --label"
        )
    for name in settings.label_columns:
        source.require(name)
        if name in text:
            raise ArgumentError(
                f"{source.where}: column '{name}' is both a text and a label; name two columns"
            )
        if settings.label_columns.count(name) > 1:
            raise ArgumentError(f"{source.where}: column '{name}' is named twice as a label; name it once")
    return Columns(text, None, label_columns=settings.label_columns)


def _binary_columns(source: Source, text: tuple[str, ...]) -> tuple[str, ...]:
    """Columns that hold nothing but 0 and 1 in the first rows."""
    columns = [column for column in source.columns if column not in (*text, *VIEW_COLUMNS)]
    seen: list[set[str]] = [set() for _ in columns]
    for _, values in islice(source.rows(columns), _PEEKED):
        for of_column, value in zip(seen, values, strict=True):
            of_column.add(_folded(value))
    either = {*_ON, *_OFF}
    return tuple(name for name, values in zip(columns, seen, strict=True) if values and values <= either)


def _written(source: Source, label: str) -> tuple[bool, str | None]:
    """Whether a column holds lists, and else the separator of its names, if its values show one.

    A separator joins names some of which stand in several values: the names are fewer than the values.
    """
    values = [value for _, (value,) in islice(source.rows([label]), _PEEKED)]
    given = [value for value in values if value is not None and value != ""]
    if any(isinstance(value, list) or _printed_list(value) is not None for value in given):
        return True, None
    different = {value for value in given if isinstance(value, str)}
    for separator in SEPARATORS:
        names = {part.strip() for value in different for part in value.split(separator)}
        joined = any(separator in value for value in different)
        if joined and "" not in names and len(names) < len(different):
            return False, separator
    return False, None


def _printed_list(value: object) -> list[object] | None:
    """A list as JSON or Python writes it, in a column of text."""
    if not isinstance(value, str) or not (value.lstrip().startswith("[") and value.rstrip().endswith("]")):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(value.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, list):
            return found
    return None


def _is_on(value: object, where: str) -> bool:
    folded = _folded(value)
    if folded not in (*_ON, *_OFF):
        shown = "nothing" if folded == "" else repr(value)[:40]
        raise PocketBertError(f"{where}: 0 or 1 was expected, not {shown}")
    return folded in _ON


def _folded(value: object) -> str:
    try:
        return (label_name(value) or "").casefold()
    except TypeError:
        return repr(value)


def _named(columns: Columns) -> str:
    return f"column '{columns.label}'" if columns.label else "the columns of labels"
