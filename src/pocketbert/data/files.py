"""The door for a user's file: its format, and whether there is anything in it.

CSV and JSON are read by the standard library: it names the row that is wrong and neither guesses types
nor takes "NA" for missing.  Parquet and the hub are read by `datasets`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pocketbert.data.json_records import line_records, list_records, record_source
from pocketbert.data.source import Row, Source
from pocketbert.data.squad import is_squad, squad_source
from pocketbert.data.stored import parquet_source
from pocketbert.data.tabular import check_bytes, delimited_columns, delimited_rows, quotes_mean_something
from pocketbert.errors import ArgumentError, PocketBertError, unknown_name

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")


def is_file(path: Path) -> bool:
    """Whether there is such a file.

    Raises:
        ArgumentError: this cannot be a file, as with a text in place of its name.
    """
    try:
        return path.is_file()
    except OSError as error:
        raise ArgumentError(f"'{str(path)[:40]}…' cannot be a file: {error.strerror}") from None


def require_file(path: Path) -> None:
    """Raises `ArgumentError`, with the nearest name beside it, where there is no such data file."""
    where = str(path)
    if is_file(path):
        return
    if path.is_dir():
        raise ArgumentError(f"{where} is a folder; name a file, or a task with --data-dir {where}")
    nearby = path.parent.iterdir() if path.parent.is_dir() else ()
    names = [entry.name for entry in nearby if entry.suffix.lower() in SUFFIXES]
    raise ArgumentError(f"{where}: {unknown_name('file', path.name, names) if names else 'no such file'}")


def open_source(path: Path, *, every_column: bool = False) -> Source:
    """The rows of a user's file; the format follows from its ending.

    `every_column`: look for columns in all records of a JSON file, not in the first alone.

    Raises:
        ArgumentError: there is no such file, or its format is not known.
        PocketBertError: the file is empty, damaged or not what its ending says.
    """
    where = str(path)
    require_file(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ArgumentError(f"{where}: unknown format '{suffix}'; use one of {', '.join(SUFFIXES)}")
    try:
        path.open("rb").close()
    except OSError as error:
        raise ArgumentError(f"{where} cannot be read: {error.strerror}") from None
    if path.stat().st_size == 0:
        raise PocketBertError(f"{where} is empty")
    if suffix == ".parquet":
        source = parquet_source(path)
    elif suffix in (".csv", ".tsv"):
        source = _delimited(path, "," if suffix == ".csv" else "\t")
    elif suffix == ".json" and is_squad(path):
        check_bytes(path)
        source = squad_source(path)
    else:
        check_bytes(path)
        records = list_records if suffix == ".json" else line_records
        source = record_source(where, path, records, every_column=every_column)
    if next(source.rows(source.columns[:1]), None) is None:
        raise PocketBertError(f"{where} has a header but no rows")
    return source


def _delimited(path: Path, delimiter: str) -> Source:
    check_bytes(path, delimiter)
    quoted = delimiter == "," or quotes_mean_something(path)
    columns = delimited_columns(path, delimiter, quoted=quoted)

    def rows(names: Sequence[str]) -> Iterator[Row]:
        return delimited_rows(path, delimiter, columns, names, quoted=quoted)

    return Source(str(path), columns, rows, Source.state_of(path))
