"""How long one text takes."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pocketbert.deployment.predictor import OnnxPredictor

LENGTHS = (32, 128)
WARM_UP, REPETITIONS = 3, 15


def milliseconds(predictor: OnnxPredictor, vocabulary: int) -> dict[int, float]:
    """Median milliseconds of one text, by its number of tokens."""
    longest = predictor.encoder.max_length
    lengths = [length for length in LENGTHS if length <= longest] or [longest]
    random = np.random.default_rng(0)
    found = {}
    for length in lengths:
        ids = random.integers(0, vocabulary, (1, length))
        inputs = {"input_ids": ids, "token_type_ids": np.zeros_like(ids)}
        for _ in range(WARM_UP):
            predictor.logits(inputs)
        found[length] = median(_timed(predictor, inputs) for _ in range(REPETITIONS))
    return found


def _timed(predictor: OnnxPredictor, inputs: dict[str, np.ndarray]) -> float:
    start = time.perf_counter()
    predictor.logits(inputs)
    return 1000 * (time.perf_counter() - start)


def processor() -> str:
    """The name of this machine's processor."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
