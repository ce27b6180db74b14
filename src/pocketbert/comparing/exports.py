"""What becomes of a variant on a phone: its first run as the smallest file that passes the gate."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.comparing.content import Export
from pocketbert.errors import DiskError, PocketBertError
from pocketbert.exporting import export_run
from pocketbert.runs import load
from pocketbert.training.folder import write_whole

if TYPE_CHECKING:
    from pocketbert.reporter import Reporter
    from pocketbert.runs import Run
    from pocketbert.training.folder import RunFolder

PRECISIONS = ("int8", "fp32")
"""Tried in this order."""


def export_of(variant: str, folder: RunFolder, kept: Path, reporter: Reporter) -> Export:
    """What the gate says of a run's int8 file; found in `kept` where it was asked of this very run and passed."""
    run = hashlib.sha256(folder.metrics.read_bytes()).hexdigest()
    if (known := _known(kept, run)) is not None:
        return known
    told = _first_that_passes(variant, load(folder.path), reporter)
    if told.passed:
        write_whole(kept, json.dumps({"run": run, "export": asdict(told)}, indent=1))
    return told


def _known(kept: Path, run: str) -> Export | None:
    try:
        content = json.loads(kept.read_text(encoding="utf-8"))
        return Export(**content["export"]) if content["run"] == run else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _first_that_passes(variant: str, run: Run, reporter: Reporter) -> Export:
    refusals = []
    for precision in PRECISIONS:
        try:
            made = export_run(run, "onnx", precision, reporter=reporter)
        except DiskError:
            raise
        except PocketBertError as error:
            refusals.append(_reason(str(error)))
            continue
        times = {str(tokens): value for tokens, value in made.milliseconds.items()}
        agreement = made.verdict.agreement if run.task.kind != "regression" else None
        return Export(variant, made.made, True, made.size, agreement, times, "; ".join(refusals))
    return Export(variant, "", False, None, None, {}, "; ".join(refusals))


def _reason(refusal: str) -> str:
    """What the gate found, without what to do about it."""
    return refusal.partition("; nothing was written")[0].partition("as the model does: ")[2] or refusal
