"""What a stage cost: seconds, examples and tokens a second, peak memory."""

from __future__ import annotations

import ctypes
import resource
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

PROCESS_STATUS = Path("/proc/self/status")
FORGET_PEAK = Path("/proc/self/clear_refs")


def process_peak_memory() -> int:
    """Largest resident memory of this process since the last `forget_peak_memory`, in bytes."""
    if PROCESS_STATUS.exists():
        for line in PROCESS_STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def forget_peak_memory() -> None:
    """Start a new peak, where the system can: hand free heap back and reset the high-water mark."""
    with suppress(OSError, AttributeError):  # a read-only /proc, a C library without malloc_trim
        if FORGET_PEAK.exists():
            ctypes.CDLL(None).malloc_trim(0)
            FORGET_PEAK.write_text("5")


LIBRARIES = ("accelerate", "datasets", "peft", "transformers")


@cache
def memory_of_imports() -> int:
    """Resident memory in bytes once the libraries are imported; called before anything is loaded."""
    for library in LIBRARIES:
        import_module(library)
    forget_peak_memory()
    return process_peak_memory()


def peak_memory() -> int:
    """Largest memory since the last `forget_peak_memory`, in bytes, above what importing the libraries takes.

    On an accelerator it is the accelerator's.
    """
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return max(0, process_peak_memory() - memory_of_imports())


@dataclass
class Meter:
    """Counts over one stage, without scoring and checkpoints; a resumed stage goes on from its checkpoint's."""

    seconds: float = 0.0
    examples: int = 0
    tokens: int = 0
    peak_memory_bytes: int = 0
    _started: float = field(default_factory=time.perf_counter, repr=False)

    @classmethod
    def resumed(cls, state: dict[str, float]) -> Meter:
        """A meter that goes on from the `state` of another, empty for a new one."""
        counts = {name: int(value) for name, value in state.items() if name != "seconds"}
        return cls(seconds=state.get("seconds", 0.0), **counts)

    def start(self) -> None:
        """Begin to count time and memory."""
        import torch

        memory_of_imports()
        forget_peak_memory()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        self.skip()

    def skip(self) -> None:
        """Leave out the time since the last reading: scoring and checkpoints are not training."""
        self._started = time.perf_counter()

    def count(self, examples: int, tokens: int) -> None:
        self.examples += examples
        self.tokens += tokens

    def read(self) -> dict[str, float]:
        """Figures so far, in the words of `metrics.json`."""
        now = time.perf_counter()
        self.seconds += now - self._started
        self._started = now
        self.peak_memory_bytes = max(self.peak_memory_bytes, peak_memory())
        seconds = max(self.seconds, 1e-9)
        return {
            "seconds": round(self.seconds, 3),
            "examples": self.examples,
            "tokens": self.tokens,
            "examples_per_second": round(self.examples / seconds, 2),
            "tokens_per_second": round(self.tokens / seconds, 1),
            "peak_memory_bytes": self.peak_memory_bytes,
        }

    def state(self) -> dict[str, float]:
        """What a checkpoint keeps."""
        figures = self.read()
        return {key: figures[key] for key in ("seconds", "examples", "tokens", "peak_memory_bytes")}
