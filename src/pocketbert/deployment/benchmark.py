"""Latency, size and memory of models, measured side by side in one run."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from pocketbert.deployment.contestants import Answer, Contestant
from pocketbert.deployment.latency import timed
from pocketbert.training.meter import forget_peak_memory, process_peak_memory

MEMORY_TOKENS = 128
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Matrix:
    """Which cells are measured, and how often."""

    lengths: tuple[int, ...] = (16, 32, 64, 128)
    threads: tuple[int, ...] = (1,)
    rows: tuple[int, ...] = (1, 32)
    turns: int = 5
    answers_a_turn: int = 5


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

    def as_dict(self) -> dict[str, Any]:
        return {
            "cells": [vars(cell) for cell in self.cells],
            "footprints": [vars(footprint) for footprint in self.footprints],
        }


def measure(contestants: Sequence[Contestant], matrix: Matrix, tell: Tell) -> Benchmark:
    """Every cell of the matrix; within one the contestants take turns, so that other work hurts all alike."""
    shapes = list(product(matrix.rows, matrix.lengths))
    cells: list[Cell] = []
    for threads in matrix.threads:
        opened = {one.name: one.open(threads) for one in contestants}
        for rows, tokens in shapes:
            tell("measuring", len(cells) // len(contestants), len(matrix.threads) * len(shapes))
            answers = {name: answering(tokens, rows) for name, answering in opened.items()}
            for name, times in _in_turns(answers, matrix).items():
                median, p95 = np.quantile(times, (0.5, 0.95)).tolist()
                cells.append(Cell(name, tokens, threads, rows, median, p95))
    return Benchmark(tuple(cells), tuple(footprint(one) for one in contestants))


def _in_turns(answers: dict[str, Answer], matrix: Matrix) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in answers}
    for _ in range(matrix.turns):
        for name, answer in answers.items():
            times[name] += timed(answer, matrix.answers_a_turn)
    return times


def footprint(contestant: Contestant) -> Footprint:
    """Its file and its memory, in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return Footprint(contestant.name, contestant.bytes, process.submit(_memory, contestant).result())


def _memory(contestant: Contestant) -> int:
    import onnxruntime  # noqa: F401
    import torch  # noqa: F401
    from transformers import AutoModelForSequenceClassification  # noqa: F401

    forget_peak_memory()
    before = process_peak_memory()
    contestant.open(1)(MEMORY_TOKENS, 1)()
    return process_peak_memory() - before
