"""Rows as they lie in a Parquet file: read and written with their types, whatever these are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pocketbert.errors import PocketBertError

PARQUET = ".parquet"

Part = Mapping[str, Any]
"""Some rows: their columns by name, lists of values or, of a Parquet file, Arrow's arrays."""
Given = Mapping[str, list[Any]]
WritePart = Callable[[Part, Sequence[int], Given], None]
"""Writes the rows of a part that stand at the given places; columns that are given take the place of the part's."""


def parquet_parts(path: Path, size: int, limit: int | None = None) -> Iterator[Part]:
    """The rows of a Parquet file, so many at a time; `limit`: no more than these.

    Raises:
        PocketBertError: the file is damaged.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            left = file.metadata.num_rows if limit is None else limit
            for batch in file.iter_batches(size):
                if not left:
                    return
                some = batch.slice(0, left)
                left -= some.num_rows
                yield dict(zip(some.schema.names, some.columns, strict=True))
    except (pyarrow.ArrowException, OSError) as error:
        raise PocketBertError(f"{path}: damaged Parquet file: {str(error).splitlines()[0]}") from None


def row_count(part: Part) -> int:
    """How many rows there are in a part."""
    return len(next(iter(part.values())))


def as_list(values: Any) -> list[Any]:
    """The values of a column of a part."""
    return values if isinstance(values, list) else list(values.to_pylist())


def parquet_schema(path: Path) -> Any:
    """The Arrow schema of a Parquet file, with what other programs noted in it."""
    import pyarrow.parquet

    return pyarrow.parquet.read_schema(path)


def found_schema(out: Path, parts: Iterable[Part]) -> Any:
    """The Arrow schema that holds the values of all parts, which are lists, in the Parquet file `out`.

    Raises:
        PocketBertError: a column has values of several types.
    """
    import pyarrow

    found = pyarrow.schema([])
    for part in parts:
        fields = []
        for name, values in part.items():
            with _refused(out, f"column '{name}': "):
                fields.append(pyarrow.field(name, pyarrow.array(values).type))
        with _refused(out):
            found = pyarrow.unify_schemas([found, pyarrow.schema(fields)], promote_options="permissive")
    return found


def with_columns(schema: Any, types: Mapping[str, str]) -> Any:
    """The schema with columns after its own, of types by Arrow's names."""
    import pyarrow

    for name, of in types.items():
        schema = schema.append(pyarrow.field(name, pyarrow.type_for_alias(of)))
    return schema


@contextmanager
def parquet_writer(out: Path, partial: Path, schema: Any) -> Iterator[WritePart]:
    """Writes parts to the file `partial`, which will be `out`.

    Raises:
        PocketBertError: a column cannot hold a value.
        OSError: the disk refuses.
    """
    import pyarrow
    import pyarrow.parquet

    def column(part: Part, places: Sequence[int], given: Given, field: Any) -> Any:
        if field.name in given:
            return pyarrow.array(given[field.name], field.type)
        values = part[field.name]
        if isinstance(values, list):
            return pyarrow.array([values[at] for at in places], field.type)
        return values.take(pyarrow.array(places, pyarrow.int64()))

    with _refused(out):
        writer = pyarrow.parquet.ParquetWriter(str(partial), schema)
    with writer:

        def write(part: Part, places: Sequence[int], given: Given) -> None:
            with _refused(out):
                arrays = [column(part, places, given, field) for field in schema]
                writer.write_batch(pyarrow.record_batch(arrays, schema=schema))

        yield write


@contextmanager
def _refused(out: Path, where: str = "") -> Iterator[None]:
    """Says in one line that Parquet cannot hold what it is given."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, UnicodeError, OverflowError) as error:
        reason = str(error).splitlines()[0]
        raise PocketBertError(
            f"--out {out}: a column of a Parquet file has values of one type, which these do not all have "
            f"({where}{reason}); name it .jsonl"
        ) from None
