"""The study of distillation: its intervals, the words it derives from them, and that it runs at all."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pocketbert.errors import PocketBertError

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "distillation"
TASK_FILES = ROOT.parent / "shared" / "data"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    import study_tables

    return study_tables


def losses(**models: tuple[float, ...]) -> dict[str, Any]:
    """Results that hold masked-LM losses by seed."""
    rows = {
        f"{model}-seed-{seed}": {"model": model, "seed": seed, "masked_lm_loss": loss}
        for model, found in models.items()
        for seed, loss in enumerate(found)
    }
    return {"pretraining": rows, "tuning": {}}


def test_a_difference_is_taken_seed_by_seed(table: ModuleType) -> None:
    results = losses(progressive=(5.9, 5.9, 6.0), joint=(6.0, 6.1, 6.2))
    difference = table.contrast({"progressive": 1, "joint": -1}, "masked LM", results)
    # gains 0.1, 0.2, 0.2: standard deviation 0.057735, Student's t with 2 degrees of freedom 4.30265
    assert difference == pytest.approx((1 / 6, 4.30265 * 0.057735 / 3**0.5), abs=1e-5)
    assert difference.verdict == "better"
    assert table.contrast({"joint": 1, "progressive": -1}, "masked LM", results).verdict == "worse"


def test_seeds_that_one_of_two_lacks_are_left_out(table: ModuleType) -> None:
    results = losses(progressive=(5.0, 5.0, 5.0), joint=(6.0,))
    assert table.contrast({"progressive": 1, "joint": -1}, "masked LM", results) == (1.0, None)
    assert table.contrast({"progressive": 1, "auxiliary": -1}, "masked LM", results) is None


def test_a_tasks_interval_holds_its_rows(table: ModuleType) -> None:
    results = losses(progressive=(5.0, 5.0), joint=(6.0, 6.0), alone=(7.0, 7.0))
    right = {"progressive": "1111", "joint": "1100", "alone": "1100"}
    for model, answers in right.items():
        for seed in range(2):
            cell = table.Tuning(table.Pretraining(model, seed), "trec6", table.RATES[0])
            value = answers.count("1") / 4
            results["tuning"][cell.name] = cell.record | {
                "value": value, "right": answers, "validation": 0.5
            }  # fmt: skip
    difference = table.contrast({"progressive": 1, "joint": -1}, "trec6", results)
    # seeds agree; rows gain 0, 0, 1, 1: standard deviation 0.57735, of the mean of four 0.288675
    assert difference == pytest.approx((0.5, 1.95996 * 0.288675), abs=1e-5)
    assert difference.verdict == "no difference shown"


def test_the_rate_is_chosen_on_validation_rows_alone(table: ModuleType) -> None:
    found = {}
    for rate, validation, value in zip(table.RATES, (0.7, 0.9, 0.8), (0.95, 0.6, 0.99), strict=True):
        cell = table.Tuning(table.Pretraining("joint"), "trec6", rate)
        found[cell.name] = cell.record | {"validation": validation, "value": value}
    assert table.chosen_rate("joint", "trec6", found) == table.RATES[1]
    assert table.chosen_rate("joint", "sst2", found) is None
    assert table.chosen_rate("alone", "trec6", found) is None


def test_what_of_the_paper_was_seen_follows_from_the_intervals(table: ModuleType) -> None:
    def said(results: dict[str, Any]) -> str:
        return table.expectations(results).splitlines()[-1]

    progressive, close, apart = (5.0, 5.1, 5.2), (5.1, 5.0, 5.3), (6.0, 6.1, 6.2)
    start = "- **Progressive is best**: "
    both = losses(progressive=progressive, joint=apart, auxiliary=apart)
    assert said(both).startswith(f"{start}seen on masked LM; not measured yet on")
    one = losses(progressive=progressive, joint=apart, auxiliary=close)
    assert said(one).startswith(f"{start}not shown on masked LM;")
    none = losses(progressive=apart, joint=progressive, auxiliary=apart)
    assert said(none).startswith(f"{start}the opposite was seen on masked LM;")


def test_figures_of_another_scale_are_not_mixed(table: ModuleType, tmp_path: Path) -> None:
    from study import Pretraining
    from study_runs import Results

    file = tmp_path / "results.json"
    Results.open(file, {"budget": 1}).add(Pretraining("alone"), {"seconds": 1.0})
    assert Results.open(file, {"budget": 1}).pretraining == {"alone-seed-0": {"seconds": 1.0}}
    with pytest.raises(PocketBertError, match=r"differs in budget; give another file with --out"):
        Results.open(file, {"budget": 2})


def test_without_a_text_it_says_so(tmp_path: Path) -> None:
    command = [
        sys.executable,
        FOLDER / "run.py",
        "--text",
        tmp_path / "none.txt",
        "--out",
        tmp_path / "out.json",
    ]
    done = subprocess.run([*command, "--data", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"skipped: there is no text {tmp_path / 'none.txt'}")


def test_it_runs_and_does_nothing_twice(tmp_path: Path) -> None:
    if not (TASK_FILES / "trec").is_dir():
        pytest.skip("the tasks' files are not beside the repository")
    text = tmp_path / "text.txt"
    text.write_text("\n\n".join(f"The {n} cats sat on {n + 1} mats." for n in range(200)), encoding="utf-8")
    command = [sys.executable, FOLDER / "run.py", "--quick", "--student", "progressive", "--threads", "1"]
    command += ["--text", text, "--out", tmp_path / "results.json"]
    outcomes = []
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        outcomes.append(done)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert list(results["pretraining"]) == ["teacher", "progressive-seed-0"]
    for cell in results["tuning"].values():
        assert len(cell["right"]) == 500
        assert cell["right"].count("1") / 500 == pytest.approx(cell["value"])
    assert "| + feature maps and attention, progressive | 1 |" in outcomes[0].stdout
    assert outcomes[0].stdout == outcomes[1].stdout
    assert outcomes[1].stderr == ""
