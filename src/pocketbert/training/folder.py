"""The files of a run folder, and the rules for opening one."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pocketbert.errors import ArgumentError, PocketBertError, disk_refusal
from pocketbert.writing import PARTIAL, whole


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps what: other tools load `adapter/` over `base/`, or `model/` alone."""

    path: Path

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.path / "recipe.toml"

    @property
    def task(self) -> Path:
        """The resolved task: columns, labels, metrics."""
        return self.path / "task.json"

    @property
    def base(self) -> Path:
        """The encoder that the last stage started from, [PAD] zeroed, without a head."""
        return self.path / "base"

    @property
    def adapter(self) -> Path:
        """PEFT files of the last stage, if it trained adapters."""
        return self.path / "adapter"

    @property
    def model(self) -> Path:
        """The model, merged and complete with its tokenizer."""
        return self.path / "model"

    @property
    def no_answer(self) -> Path:
        """When a question has no answer in its context: the threshold, and how it was chosen."""
        return self.path / "no_answer.json"

    @property
    def thresholds(self) -> Path:
        """Of several labels a text: from which probability on each is given, and how that was chosen."""
        return self.path / "thresholds.json"

    @property
    def confidence(self) -> Path:
        """The temperature of probabilities, and what validation rows say of them."""
        return self.path / "confidence.json"

    @property
    def familiarity(self) -> Path:
        """Where training texts lie, so that texts far from them can be told."""
        return self.path / "familiarity.safetensors"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.json"

    @property
    def history(self) -> Path:
        """A line for each reading of the loss and each scoring on validation."""
        return self.path / "history.jsonl"

    @property
    def answers(self) -> Path:
        """The model's answers to the rows it was measured on, and to their suites."""
        return self.path / "answers.npz"

    @property
    def suites(self) -> Path:
        """The frozen perturbed sets."""
        return self.path / "suites"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def checkpoints(self) -> Path:
        """What an interrupted run goes on from; gone once it is finished."""
        return self.path / "checkpoints"

    @property
    def finished(self) -> bool:
        return self.metrics.exists()

    def open(self, recipe: str) -> None:
        """Make the folder for a resolved recipe, or find in it an earlier part of the same run.

        Raises ArgumentError when it cannot be written to or holds anything else.
        """
        try:
            if self.path.exists() and not self.path.is_dir():
                raise ArgumentError(f"--out {self.path} is a file; name a folder")
            if self.path.exists() and any(not _is_partial(entry) for entry in self.path.iterdir()):
                if not self.recipe.exists():
                    raise ArgumentError(f"--out {self.path} holds other files; name a new or empty folder")
                if changed := changed_fields(self.recipe.read_text("utf-8", errors="replace"), recipe):
                    raise ArgumentError(
                        f"--out {self.path} holds a run of another recipe ({listed(changed)}; see {self.recipe}); "
                        "name a new folder"
                    )
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f"{PARTIAL}probe"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise ArgumentError(f"cannot write to --out {self.path}: {error.strerror or error}") from None

    def read_history(self) -> list[dict[str, Any]]:
        if not self.history.exists():
            return []
        return [json.loads(line) for line in self.history.read_text(encoding="utf-8").splitlines()]


def _is_partial(entry: Path) -> bool:
    """Whether a kill left it in the middle of writing."""
    return entry.name.startswith(PARTIAL)


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all.  Raises PocketBertError when the disk refuses it."""
    try:
        with whole(path) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PocketBertError(
            f"could not write {path}: {disk_refusal(error)}, then the same command goes on"
        ) from None


def changed_fields(old: str, new: str) -> list[str]:
    """The fields in which two recipes, as TOML, differ: `training.seed`, `stages`; `all of it` where one is damaged."""
    try:
        before, after = (_fields(tomllib.loads(text)) for text in (old, new))
    except tomllib.TOMLDecodeError:
        return ["all of it"]
    return [name for name in before | after if before.get(name) != after.get(name)]


def _fields(content: dict[str, Any]) -> dict[str, Any]:
    """By section and name; what is no section stands for itself."""
    found: dict[str, Any] = {}
    for section, fields in content.items():
        if isinstance(fields, dict):
            found |= {f"{section}.{name}": value for name, value in fields.items()}
        else:
            found[section] = fields
    return found


def listed(names: list[str]) -> str:
    """The first names, and whether there are more."""
    return ", ".join(names[:3]) + (" and more" if len(names) > 3 else "")
