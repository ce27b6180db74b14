"""JSON: a record a line (`.jsonl`) or one list of records (`.json`), never more than a record in memory."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from pocketbert.data.source import Row, Source
from pocketbert.errors import PocketBertError

Record = dict[str, object]

_BLOCK = 1 << 20
_PEEKED = 100  # records whose keys make the columns


def record_source(
    where: str, path: Path, records: Callable[[Path], Iterator[Record]], *, every_column: bool = False
) -> Source:
    """A source over the records of a JSON file; a key that a record lacks is a missing value.

    Its columns are the keys of the first records or, for `every_column`, of all, which takes a reading of the file.
    """
    columns: dict[str, None] = {}
    for record in islice(records(path), None if every_column else _PEEKED):
        columns.update(dict.fromkeys(record))
    if not columns:
        raise PocketBertError(f"{where} has no records")

    def rows(names: Sequence[str]) -> Iterator[Row]:
        for row, record in enumerate(records(path), 1):
            yield row, tuple(record.get(name) for name in names)

    return Source(where, tuple(columns), rows, Source.state_of(path))


def line_records(path: Path) -> Iterator[Record]:
    """The records of a JSONL file.

    Raises:
        PocketBertError: a line is no JSON object.
    """
    with path.open(encoding="utf-8-sig") as file:
        for _, record in parsed_lines(str(path), file):
            yield record


def parsed_lines(where: str, lines: Iterable[str]) -> Iterator[tuple[int, Record]]:
    """Line number and record of each line that is not blank.

    Raises:
        PocketBertError: a line is no JSON object.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            hint = "; a list of records belongs in a .json file" if number == 1 and line[0] == "[" else ""
            raise PocketBertError(f"{where}: line {number} is not JSON: {_reason(error)}{hint}") from None
        if not isinstance(record, dict):
            hint = "; name a list of records .json" if number == 1 and isinstance(record, list) else ""
            raise PocketBertError(
                f"{where}: line {number} is {_named(record)}, not a record like "
                f'{{"text": "...", "label": "..."}}{hint}'
            )
        yield number, record


def list_records(path: Path) -> Iterator[Record]:
    """The records of a JSON file that is one list of them.

    Raises:
        PocketBertError: the file is something else.
    """
    decoder = json.JSONDecoder()
    with path.open(encoding="utf-8-sig") as file:
        buffer = file.read(_BLOCK).lstrip()
        if not buffer.startswith("["):
            hint = "; a record a line belongs in a .jsonl file" if buffer.startswith("{") else ""
            raise PocketBertError(f"{path} is not a list of records{hint}")
        position, row, wanted = 1, 1, _BLOCK
        while True:
            while position < len(buffer) and buffer[position] in " \t\r\n,":
                position += 1
            if buffer[position : position + 1] == "]":
                return
            try:
                record, position = decoder.raw_decode(buffer, position)
            except (ValueError, RecursionError) as error:
                more = file.read(wanted)
                if not more:
                    problem = "the list is not closed" if position == len(buffer) else _reason(error)
                    raise PocketBertError(f"{path}: record {row} is not JSON: {problem}") from None
                # Twice as much each time, so that a large record is not decoded from its start too often.
                buffer, position, wanted = buffer[position:] + more, 0, wanted * 2
                continue
            if not isinstance(record, dict):
                raise PocketBertError(
                    f"{path} is not a list of records: its item {row} is {_named(record)}, "
                    'not one like {"text": "...", "label": "..."}'
                )
            yield record
            row, wanted = row + 1, _BLOCK


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (column {error.colno})"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _named(value: object) -> str:
    kinds = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(value), "null")
