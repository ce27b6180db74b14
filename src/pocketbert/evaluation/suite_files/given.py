"""Suites that somebody wrote, as they are held for scoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pocketbert.errors import PocketBertError
from pocketbert.wording import counted

Texts = tuple[str, ...]
Kind = Literal["MFT", "INV", "DIR"]
Expectation = Literal["equal", "different", "same", "changed", "increasing", "decreasing"]


@dataclass(frozen=True)
class GivenSuite:
    """What every suite from a file has: a name, the file's name and hash, notes on what was left out."""

    name: str
    file: str
    sha256: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class LabelledSuite(GivenSuite):
    """Rows with labels of their own.

    `originals` are their texts before they were changed; `groups` numbers the group of each row; `categories` has,
    by column, the rows of each value.
    *Shape:* labels and groups (rows,); each of categories an array of row numbers
    """

    texts: tuple[Texts, ...]
    labels: np.ndarray
    originals: tuple[Texts, ...] = ()
    groups: np.ndarray | None = None
    categories: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One test case: its texts stand one after another in the suite from `start` to `stop`.

    `labels` are the right ones of an MFT, one for each text; for a DIR the one whose probability is watched, if any.
    """

    test: str
    start: int
    stop: int
    expect: Expectation
    labels: tuple[float, ...]
    tolerance: float


@dataclass(frozen=True)
class BehaviourTest:
    """A named test of one capability; its cases carry its name."""

    name: str
    capability: str
    kind: Kind


@dataclass(frozen=True)
class Checklist(GivenSuite):
    """Behavioural tests: minimum functionality, invariance, directional expectation (Ribeiro et al. 2020)."""

    texts: tuple[Texts, ...]
    tests: tuple[BehaviourTest, ...]
    cases: tuple[Case, ...]


def note_of_empty(texts: Sequence[Texts], where: str) -> list[str]:
    """A line on rows without any text, which are scored like others.  Raises PocketBertError where all are."""
    empty = sum(not any(side.strip() for side in sides) for sides in texts)
    if empty == len(texts):
        raise PocketBertError(f"{where}: no row has a text; name the column that holds it")
    return (
        [f"{counted(empty, 'row')} without text {'is' if empty == 1 else 'are'} scored too"] if empty else []
    )
