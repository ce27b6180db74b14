"""One run of the table, and the file that keeps all of them: a killed benchmark goes on where it stood."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from questions import Cell, data_settings

sys.path.append(str(Path(__file__).parents[1]))

from measured_on import measured_on

PACKAGES = ("torch", "transformers", "peft", "datasets", "scikit-learn", "numpy")
Record = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """Where the rows, the backbone and the work in progress lie."""

    backbone: str
    files: Path
    work: Path
    threads: int | None


@dataclass(frozen=True)
class Results:
    """`results.json`: what was measured of one backbone, a line a run.  Several processes may add to it."""

    path: Path
    backbone: Record
    cells: dict[str, Record]
    tfidf: dict[str, Record]

    @classmethod
    def open(cls, path: Path, backbone: Record) -> Results:
        """What the file knows of this very backbone; figures of another one are not taken over."""
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        same = content.get("backbone", {}).get("sha256") == backbone["sha256"]
        if content and not same:
            print(f"{path} is of another backbone: all runs are made anew", file=sys.stderr)
        return cls(path, backbone, content.get("cells", {}) if same else {}, content.get("tfidf", {}))

    def add_cell(self, name: str, record: Record) -> None:
        with self._latest():
            self.cells[name] = record

    def add_tfidf(self, question: str, record: Record) -> None:
        with self._latest():
            self.tfidf[question] = record

    @contextmanager
    def _latest(self) -> Iterator[None]:
        """Take up what other processes wrote meanwhile, then write what was changed inside."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            there = Results.open(self.path, self.backbone)
            self.cells.update(there.cells)
            self.tfidf.update(there.tfidf)
            yield
            self._write()
        finally:
            os.close(folder)

    def _write(self) -> None:
        def table(rows: dict[str, Record]) -> str:
            lines = [f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(rows.items())]
            return "{\n" + ",\n".join(lines) + "\n }"

        parts = [
            '"schema": 1',
            f'"backbone": {json.dumps(self.backbone)}',
            f'"tfidf": {table(self.tfidf)}',
            f'"cells": {table(self.cells)}',
        ]
        partial = self.path.with_suffix(".partial")
        partial.write_text("{\n " + ",\n ".join(parts) + "\n}\n", encoding="utf-8")
        partial.replace(self.path)


def weights_of(backbone: str) -> Record:
    """A backbone as the results name it, with the hash of its weights and of its shape."""
    from pocketbert.backbone.load import BUNDLED_FOLDER

    folder = BUNDLED_FOLDER if backbone == "bundled" else Path(backbone)
    digest = hashlib.sha256()
    for name in ("config.json", "model.safetensors"):
        digest.update((folder / name).read_bytes())
    return {"name": folder.name if backbone != "bundled" else backbone, "sha256": digest.hexdigest()}


def measure(cell: Cell, bench: Bench) -> Record:
    """Train and score one cell; its run folder is taken away once its figures are known.

    Raises PocketBertError when the run fails or is interrupted; then it goes on from its folder.
    """
    import torch

    import pocketbert as pb

    if bench.threads:
        torch.set_num_threads(bench.threads)
    rows = data_settings(cell.question, cell.limit, bench.files, bench.work)
    given = rows.model_dump(mode="json", exclude_none=True, exclude={"source"})
    settings = {f"data.{name}": value for name, value in given.items()} | {
        "evaluation.suites": "none",
        "evaluation.examples": 0,
        "training.patience": cell.epochs,
        "training.threads": bench.threads,
        "training.embedding_rate": cell.embedding_rate,
    }
    if cell.method != "full":
        settings["lora.preset"] = cell.method
    folder = bench.work / "runs" / f"{cell.name}-{bench.threads or 'all'}-threads"
    run = pb.finetune(
        rows.source,
        backbone=bench.backbone,
        method="full" if cell.method == "full" else "lora",
        augment=False,
        epochs=cell.epochs,
        learning_rate=cell.learning_rate,
        seed=cell.seed,
        out=folder,
        settings=settings,
    )
    record = asdict(cell) | figures(run.metrics) | made_with() | {"threads": bench.threads}
    shutil.rmtree(folder)
    return record


def figures(metrics: Record) -> Record:
    """What the table needs of a run's `metrics.json`."""
    split, (stage,) = metrics["splits"]["test"], metrics["stages"]
    metric = split["main_metric"]
    return {
        "validation": stage["best_validation"],
        "metric": metric,
        **split["clean"][metric],
        "scored_rows": split["n"],
        "seconds": stage["seconds"],
        "examples_per_second": stage["examples_per_second"],
        "trainable": stage["parameters"]["trainable"],
    }


def made_with() -> Record:
    """When, where and with what this was measured."""
    return measured_on(Path(__file__).parent, PACKAGES)
