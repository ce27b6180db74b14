"""Delimited text (CSV, TSV): bytes that are no text, ragged rows and open quotes are named with their row."""

import codecs
import csv
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pocketbert.errors import PocketBertError
from pocketbert.wording import counted

_BLOCK = 1 << 20
_LARGEST_FIELD = (1 << 31) - 1
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def check_bytes(path: Path, delimiter: str | None = None) -> None:
    """Reads the file once, block by block, for bytes that are not UTF-8 text.

    Raises:
        PocketBertError: naming row (with a `delimiter`), line and byte offset of the first bad byte.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = lines = 0
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise PocketBertError(f"{path} is UTF-16; save it as UTF-8")
        file.seek(0)
        while True:
            block = file.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            problem, position = None, block.find(b"\0")
            if position >= 0:
                problem = "a NUL byte"
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                bad = error.start - pending
                if position < 0 or bad < position:
                    problem, position = f"byte 0x{error.object[error.start]:02x}, which is not UTF-8", bad
            if problem:
                line = lines + block.count(b"\n", 0, max(position, 0)) + 1
                row = f"row {_row_at(path, delimiter, offset + position)}, " if delimiter else ""
                raise PocketBertError(
                    f"{path}: {problem}, in {row}line {line}, at byte offset {offset + position}; "
                    "save the file as UTF-8 text"
                )
            if not block:
                return
            lines += block.count(b"\n")
            offset += len(block)


def _row_at(path: Path, delimiter: str, offset: int) -> int:
    """The row (from 1, header not counted) that holds the byte at `offset`."""
    with path.open("rb") as file:
        before = file.read(offset).decode("utf-8", errors="replace")
    rows = 0
    with suppress(csv.Error):  # the row may end in an open quote: it is cut off in the middle
        rows = sum(
            1 for row in csv.reader((before + "x").splitlines(keepends=True), delimiter=delimiter) if row
        )
    return max(rows - 1, 0)


def quotes_mean_something(path: Path) -> bool:
    """Whether the quotes of a TSV file enclose values: they do if it can be read so, to its end.

    Spreadsheets write such files; GLUE and many corpora write quotes as they stand in the text.
    """
    try:
        columns = delimited_columns(path, "\t")
        deque(delimited_rows(path, "\t", columns, columns[:1]), maxlen=0)
    except PocketBertError:
        return False
    return True


def delimited_columns(path: Path, delimiter: str, *, quoted: bool = True) -> tuple[str, ...]:
    """The header of a CSV or TSV file.

    Raises:
        PocketBertError: there is none, a name stands twice, or another delimiter separates the columns.
    """
    header = next((values for _, values in _parse(path, delimiter, quoted)), None)
    if header is None:
        raise PocketBertError(f"{path} is empty")
    if len(header) == 1:
        for other, name in _DELIMITERS.items():
            if other in header[0]:
                raise PocketBertError(
                    f"{path}: the header is one column, '{header[0]}', which looks separated by {name}; "
                    f"a {path.suffix} file is separated by {_DELIMITERS[delimiter]}: save it so"
                    + {",": ", or name it .csv", "\t": ", or name it .tsv"}.get(other, "")
                )
    columns = tuple(name.strip() or f"column {number}" for number, name in enumerate(header, 1))
    for name in columns:
        if columns.count(name) > 1:
            raise PocketBertError(f"{path}: the header has two columns named '{name}'; rename one")
    return columns


def delimited_rows(
    path: Path, delimiter: str, columns: tuple[str, ...], names: Sequence[str], *, quoted: bool = True
) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Rows of a CSV or TSV file as (row number from 1, the values of `names`).

    Raises:
        PocketBertError: a row has more or fewer values than the header, or a quote is wrong.
    """
    positions = [columns.index(name) for name in names]
    records = _parse(path, delimiter, quoted)
    next(records, None)
    for row, (line, values) in enumerate(records, 1):
        if len(values) != len(columns):
            advice = f"; put quotes around values that contain '{delimiter}'" if delimiter != "\t" else ""
            raise PocketBertError(
                f"{path}: row {row} (line {line}) has {counted(len(values), 'value')}, "
                f"the header {len(columns)}{advice}"
            )
        yield row, tuple(values[position] for position in positions)


def _parse(path: Path, delimiter: str, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    """(number of its last line, values) of each row that is not blank; the header is row 0."""
    csv.field_size_limit(_LARGEST_FIELD)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(
            file, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True
        )
        rows = begin = width = 0
        try:
            for values in reader:
                # A line of blanks is a row only where there is one column.
                if values and (len(values) > 1 or width == 1 or values[0].strip()):
                    width = width or len(values)
                    yield reader.line_num, values
                    rows += 1
                begin = reader.line_num
        except csv.Error as error:
            open_quote = "unexpected end" in str(error)
            problem = "a quote is opened and never closed" if open_quote else "text follows a closing quote"
            raise PocketBertError(
                f"{path}: row {rows} (line {begin + 1}): {problem}; write a quote inside a quoted value twice"
            ) from None


def published_rows(path: Path, delimiter: str, encoding: str) -> Iterator[list[str]]:
    """Rows of a published file as they are: quotes mean nothing and only a line feed ends a row."""
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    with path.open(encoding=encoding, errors="replace", newline="\n") as file:
        for line in file:
            if text := line.rstrip("\r\n"):
                yield text.split(delimiter)
