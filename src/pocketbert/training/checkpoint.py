"""Checkpoints to resume from: safetensors for what trains, JSON for the rest, everything with its hash.

A checkpoint is a folder that appears whole, by a rename, or not at all.  Nothing that one needs is ever
overwritten, so that a kill at any moment leaves a whole one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.errors import PocketBertError, disk_refusal
from pocketbert.writing import PARTIAL

if TYPE_CHECKING:
    import torch

Tensors = dict[str, "torch.Tensor"]

SCHEMA = 1
STATE_FILE = "state.json"
STEPS_KEPT = 2


@dataclass
class Progress:
    """Where a run stands, besides its weights."""

    stage: int = 0
    step: int = 0
    best: str | None = None
    """Name under which the best weights of the stage are kept."""
    best_metric: float | None = None
    scorings_since_best: int = 0
    read_at: int = 0
    """Step of the last reading of the loss."""
    losses_since_reading: dict[str, float] = field(default_factory=dict)
    """Each term of the loss, added up over the updates since then."""
    idle_since_reading: dict[str, int] = field(default_factory=dict)
    """How many of those updates a term counted nothing in."""
    first_loss: float | None = None
    """Mean loss at the first reading of the stage, against which divergence is judged."""
    history_bytes: int = 0
    threads: int = 0
    operator_weights: dict[str, float] = field(default_factory=dict)
    """What an adaptive policy learned of the operators; empty where there is none."""
    data: str = ""
    backbone: str = ""
    teacher: str = ""
    guards: str = ""
    """Fingerprint of the models that look at views; empty where there are none."""
    meter: dict[str, float] = field(default_factory=dict)
    finished_stages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def start(self) -> str:
        """Name under which the weights that the stage starts from are kept; the first starts from the backbone."""
        return f"start-of-stage-{self.stage}"

    def next_stage(self, cost: dict[str, Any], history_bytes: int) -> Progress:
        """Where a run stands when a stage is done."""
        return Progress(
            stage=self.stage + 1,
            history_bytes=history_bytes,
            threads=self.threads,
            operator_weights=self.operator_weights,
            data=self.data,
            backbone=self.backbone,
            teacher=self.teacher,
            guards=self.guards,
            finished_stages=[*self.finished_stages, cost],
        )


class Checkpoints:
    """The folder `checkpoints/` of a run: `step-*` to go on from, and weights that these name."""

    def __init__(self, folder: Path, *, writes: bool = True) -> None:
        self.folder = folder
        self.writes = writes  # only one process of a run does

    def save(self, progress: Progress, weights: Tensors, optimizer: Tensors) -> None:
        """Write a checkpoint.  Raises PocketBertError, the older ones untouched, when the disk refuses it."""
        target = self.folder / f"step-{progress.stage:02d}-{progress.step:09d}"
        self._write(target, {"weights": weights, "optimizer": optimizer}, asdict(progress))
        self._keep_only_needed(target)

    def save_weights(self, name: str, weights: Tensors) -> None:
        """Keep weights under a name, until others are kept or as long as a checkpoint names them.

        Raises PocketBertError as `save` does.
        """
        self._write(self.folder / name, {"weights": weights}, {})
        self._keep_only_needed(self.folder / name)

    def load_weights(self, name: str) -> Tensors:
        """Weights kept under a name.  Raises PocketBertError when they are damaged."""
        return self._tensors(self.folder / name)["weights"]

    def load(self) -> tuple[Progress, dict[str, Tensors]] | None:
        """The newest checkpoint: progress, and tensors by file.  None when there is none.

        Raises PocketBertError when it is damaged.
        """
        steps = self._steps()
        return (self._progress(steps[-1]), self._tensors(steps[-1])) if steps else None

    def remove(self) -> None:
        """Delete every checkpoint: the run is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _steps(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))

    def _keep_only_needed(self, written: Path) -> None:
        """Delete all but what was just written, the newest checkpoints, and the weights that these name."""
        if not self.writes:
            return
        steps = self._steps()[-STEPS_KEPT:]
        needed = {written, *steps, *(self.folder / name for step in steps for name in self._needs(step))}
        for path in set(self.folder.iterdir()) - needed:
            shutil.rmtree(path, ignore_errors=True)

    def _needs(self, step: Path) -> list[str]:
        try:
            progress = self._progress(step)
        except PocketBertError:
            return []
        return [progress.start, *([progress.best] if progress.best else [])]

    def _write(self, target: Path, tensors: dict[str, Tensors], state: dict[str, Any]) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import save_file

        if not self.writes:
            return
        partial = self.folder / f"{PARTIAL}{target.name}"
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            files = {}
            for name, values in tensors.items():
                file = partial / f"{name}.safetensors"
                save_file(values, file)
                files[file.name] = _hash_of_file(file)
            content = {"schema": SCHEMA, "files": files, "state": state}
            sealed = json.dumps({**content, "sha256": _hash_of(content)})
            (partial / STATE_FILE).write_text(sealed, encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)  # left by a run that went on after an older checkpoint
            partial.rename(target)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise PocketBertError(
                f"could not write the checkpoint {target}: {disk_refusal(error)}, then the same command goes on"
            ) from error

    def _content(self, path: Path) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads((path / STATE_FILE).read_text(encoding="utf-8"))
            seal = content.pop("sha256")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise self._damaged(path, f"{STATE_FILE} cannot be read") from None
        if seal != _hash_of(content):
            raise self._damaged(path, f"{STATE_FILE} is not what was written")
        if content["schema"] != SCHEMA:
            raise PocketBertError(
                f"the checkpoint {path} was written by another version of pocketbert; finish the run with that one, "
                "or choose another --out folder"
            )
        return content

    def _progress(self, path: Path) -> Progress:
        return Progress(**self._content(path)["state"])

    def _tensors(self, path: Path) -> dict[str, Tensors]:
        from safetensors.torch import load_file

        files = self._content(path)["files"]
        for name, expected in files.items():
            if not (path / name).is_file() or _hash_of_file(path / name) != expected:
                raise self._damaged(path, f"{name} is not what was written")
        return {Path(name).stem: load_file(path / name) for name in files}

    def _damaged(self, path: Path, reason: str) -> PocketBertError:
        older = [step for step in self._steps() if step.name < path.name]
        if path.name.startswith("step-") and older:
            advice = "delete that folder and the run goes on from the one before it"
        else:
            advice = f"delete {self.folder} and the run starts again"
        return PocketBertError(f"the checkpoint {path} is damaged: {reason}; {advice}")


def _hash_of(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _hash_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
