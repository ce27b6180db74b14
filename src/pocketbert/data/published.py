"""The files a task was published in, and its splits on the hub, as sources."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from pocketbert.data.json_records import line_records, record_source
from pocketbert.data.source import Row, Source
from pocketbert.data.squad import squad_source
from pocketbert.data.tabular import check_bytes, delimited_columns, delimited_rows, published_rows
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.tasks import FilesLayout, Part, Task

LABEL = "label of the file"
"""Column of the label that a whole file has."""


def choose_layout(task: Task, folder: Path) -> FilesLayout:
    """The first layout of the task whose files all lie in `folder`.

    Raises:
        ArgumentError: there is none; the message names the files that lack.
    """
    if not folder.is_dir():
        raise ArgumentError(f"{folder}: no such folder")
    if not task.files:
        raise ArgumentError(f"task '{task.name}' has no published files; leave --data-dir out")
    for layout in task.files:
        if not _missing(layout, folder):
            return layout
    missing = _missing(task.files[-1], folder)
    raise ArgumentError(f"{folder} lacks {', '.join(missing)} of task '{task.name}'")


def _missing(layout: FilesLayout, folder: Path) -> list[str]:
    names = [name for part in layout.parts for name in (part.file, part.exclude) if name]
    return [name for name in dict.fromkeys(names) if not (folder / name).is_file()]


def published_source(layout: FilesLayout, parts: Sequence[Part], folder: Path) -> Source:
    """The rows of a split, which may lie in several files; they are counted through."""
    sources = [_part(layout, part, folder) for part in parts]
    if len(sources) == 1:
        return sources[0]

    def rows(names: Sequence[str]) -> Iterator[Row]:
        values = chain.from_iterable(source.rows(names) for source in sources)
        yield from ((number, row) for number, (_, row) in enumerate(values, 1))

    return Source(str(folder), sources[0].columns, rows, tuple(source.identity for source in sources))


def _part(layout: FilesLayout, part: Part, folder: Path) -> Source:
    path = folder / part.file
    if layout.encoding == "utf-8":
        check_bytes(path)
    if layout.format == "csv":
        columns = delimited_columns(path, ",")
        source = Source(
            str(path), columns, lambda names: delimited_rows(path, ",", columns, names), Source.state_of(path)
        )
    elif layout.format == "squad":
        source = squad_source(path)
    elif layout.format == "jsonl":
        source = record_source(str(path), path, line_records)
    elif layout.format == "tsv":
        source = _table(layout, part, path)
    else:
        source = _lines(layout, path)
    if part.exclude:
        source = _without(source, folder / part.exclude, part.key)
    return _labelled(source, part.label) if part.label else source


def _table(layout: FilesLayout, part: Part, path: Path) -> Source:
    columns = part.columns or tuple(next(published_rows(path, "\t", layout.encoding), ()))

    def rows(names: Sequence[str]) -> Iterator[Row]:
        positions = [columns.index(name) for name in names]
        lines = published_rows(path, "\t", layout.encoding)
        if not part.columns:
            next(lines, None)
        for row, values in enumerate(lines, 1):
            if len(values) > max(positions):
                yield row, tuple(values[position] for position in positions)
            elif not layout.skip_ragged:
                raise PocketBertError(f"{path}: row {row} has {len(values)} values, not {len(columns)}")

    return Source(str(path), columns, rows, Source.state_of(path))


def _lines(layout: FilesLayout, path: Path) -> Source:
    pattern = re.compile(layout.pattern or "(?P<text>.*)")

    def rows(names: Sequence[str]) -> Iterator[Row]:
        for row, (line,) in enumerate(published_rows(path, "\n", layout.encoding), 1):
            found = pattern.fullmatch(line)
            if found is None:
                raise PocketBertError(f"{path}: line {row} is not written as '{layout.pattern}' says")
            yield row, found.group(*names) if len(names) > 1 else (found.group(names[0]),)

    return Source(str(path), tuple(pattern.groupindex), rows, Source.state_of(path))


def _without(source: Source, keys: Path, key: Sequence[str]) -> Source:
    """The rows whose key is not listed in the file `keys`."""

    def rows(names: Sequence[str]) -> Iterator[Row]:
        left_out = {tuple(values) for values in published_rows(keys, "\t", "utf-8")}
        for row, values in source.rows([*names, *key]):
            if values[len(names) :] not in left_out:
                yield row, values[: len(names)]

    return Source(source.where, source.columns, rows, (*source.identity, *Source.state_of(keys)))


def _labelled(source: Source, label: str) -> Source:
    def rows(names: Sequence[str]) -> Iterator[Row]:
        own = [name for name in names if name != LABEL]
        for row, values in source.rows(own):
            given = dict(zip(own, values, strict=True))
            yield row, tuple(given.get(name, label) for name in names)

    return Source(source.where, (*source.columns, LABEL), rows, (*source.identity, label))
