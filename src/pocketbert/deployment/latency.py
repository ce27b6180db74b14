"""How long a model takes."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pocketbert.deployment.formats import FilePredictor

LENGTHS = (32, 128)
WARM_UP, REPETITIONS = 3, 15


def milliseconds(predictor: FilePredictor, longest: int) -> dict[int, float]:
    """Median milliseconds of one text, by its number of tokens, none over the longest."""
    lengths = [length for length in LENGTHS if length <= longest] or [longest]
    return {length: median(timed(predictor.answering(length))) for length in lengths}


def timed(
    answer: Callable[[], object], repetitions: int = REPETITIONS, warm_up: int = WARM_UP
) -> list[float]:
    """Milliseconds of each of some answers, after some that do not count."""
    for _ in range(warm_up):
        answer()
    return [_once(answer) for _ in range(repetitions)]


def _once(answer: Callable[[], object]) -> float:
    start = time.perf_counter()
    answer()
    return 1000 * (time.perf_counter() - start)


def processor() -> str:
    """The name of this machine's processor."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
