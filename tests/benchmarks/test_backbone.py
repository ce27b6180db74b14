"""The benchmark of the backbone: what it chooses by, what its intervals are, and that it runs at all."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "backbone"
TASK_FILES = ROOT.parent / "shared" / "data"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    import answer_table

    return answer_table


def runs(table: ModuleType, *figures: tuple[float, float]) -> dict[str, dict[str, object]]:
    """Seed 0 of the first settings of TREC-6 in full tuning: (validation, value)."""
    found = {}
    for cell, (validation, value) in zip(table.tried("trec6", "full", None), figures, strict=False):
        found[cell.name] = {
            "question": "trec6",
            "method": "full",
            "limit": None,
            "learning_rate": cell.learning_rate,
            "embedding_rate": cell.embedding_rate,
            "epochs": cell.epochs,
            "seed": 0,
            "validation": validation,
            "value": value,
            "low": value - 0.02,
            "high": value + 0.02,
            "seconds": 1.0,
        }
    return found


def test_settings_are_chosen_on_validation_rows_alone(table: ModuleType) -> None:
    first, second, *_ = table.tried("trec6", "full", None)
    assert table.chosen("trec6", "full", None, runs(table, (0.95, 0.90), (0.94, 0.99))) == first
    assert table.chosen("trec6", "full", None, runs(table, (0.94, 0.99), (0.95, 0.90))) == second
    assert table.chosen("trec6", "full", 64, runs(table, (0.94, 0.99), (0.95, 0.90))) is None


def test_an_interval_holds_rows_and_seeds(table: ModuleType) -> None:
    one = {"low": 0.87, "high": 0.93}
    assert table.over_seeds([one | {"value": 0.90}]) == pytest.approx((0.90, 0.03))
    # standard deviation 0.02; Student's t with 2 degrees of freedom 4.30265; 4.30265 * 0.02 / sqrt(3) = 0.049683
    mean, half = table.over_seeds([one | {"value": value} for value in (0.88, 0.90, 0.92)])
    assert (mean, half) == pytest.approx((0.90, (0.049683**2 + 0.03**2) ** 0.5), abs=1e-6)


@pytest.mark.parametrize(("value", "verdict"), [(0.93, "MISSED"), (0.94, "met"), (0.97, "goal met")])
def test_the_table_says_which_bars_are_met(table: ModuleType, value: float, verdict: str) -> None:
    results = {"cells": runs(table, (0.95, value), (0.90, 0.99)), "tfidf": {}}
    *_, row = table.table(results).splitlines()
    assert row.startswith("| TREC-6 |")
    assert f"{100 * value:.1f} ± 2.0, 1 seed" in row
    assert row.endswith(f"| {verdict} |")


def test_runs_of_another_backbone_are_not_taken_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from answers import Results

    file = tmp_path / "results.json"
    one, other = {"name": "bundled", "sha256": "a"}, {"name": "bundled", "sha256": "b"}
    Results.open(file, one).add_cell("trec6-full", {"value": 0.9})
    assert Results.open(file, one).cells == {"trec6-full": {"value": 0.9}}
    assert Results.open(file, other).cells == {}


def test_two_processes_share_a_results_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from answers import Results

    file, backbone = tmp_path / "results.json", {"name": "bundled", "sha256": "a"}
    first, second = Results.open(file, backbone), Results.open(file, backbone)
    first.add_cell("trec6-full", {"value": 0.9})
    second.add_tfidf("trec6", {"value": 0.8})
    second.add_cell("subj-full", {"value": 0.7})
    found = Results.open(file, backbone)
    assert found.cells == {"trec6-full": {"value": 0.9}, "subj-full": {"value": 0.7}}
    assert found.tfidf == {"trec6": {"value": 0.8}}


def test_it_runs_and_does_nothing_twice(tmp_path: Path) -> None:
    if not (TASK_FILES / "trec").is_dir():
        pytest.skip("the tasks' files are not beside the repository")
    command = [sys.executable, FOLDER / "run.py", "--quick", "--task", "trec6", "--threads", "1"]
    command += ["--out", tmp_path / "results.json"]
    outcomes = []
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        outcomes.append(done)
    (cell,) = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["cells"].values()
    assert cell["limit"] == 64
    assert cell["scored_rows"] == 500
    assert "| TREC-6 |" in outcomes[0].stdout
    assert outcomes[0].stdout == outcomes[1].stdout
    assert outcomes[1].stderr == ""
