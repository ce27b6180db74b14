"""Suites that somebody wrote, as they are held for scoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

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
