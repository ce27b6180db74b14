"""First reading of a source: what its labels are, which rows lack something, and a hash of every text.

Nothing is kept of a row but twelve bytes, so that files of several million rows fit.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import repeat
from typing import TYPE_CHECKING

from pocketbert.data.columns import VIEW_COLUMNS, VIEW_NUMBER, VIEW_ROW
from pocketbert.data.labels import MOST_LABELS, Kind, label_name, number_of, sort_labels
from pocketbert.data.source import Source
from pocketbert.errors import PocketBertError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NAMED_ROWS = 5


@dataclass(frozen=True)
class Columns:
    """Which columns of a source are read: one or two texts, and the label unless there is none."""

    text: tuple[str, ...]
    label: str | None
    listed: tuple[str, str] | None = None
    separator: str | None = None
    """What stands between the labels of a row, where it may have several."""
    label_columns: tuple[str, ...] = ()
    """In place of `label`: columns of 0 and 1, one a label."""

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.text, *self.label_columns, *((self.label,) if self.label is not None else ()))

    @property
    def labelled(self) -> bool:
        """Whether labels are read."""
        return self.label is not None or bool(self.label_columns)


@dataclass
class Survey:
    """What the first reading found.  `hashes` and `label_ids` have an entry a row, in their order."""

    source: Source
    columns: Columns
    hashes: "array[int]" = field(default_factory=lambda: array("Q"))
    label_ids: "array[int]" = field(default_factory=lambda: array("h"))
    counts: Counter[str] = field(default_factory=Counter)
    many_numbers: bool = False
    lowest: float = float("inf")
    highest: float = float("-inf")
    empty_rows: int = 0
    number_texts: int = 0
    moved_answers: int = 0

    @property
    def rows(self) -> int:
        return len(self.hashes)

    def text_hashes(self) -> "NDArray[np.uint64]":
        """Hash of each row's text; 0 where the text is empty."""
        import numpy as np

        return np.frombuffer(self.hashes, np.uint64)

    def label_numbers(self, kind: Kind) -> "NDArray[np.int16]":
        """The rank of each row's label among the sorted labels, last where there is none; all 0 in a regression."""
        import numpy as np

        if kind == "regression" or not self.counts:
            return np.zeros(self.rows, np.int16)
        rank = {name: number for number, name in enumerate(sort_labels(self.counts))}
        ranks = np.array([*(rank[name] for name in self.counts), len(rank)], np.int16)
        return ranks[np.frombuffer(self.label_ids, np.int16)]


def text_hash(texts: Sequence[str]) -> int:
    """64-bit BLAKE2b of the texts without case and extra space; 0 when any is empty.

    Equal texts have equal hashes in every process and on every machine: splits and samples follow from it.
    """
    folded = [" ".join(text.casefold().split()) for text in texts]
    if not all(folded):
        return 0
    digest = blake2b("\x1f".join(folded).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def examples(source: Source, columns: Columns) -> Iterator[tuple[int, tuple[str, ...], str | None]]:
    """Each row as (row number, texts, name of the label or `None`).

    Raises:
        ArgumentError: the source lacks a column.
        PocketBertError: a text or label is a list or a record.
    """
    for column in columns.names:
        source.require(column)
    sides = len(columns.text)
    for row, values in source.rows(columns.names):
        texts = tuple(
            text_of(value, source, row, columns.text[side]) for side, value in enumerate(values[:sides])
        )
        label = None
        if columns.label is not None:
            value = values[sides]
            if columns.listed is not None:
                value = columns.listed[bool(value)]
            try:
                label = label_name(value)
            except TypeError:
                raise PocketBertError(
                    f"{source.where}: row {row}, column '{columns.label}': "
                    f"a label must be a text or a number, not a {type(value).__name__}"
                ) from None
        yield row, texts, label


def text_of(value: object, source: Source, row: int, column: str) -> str:
    """A value of a text column; nothing is an empty text.  Raises PocketBertError for a list or a record."""
    if isinstance(value, str):
        return well_formed(value)
    if value is None:
        return ""
    if isinstance(value, list | dict | bytes):
        raise PocketBertError(
            f"{source.where}: row {row}, column '{column}': a text was expected, not a {type(value).__name__}"
        )
    return label_name(value) or ""


def well_formed(text: str) -> str:
    """The text with `?` for each half of a surrogate pair: JSON can spell one, but no UTF-8 file can hold it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def row_hashes(source: Source, text: tuple[str, ...]) -> Iterator[int | None]:
    """For each row of a file that `augment --out` wrote, the hash of the text that it is a view of; else None."""
    if not set(VIEW_COLUMNS) <= set(source.columns):
        yield from repeat(None)
    names = (*text, VIEW_ROW, VIEW_NUMBER)
    found: dict[str, int] = {}
    for row, (*texts, view_row, number) in source.rows(names):
        if str(number) == "0":
            sides = zip(texts, text, strict=True)
            found[str(view_row)] = text_hash([text_of(side, source, row, name) for side, name in sides])
    for _, (*_, view_row, _) in source.rows(names):
        yield found.get(str(view_row)) or text_hash([f"row {view_row}"])


def survey(source: Source, columns: Columns, kind: Kind | None = None) -> Survey:
    """Reads the source once.

    Raises:
        PocketBertError: labels are missing, mixed, or too many to be names; or every text is empty.
    """
    found = Survey(source, columns)
    ids: dict[str, int] = {}
    missing: list[int] = []
    missing_count = words = numbers = 0
    first_word = first_number = (0, "")
    rows = zip(examples(source, columns), row_hashes(source, columns.text), strict=False)
    for (row, texts, label), row_hash in rows:
        hashed = text_hash(texts)
        if hashed and row_hash:
            hashed = row_hash
        found.hashes.append(hashed)
        if hashed == 0:
            found.empty_rows += 1
        elif number_of(texts[0]) is not None:
            found.number_texts += 1
        if label is None:
            missing_count += 1
            if len(missing) < _NAMED_ROWS:
                missing.append(row)
            found.label_ids.append(-1)
            continue
        number = number_of(label)
        if number is None:
            words += 1
            first_word = first_word if words > 1 else (row, label)
        else:
            numbers += 1
            first_number = first_number if numbers > 1 else (row, label)
            found.lowest, found.highest = min(found.lowest, number), max(found.highest, number)
        if found.many_numbers:
            found.label_ids.append(0)
            continue
        found.counts[label] += 1
        found.label_ids.append(ids.setdefault(label, len(ids)))
        if len(ids) > MOST_LABELS:
            if words > numbers or kind == "classification":
                raise PocketBertError(
                    f"{source.where}: column '{columns.label}' has more than {MOST_LABELS} different values: "
                    "these are no labels; name another column with --label"
                )
            found.many_numbers = True
            ids.clear()
            found.counts.clear()
    if columns.label is not None:
        _refuse_missing(source, columns.label, missing, missing_count)
        if kind != "classification" and words and numbers:
            (row, label), others = (first_word, "numbers") if words <= numbers else (first_number, "names")
            raise PocketBertError(
                f"{source.where}: row {row}, column '{columns.label}': '{label[:40]}' stands among labels "
                f'that are {others}; correct it, or set kind = "classification"'
            )
    if found.rows == found.empty_rows:
        raise PocketBertError(f"{source.where}: every text in column '{columns.text[0]}' is empty")
    return found


def _refuse_missing(source: Source, column: str, rows: list[int], count: int) -> None:
    if not count:
        return
    named = ", ".join(str(row) for row in rows) + (
        f" and {count - len(rows)} more" if count > len(rows) else ""
    )
    raise PocketBertError(
        f"{source.where}: no label in column '{column}' in row{'s' if count > 1 else ''} {named}; "
        "fill it in or remove the row"
    )
