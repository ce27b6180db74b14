"""Checkpoints to resume from: safetensors for what trains, JSON for the rest, each file with its hash.

A checkpoint is a folder that appears whole, by a rename, or not at all; the two newest are kept.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.errors import PocketBertError

if TYPE_CHECKING:
    import torch

SCHEMA = 1
STATE_FILE = "state.json"
BEST = "best"
KEPT = 2


@dataclass
class Progress:
    """Where a run stands, besides its weights."""

    stage: int = 0
    step: int = 0
    best_metric: float | None = None
    scorings_since_best: int = 0
    history_bytes: int = 0
    threads: int = 0
    data: str = ""
    meter: dict[str, float] = field(default_factory=dict)
    finished_stages: list[dict[str, Any]] = field(default_factory=list)


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def trained_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights that training changes, by name."""
    return {
        name: weight.detach().cpu().contiguous() for name, weight in model.named_parameters() if weight.requires_grad
    }


def restore_weights(model: torch.nn.Module, weights: dict[str, torch.Tensor]) -> None:
    """Put trained weights back, exactly.  Raises PocketBertError when they are another model's."""
    import torch

    own = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    if {name: weight.shape for name, weight in own.items()} != {name: w.shape for name, w in weights.items()}:
        raise PocketBertError("the checkpoint holds the weights of another model; choose another --out folder")
    with torch.no_grad():
        for name, weight in own.items():
            weight.copy_(weights[name])


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    return {
        f"{index}.{name}": value.detach().cpu().contiguous()
        for index, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    """Put the moments of AdamW back, exactly."""
    states: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        index, moment = name.split(".", 1)
        states.setdefault(int(index), {})[moment] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": states})


class Checkpoints:
    """The folder `checkpoints/` of a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _steps(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))

    def save(
        self, progress: Progress, weights: dict[str, torch.Tensor], optimizer: dict[str, torch.Tensor]
    ) -> None:
        """Write a checkpoint.  Raises PocketBertError, the older ones untouched, when the disk refuses it."""
        target = self.folder / f"step-{progress.stage:02d}-{progress.step:09d}"
        self._write(target, {"weights": weights, "optimizer": optimizer}, asdict(progress))
        for old in self._steps()[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)

    def save_weights(self, name: str, weights: dict[str, torch.Tensor]) -> None:
        """Keep weights under a name of their own, such as the best of a stage."""
        self._write(self.folder / name, {"weights": weights}, {})

    def load_weights(self, name: str) -> dict[str, torch.Tensor] | None:
        """Weights kept under a name, or None."""
        path = self.folder / name
        return self._read(path)[1]["weights"] if path.exists() else None

    def load(self) -> tuple[Progress, dict[str, dict[str, torch.Tensor]]] | None:
        """The newest checkpoint: progress, and tensors by file.  None when there is none."""
        steps = self._steps()
        if not steps:
            return None
        state, tensors = self._read(steps[-1])
        try:
            return Progress(**state), tensors
        except TypeError:
            raise self._damaged(steps[-1], f"{STATE_FILE} is not one of ours") from None

    def forget_weights(self, name: str) -> None:
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def remove(self) -> None:
        """Delete every checkpoint: the run is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, target: Path, tensors: dict[str, dict[str, torch.Tensor]], state: dict[str, Any]) -> None:
        from safetensors.torch import save_file

        partial = self.folder / f".partial-{target.name}"
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            files = {}
            for name, values in tensors.items():
                file = partial / f"{name}.safetensors"
                save_file(values, file)
                files[file.name] = _fingerprint(file)
            (partial / STATE_FILE).write_text(
                json.dumps({"schema": SCHEMA, "files": files, "state": state}), encoding="utf-8"
            )
            shutil.rmtree(target, ignore_errors=True)
            partial.rename(target)
        except Exception as error:
            shutil.rmtree(partial, ignore_errors=True)
            if isinstance(error, OSError) or "I/O error" in str(error) or "No space" in str(error):
                full = getattr(error, "errno", None) == errno.ENOSPC or "No space" in str(error)
                reason = "the disk is full" if full else str(error)
                raise PocketBertError(
                    f"could not write the checkpoint {target}: {reason}; make room, then the same command goes on "
                    "from the checkpoint before it"
                ) from error
            raise

    def _read(self, path: Path) -> tuple[dict[str, Any], dict[str, dict[str, torch.Tensor]]]:
        from safetensors.torch import load_file

        try:
            content = json.loads((path / STATE_FILE).read_text(encoding="utf-8"))
            state, files = content["state"], content["files"]
        except (OSError, ValueError, KeyError, TypeError):
            raise self._damaged(path, f"{STATE_FILE} cannot be read") from None
        for name, expected in files.items():
            if not (path / name).exists() or _fingerprint(path / name) != expected:
                raise self._damaged(path, f"{name} is not what was written")
        return state, {Path(name).stem: load_file(path / name) for name in files}

    @staticmethod
    def _damaged(path: Path, reason: str) -> PocketBertError:
        return PocketBertError(
            f"the checkpoint {path} is damaged: {reason}; delete that folder and the run goes on from the one before it"
        )
