"""Labels of any type become class numbers, or numbers to be predicted."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pocketbert.errors import PocketBertError, unknown_name

Kind = Literal["classification", "multilabel", "regression", "spans"]

MOST_LABELS = 5000
"""A column with more different names than this holds no labels."""

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_WHOLE = re.compile(r"([-+]?\d+)\.0+")
_FEW_NUMBERS = 20
_ROWS_A_CLASS = 10


def number_of(label: str) -> float | None:
    """The number a label stands for, if it is one."""
    if not _NUMBER.fullmatch(label):
        return None
    number = float(label)
    return number if math.isfinite(number) else None


def label_name(value: object) -> str | None:
    """The name of a label as read from a file, `None` where it is missing.  3.0 and "3.0" are "3".

    Raises:
        TypeError: the value is a list or a record.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict | tuple | bytes):
        raise TypeError
    text = str(value).strip()
    if whole := _WHOLE.fullmatch(text):
        return whole[1]
    return text or None


@dataclass(frozen=True)
class Labels:
    """How the label column is read: `numbers` maps its values to class numbers; empty in a regression."""

    kind: Kind
    names: tuple[str, ...]
    numbers: Mapping[str, int]

    def read(self, name: str, where: str) -> float:
        """Class number, or the value of a regression; `where` is the place for the message.

        Raises:
            PocketBertError: the label is unknown, or no number.
        """
        if self.kind == "classification":
            if (number := self.numbers.get(name)) is None:
                raise PocketBertError(f"{where}: {unknown_name('label', name, self.names)}")
            return number
        if (value := number_of(name)) is None:
            raise PocketBertError(f"{where}: '{name[:40]}' is not a number")
        return value

    def read_set(self, names: Iterable[str], where: str) -> tuple[int, ...]:
        """1 for each label among the names and 0 for the others.  *Shape:* (labels,)

        Raises:
            PocketBertError: a name is unknown.
        """
        found = [0] * len(self.names)
        for name in names:
            if (number := self.numbers.get(name)) is None:
                raise PocketBertError(f"{where}: {unknown_name('label', name, self.names)}")
            found[number] = 1
        return tuple(found)


def declared_labels(kind: Kind, names: tuple[str, ...], values: Mapping[str, str]) -> Labels:
    """Labels of a task of the catalogue: names and numbers are themselves, unless `values` says more."""
    numbers = {name: number for number, name in enumerate(names)}
    if values:
        numbers |= {value: numbers[name] for value, name in values.items()}
    elif not any(number_of(name) is not None for name in names):
        numbers |= {str(number): number for number in range(len(names))}
    return Labels(kind, names, numbers)


def found_labels(kind: Kind, counts: Mapping[str, int]) -> Labels:
    """Labels of a user's file: sorted, numbers by value."""
    if kind == "regression":
        return Labels(kind, (), {})
    names = sort_labels(counts)
    return Labels(kind, names, {name: number for number, name in enumerate(names)})


def sort_labels(names: Iterable[str]) -> tuple[str, ...]:
    """Label names in a fixed order: numbers by value, then names by the alphabet."""

    def order(name: str) -> tuple[bool, float, str]:
        number = number_of(name)
        return number is None, number or 0.0, name

    return tuple(sorted(names, key=order))


def guess_kind(counts: Counter[str]) -> Kind:
    """Whether labels are names or measurements.

    Texts are names.  Few different numbers are names too (stars, 0 and 1), and so are whole numbers without
    a gap that come back often (class numbers); many different numbers are measurements.
    """
    numbers = [number_of(name) for name in counts]
    if any(number is None for number in numbers) or len(counts) <= _FEW_NUMBERS:
        return "classification"
    values = sorted(number for number in numbers if number is not None)
    whole = all(value.is_integer() for value in values)
    without_gap = whole and values[-1] - values[0] == len(values) - 1 and values[0] in (0.0, 1.0)
    return "classification" if without_gap and counts.total() >= _ROWS_A_CLASS * len(values) else "regression"
