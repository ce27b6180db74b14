"""Latency, size and memory of models, measured side by side in one run."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np

from pocketbert.deployment.contestants import Answer, Contestant
from pocketbert.deployment.latency import WARM_UP, timed
from pocketbert.training.meter import memory_of_imports, process_peak_memory

Tell = Callable[[str, int, int], None]
OF_MANY, WARM_UP_OF_MANY = 2, 1


@dataclass(frozen=True)
class Matrix:
    """Which cells are measured, and how often."""

    lengths: tuple[int, ...] = (16, 32, 64, 128)
    threads: tuple[int, ...] = (1,)
    rows: tuple[int, ...] = (1, 32)
    turns: int = 5
    answers_a_turn: int = 5
    """Of one text; of several it is `OF_MANY` at most, as such an answer is an average already, and takes seconds."""


@dataclass(frozen=True)
class Cell:
    """Milliseconds of one call."""

    name: str
    tokens: int
    threads: int
    rows: int
    median: float
    p95: float


@dataclass(frozen=True)
class Footprint:
    """What a model takes: bytes of its file, and of memory once it answered, above its libraries'."""

    name: str
    file: int
    memory: int


@dataclass(frozen=True)
class Benchmark:
    """All that was measured."""

    cells: tuple[Cell, ...]
    footprints: tuple[Footprint, ...]

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Benchmark:
        """What `as_dict` gave."""
        return cls(
            tuple(Cell(**cell) for cell in content["cells"]),
            tuple(Footprint(**footprint) for footprint in content["footprints"]),
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "cells": [vars(cell) for cell in self.cells],
            "footprints": [vars(footprint) for footprint in self.footprints],
        }


NOTHING = Benchmark((), ())


def measure(
    contestants: Sequence[Contestant],
    matrix: Matrix,
    tell: Tell,
    *,
    before: Benchmark = NOTHING,
    keep: Callable[[Benchmark], None] = lambda found: None,
) -> Benchmark:
    """Every cell of the matrix; within one the contestants take turns, so that other work hurts all alike.

    What stands in `before` is not measured again, and `keep` gets all that is known whenever there is more.
    """
    found = before
    measured = {(cell.threads, cell.rows, cell.tokens) for cell in before.cells}
    places = list(product(matrix.threads, matrix.rows, matrix.lengths))
    opened: dict[str, Callable[[int, int], Answer]] = {}
    opened_for = 0
    for number, (threads, rows, tokens) in enumerate(places):
        tell("measuring", number, len(places))
        if (threads, rows, tokens) in measured:
            continue
        if threads != opened_for:
            opened, opened_for = {one.name: one.open(threads) for one in contestants}, threads
        answers = {name: answering(tokens, rows) for name, answering in opened.items()}
        cells = [
            Cell(name, tokens, threads, rows, *np.quantile(times, (0.5, 0.95)).tolist())
            for name, times in _in_turns(answers, matrix, rows).items()
        ]
        found = replace(found, cells=(*found.cells, *cells))
        keep(found)
    known = {one.name for one in before.footprints}
    for one in contestants:
        if one.name not in known:
            found = replace(found, footprints=(*found.footprints, footprint(one, max(matrix.lengths))))
            keep(found)
    return found


def _in_turns(answers: dict[str, Answer], matrix: Matrix, rows: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in answers}
    how = (matrix.answers_a_turn, WARM_UP)
    if rows > 1:
        how = (min(OF_MANY, matrix.answers_a_turn), WARM_UP_OF_MANY)
    for _ in range(matrix.turns):
        for name, answer in answers.items():
            times[name] += timed(answer, *how)
    return times


def footprint(contestant: Contestant, tokens: int) -> Footprint:
    """Its file and its memory for a text of so many tokens, in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return Footprint(
            contestant.name, contestant.bytes, process.submit(_memory, contestant, tokens).result()
        )


def _memory(contestant: Contestant, tokens: int) -> int:
    for library in ("onnxruntime", "transformers.models.auto.modeling_auto"):  # beyond those of training
        import_module(library)
    before = memory_of_imports()
    contestant.open(1)(tokens, 1)()
    return process_peak_memory() - before
