"""Training the cells of a grid on the machines of a Ray cluster, which share a folder."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from pocketbert.comparing.runs import Ended, Job, cores, train_job
from pocketbert.errors import ArgumentError, PocketBertError

LOCAL = "local"
SECONDS_TO_STOP = 60


@dataclass(frozen=True)
class Cluster:
    """Trains jobs on a Ray cluster: `auto`, an address, or `local` for one that is started here.

    `workers` is how many run side by side on each machine.
    """

    address: str
    workers: int

    def train(self, jobs: Sequence[Job]) -> Generator[Ended]:
        """Train every job; each is told of when it ends.

        Raises ArgumentError when Ray is not installed or no cluster answers.
        """
        ray = _ray()
        self._connect(ray)
        try:
            threads = self._threads(ray)
            gpus = 1 / self.workers if ray.cluster_resources().get("GPU") else 0
            train = ray.remote(num_cpus=threads, num_gpus=gpus, max_retries=0)(train_job)
            names = {train.remote(job, threads): job for job in jobs}
            try:
                while names:
                    (done,), _ = ray.wait(list(names), num_returns=1)
                    yield _result(ray, done, names.pop(done))
            except BaseException:
                for left in names:
                    ray.cancel(left)
                ray.wait(list(names), num_returns=len(names), timeout=SECONDS_TO_STOP)
                raise
        finally:
            ray.shutdown()

    def _connect(self, ray: Any) -> None:
        where = {"num_cpus": cores()} if self.address == LOCAL else {"address": self.address}
        try:
            ray.init(**where, include_dashboard=False, log_to_driver=False, logging_level="error")
        except (ConnectionError, ValueError, RuntimeError) as error:
            said = " ".join(str(error).split())
            raise ArgumentError(
                f"no Ray cluster at --cluster {self.address} ({said[:200]}); start one with `ray start --head`, "
                f"or take --cluster {LOCAL}"
            ) from None

    def _threads(self, ray: Any) -> int:
        """Threads of a run: a share of the smallest machine's."""
        smallest = min(int(node["Resources"].get("CPU", 1)) for node in ray.nodes() if node["Alive"])
        return max(1, smallest // self.workers)


def _result(ray: Any, done: Any, job: Job) -> Ended:
    try:
        ended: Ended = ray.get(done)
        return ended
    except ray.exceptions.RayError as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return Ended(job, f"its machine gave up: {lines[-1].strip()[:200]}")


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise ArgumentError("--cluster needs Ray: pip install 'pocketbert[cluster]'") from None
    if not hasattr(ray, "init"):
        raise PocketBertError("the installed `ray` is not Ray; install pocketbert[cluster]")
    return ray
