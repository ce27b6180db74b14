"""The files of a comparison, and the rules for going on with one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.comparing.runs import Job
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.recipe import to_toml
from pocketbert.training.folder import RunFolder, changed_fields, listed, write_whole

if TYPE_CHECKING:
    from pocketbert.comparing.grid import Cell, Grid

SCHEMA = 1
SHOWN = "evaluation.examples"
"""The field that says what pages show, and nothing of how a cell trains or is scored."""


@dataclass(frozen=True)
class ComparisonFolder:
    """Where a comparison keeps what; every cell is a run folder like any other."""

    path: Path

    @property
    def grid(self) -> Path:
        """Which rows are compared on."""
        return self.path / "grid.json"

    @property
    def results(self) -> Path:
        return self.path / "compare.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def paper(self) -> Path:
        """Tables in Markdown."""
        return self.path / "compare.md"

    def run(self, cell: Cell) -> RunFolder:
        """The run of a cell."""
        return RunFolder(self.path / cell.name)

    def export(self, variant: str) -> Path:
        """What the gate said of a variant."""
        return self.path / "exports" / f"{variant}.json"

    def job(self, cell: Cell) -> Job:
        """What has to be run for a cell."""
        work = self.path / "jobs"
        return Job(cell.name, work / f"{cell.name}.toml", self.path / cell.name, work / f"{cell.name}.log")

    def open(self, grid: Grid, data: str) -> None:
        """Make the folder for a grid on rows of this hash, or find in it an earlier part of the same comparison.

        Cells may be added to a comparison; those that are there must be of the same recipes and rows.
        Raises ArgumentError when they are not, or the folder holds anything else.
        """
        try:
            self._refuse_others(data)
            for cell in grid.cells:
                self._refuse_changed(cell)
            (self.path / "jobs").mkdir(parents=True, exist_ok=True)
            (self.path / "exports").mkdir(exist_ok=True)
            write_whole(self.grid, json.dumps({"schema": SCHEMA, "data": data}))
            for cell in grid.cells:
                begun = self.run(cell).recipe
                recipe = begun.read_text(encoding="utf-8") if begun.exists() else to_toml(cell.recipe)
                write_whole(self.job(cell).recipe, recipe)
        except OSError as error:
            raise ArgumentError(f"cannot write to --out {self.path}: {error.strerror or error}") from None

    def _refuse_others(self, data: str) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise ArgumentError(f"--out {self.path} is a file; name a folder")
        if not self.path.exists() or not any(self.path.iterdir()):
            return
        if not self.grid.exists():
            raise ArgumentError(f"--out {self.path} holds other files; name a new or empty folder")
        try:
            known = json.loads(self.grid.read_text(encoding="utf-8"))["data"]
        except (ValueError, KeyError, TypeError):
            raise PocketBertError(f"{self.grid} is damaged; name a new folder") from None
        if known != data:
            raise ArgumentError(
                f"the rows changed since the comparison in {self.path} began; name a new folder"
            )

    def _refuse_changed(self, cell: Cell) -> None:
        begun = self.run(cell).recipe
        if not begun.exists():
            return
        changed = changed_fields(begun.read_text(encoding="utf-8", errors="replace"), to_toml(cell.recipe))
        if others := [field for field in changed if field != SHOWN]:
            raise ArgumentError(
                f"{begun.parent} holds a run of another recipe ({listed(others)}); name a new --out folder, or delete "
                "that one to train it anew"
            )
