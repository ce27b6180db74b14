"""Rows to a new file that appears whole or not at all: CSV, TSV, JSON lines or Parquet, by its ending."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from pocketbert.data.parquet_rows import (
    PARQUET,
    Given,
    Part,
    WritePart,
    found_schema,
    parquet_schema,
    parquet_writer,
    with_columns,
)
from pocketbert.data.source import Source
from pocketbert.errors import ArgumentError, PocketBertError, disk_refusal
from pocketbert.writing import whole

TEXT_SUFFIXES = (".csv", ".tsv", ".jsonl")
SUFFIXES = (*TEXT_SUFFIXES, PARQUET)

WriteRow = Callable[[Sequence[Any]], None]


def require_new_file(path: Path, suffixes: Sequence[str] = SUFFIXES) -> None:
    """Raises `ArgumentError` unless `--out` names a file that can be made, with one of these endings."""
    if path.suffix.lower() not in suffixes:
        raise ArgumentError(f"--out {path}: end its name in one of {', '.join(suffixes)}")
    if path.exists():
        raise ArgumentError(f"--out {path} exists already; name a new file")
    if not path.parent.is_dir():
        raise ArgumentError(f"--out {path}: no folder {path.parent}")


@contextmanager
def written_text(path: Path) -> Iterator[TextIO]:
    """A text file that takes its name only once it is complete; what UTF-8 cannot hold becomes `?`.

    Raises:
        PocketBertError: the disk refuses.
    """
    with (
        _written_whole(path) as partial,
        partial.open("w", encoding="utf-8", errors="replace", newline="") as handle,
    ):
        yield handle


@contextmanager
def _written_whole(path: Path) -> Iterator[Path]:
    try:
        with whole(path) as partial:
            yield partial
    except OSError as error:
        raise PocketBertError(f"could not write --out {path}: {disk_refusal(error)} and try again") from None


def row_writer(handle: TextIO, suffix: str, columns: Sequence[str]) -> WriteRow:
    """Writes rows as CSV, TSV or JSON lines, the header first."""
    if suffix == ".jsonl":
        return lambda values: print(
            json.dumps(dict(zip(columns, values, strict=True)), ensure_ascii=False, default=str), file=handle
        )

    def plain(value: Any) -> Any:
        return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else value

    writer = csv.writer(handle, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n")
    writer.writerow(columns)
    return lambda values: writer.writerow([plain(value) for value in values])


@contextmanager
def part_writer(path: Path, columns: Sequence[str], schema: Any = None) -> Iterator[WritePart]:
    """Writes parts to a file with these columns; a Parquet file has the Arrow `schema`.

    Raises:
        PocketBertError: the disk refuses, or Parquet cannot hold a value.
    """
    if path.suffix.lower() == PARQUET:
        with _written_whole(path) as partial, parquet_writer(path, partial, schema) as write:
            yield write
        return
    with written_text(path) as handle:
        write_row = row_writer(handle, path.suffix.lower(), columns)

        def write_rows(part: Part, places: Sequence[int], given: Given) -> None:
            values = [given[name] if name in given else [part[name][at] for at in places] for name in columns]
            for row in zip(*values, strict=True):
                write_row(row)

        yield write_rows


def schema_of(
    out: Path, parts: Callable[[], Iterable[Part]], parquet: Path | None, added: Mapping[str, str]
) -> Any:
    """The Arrow schema of a new Parquet file, None for another: that of the file `parquet`, else one that holds all
    parts; with columns of the types `added` after it.

    Raises:
        PocketBertError: a column has values of several types.
    """
    if out.suffix.lower() != PARQUET:
        return None
    return with_columns(parquet_schema(parquet) if parquet else found_schema(out, parts()), added)


def parts_of(source: Source, size: int, limit: int | None = None) -> Iterator[Part]:
    """The rows of a source, so many at a time; `limit`: no more than these."""
    rows = (values for _, values in islice(source.rows(source.columns), limit))
    while some := list(islice(rows, size)):
        yield dict(zip(source.columns, map(list, zip(*some, strict=True)), strict=True))
