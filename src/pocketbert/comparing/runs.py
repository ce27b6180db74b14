"""Training the cells of a grid that are not trained yet, each as `pocketbert train` in a process of its own.

A process of its own frees all its memory when it ends, so that the peak of one run says nothing about another's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from pocketbert.errors import PocketBertError
from pocketbert.training.interruption import STOPS_WITH


@dataclass(frozen=True)
class Job:
    """A run to make: its recipe's file, its folder, and where what it says goes."""

    name: str
    recipe: Path
    folder: Path
    log: Path

    def command(self) -> list[str]:
        """What a user would type."""
        return [
            sys.executable,
            "-m",
            "pocketbert",
            "train",
            str(self.recipe),
            "--out",
            str(self.folder),
            "--json",
        ]


@dataclass(frozen=True)
class Ended:
    """How a job ended: in the words of its one line of error, nothing where it went well."""

    job: Job
    problem: str = ""


def cores() -> int:
    """Threads that this process may use: as many as OMP_NUM_THREADS says, else the cores it is allowed."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isdecimal() and int(told) > 0:
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def train_job(job: Job, threads: int, running: list[subprocess.Popen[bytes]] | None = None) -> Ended:
    """Train one cell to its end with so many threads; asked to stop, or left alone, it leaves a checkpoint first."""
    if not job.recipe.is_file():
        return Ended(
            job,
            f"this machine does not see {job.recipe}; put --out and the data where every machine sees them",
        )
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), STOPS_WITH: str(os.getpid())}
    with job.log.open("wb") as log:
        # In a session of its own Ctrl-C reaches it once, from here, and not a second time from the terminal.
        process = subprocess.Popen(
            job.command(), stdout=subprocess.DEVNULL, stderr=log, env=environment, start_new_session=True
        )
        if running is not None:
            running.append(process)
        try:
            status = process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
        finally:
            if running is not None:
                running.remove(process)
    return Ended(job, last_words(job.log, status) if status else "")


def last_words(log: Path, status: int) -> str:
    """The line of error that a command ended with."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line for line in lines if line.startswith("pocketbert: ")]
    return said[-1].removeprefix("pocketbert: ") if said else f"it ended with status {status}; see {log}"


@dataclass
class Processes:
    """Trains jobs in processes on this machine, some side by side, its threads divided among them."""

    workers: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def train(self, jobs: Sequence[Job]) -> Generator[Ended]:
        """Train every job; each is told of when it ends.  A stopped comparison stops its runs, politely."""
        threads = max(1, cores() // min(self.workers, max(1, len(jobs))))
        with ThreadPoolExecutor(self.workers) as pool, kills_as_ctrl_c():
            futures: list[Future[Ended]] = [
                pool.submit(train_job, job, threads, self.running) for job in jobs
            ]
            try:
                for future in as_completed(futures):
                    yield future.result()
            except BaseException:
                for future in futures:
                    future.cancel()
                for process in list(self.running):
                    process.send_signal(signal.SIGINT)
                raise


@contextmanager
def kills_as_ctrl_c() -> Iterator[None]:
    """A polite kill stops the work as Ctrl-C does; otherwise it would leave runs behind that nobody waits for."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        previous = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread, where no signal arrives
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def refuse_failures(ended: Sequence[Ended], of: int) -> None:
    """Raise PocketBertError when any run failed; what went well is kept."""
    failed = [one for one in ended if one.problem]
    if failed:
        first = failed[0]
        raise PocketBertError(
            f"{len(failed)} of {of} runs failed; {first.job.name}: {first.problem} "
            f"(all it said: {first.job.log}); then the same command goes on"
        )
