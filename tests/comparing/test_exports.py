"""What the gate said of a run is kept for that run alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pocketbert.comparing import exports
from pocketbert.comparing.content import Export
from pocketbert.reporter import Silent
from pocketbert.training.folder import RunFolder


def test_a_run_is_asked_again_once_it_was_trained_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[bool] = []

    def answer(variant: str, run: object, reporter: object) -> Export:
        asked.append(passes)
        return Export(variant, "int8", passes, 8_000_000 if passes else None, None, {}, "")

    monkeypatch.setattr(exports, "load", lambda folder: None)
    monkeypatch.setattr(exports, "_first_that_passes", answer)
    run, kept = RunFolder(tmp_path), tmp_path / "kept.json"
    run.metrics.write_text("{}", encoding="utf-8")
    passes = False
    assert not exports.export_of("lora", run, kept, Silent()).passed
    passes = True
    assert exports.export_of("lora", run, kept, Silent()).passed  # a refusal is asked again
    assert exports.export_of("lora", run, kept, Silent()).bytes == 8_000_000
    assert asked == [False, True]
    run.metrics.write_text('{"trained": "anew"}', encoding="utf-8")
    exports.export_of("lora", run, kept, Silent())
    kept.write_text('{"run":', encoding="utf-8")  # damaged
    exports.export_of("lora", run, kept, Silent())
    assert asked == [False, True, True, True]
