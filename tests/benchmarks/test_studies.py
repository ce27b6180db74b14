"""The studies: how goals are weighed, what settings are chosen by, and that they run at all."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "studies"
TASK_FILES = ROOT.parent / "shared" / "data"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    import study_answers

    return study_answers


def gain(
    question: str, on: str, value: float, verdict: str, variant: str = "full-augmented"
) -> dict[str, Any]:
    return {
        "question": question, "input": on, "value": value, "verdict": verdict,
        "baseline": "full-clean", "variant": variant,
    }  # fmt: skip


def record(clean: float, unseen: dict[str, float], gains: list[dict[str, Any]]) -> dict[str, Any]:
    figures = {name: {"value": value} for name, value in {"clean": clean, **unseen}.items()}
    kinds = {name: {"kind": "unseen"} for name in unseen} | {"clean": {"kind": "clean"}}
    return {
        "inputs": kinds | {"typo@1": {"kind": "seen"}},
        "variants": {
            "full-clean": {"figures": figures},
            "lora-clean": {"cost": {"trainable": 2, "parameters": 100}},
        },
        "gains": gains,
    }


def test_only_unseen_suites_that_cost_three_points_count(answers: ModuleType) -> None:
    found = record(
        0.9,
        {"ocr@1": 0.8, "spacing": 0.88},
        [
            gain("robustness", "ocr@1", 0.04, "better"),
            gain("robustness", "spacing", 0.02, "better"),
            gain("robustness", "typo@1", 0.2, "better"),
        ],
    )
    assert answers.won_back(found) == [(pytest.approx(0.4), True, None)]
    found["gains"][0]["p_mcnemar"] = 0.2
    assert answers.won_back(found) == [(pytest.approx(0.4), True, False)]


@pytest.mark.parametrize(
    ("won", "verdict", "clean", "lora", "met"),
    [
        (0.03, "better", "no difference shown", -0.005, [True, True, True, True]),
        (0.02, "no difference shown", "worse", -0.02, [False, False, False, False]),
    ],
)
def test_goals_are_met_or_missed(
    answers: ModuleType, won: float, verdict: str, clean: str, lora: float, met: list[bool]
) -> None:
    found = record(
        0.9,
        {"ocr@1": 0.8},
        [
            gain("robustness", "ocr@1", won, verdict),
            gain("generalisation", "clean", 0.0, clean),
            gain("cost", "clean", lora, "no difference shown", "lora-clean"),
        ],
    )
    assert [line.startswith("- met") for line in answers.goals({"sst2": found})] == met


@pytest.mark.parametrize(
    ("memory", "time", "met"), [(-0.3, -0.4, True), (-0.2, -0.4, False), (-0.3, -0.2, False)]
)
def test_savings_on_24_layers_are_held_to_their_goals(
    monkeypatch: pytest.MonkeyPatch, memory: float, time: float, met: bool
) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from deep_shape import ADAPTERS, deep_table

    cost = {"trainable": 2, "parameters": 100, "seconds": [30.0], "peak_memory_bytes": [2**30]}
    changes = {"seconds": time, "peak_memory_bytes": memory}
    found = {
        "variants": {name: {"cost": cost} for name in ("full", *ADAPTERS)},
        "savings": [
            {"variant": name, "figure": figure, "value": value, "low": None}
            for name in ADAPTERS
            for figure, value in changes.items()
        ],
    }
    *_, first, second = deep_table(found).splitlines()
    assert first.startswith("- met") == second.startswith("- met") == met


@pytest.mark.parametrize(("value", "met"), [(0.91, True), (0.88, False)])
def test_adapters_are_held_to_full_tuning(monkeypatch: pytest.MonkeyPatch, value: float, met: bool) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from adapter_quality import quality_table
    from questions import tried

    cells = {}
    for method, (reached, trainable) in {"full": (0.9, 100), "qv": (value, 1), "all": (0.9, 4)}.items():
        setting = next(iter(tried("trec6", method, None)))
        for seed in range(3):
            cells[setting.name if not seed else f"{setting.name}-{seed}"] = {
                **{name: getattr(setting, name) for name in ("question", "method", "limit", "epochs")},
                **{name: getattr(setting, name) for name in ("learning_rate", "embedding_rate")},
                "seed": seed, "validation": 0.9, "value": reached, "trainable": trainable,
            }  # fmt: skip
    *_, qv, every = quality_table(cells).splitlines()
    assert qv.startswith("- met") is met
    assert every.startswith("- **missed**")  # 4 % of the parameters
    assert quality_table({}) == "Not run yet."


def test_pages_say_what_was_found(answers: ModuleType) -> None:
    from study_readme import PARTS

    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    for part, table in PARTS.items():
        assert f"<!-- {part} -->\n{table()}\n<!-- /{part} -->" in page
    known = answers.read("gains")
    won = answers.mean(won.share for record in known.values() for won in answers.won_back(record))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for told in (readme, (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")):
        assert f"wins back {100 * won:.0f} %" in " ".join(told.split())
    helped = [
        one["value"]
        for record in known.values()
        for one in answers.gains_of(record, "robustness", "unseen")
        if one["variant"] == "lora-augmented" and one["verdict"] == "better"
    ]
    told = readme.partition("it is shown to help on")[2].partition(", not on")[0]
    assert [float(figure) for figure in re.findall(r"\(\+([\d.]+)", told)] == sorted(
        (round(100 * value, 1) for value in helped), reverse=True
    )


def test_what_is_missing_is_said(answers: ModuleType) -> None:
    whole = record(0.9, {}, []) | {"seeds": 3}
    assert "1 of 10 tasks" in answers.so_far({"sst2": whole})
    assert "but for TREC-6 (1)" in answers.so_far({"sst2": whole, "trec6": whole | {"seeds": 1}})


def test_rates_are_chosen_by_validation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from recipes import lora_candidates, lora_chosen, only_diverged
    from ten_tasks import TASKS

    candidates = lora_candidates(TASKS["trec6"], {"data.data_dir": tmp_path, "data.limit": 2000})
    for name in candidates:
        run = tmp_path / f"{name}-0"
        run.mkdir()
        stage = {"best_validation": 0.9 if name.endswith("-at-0.002") else 0.8}
        (run / "metrics.json").write_text(json.dumps({"stages": [stage], "splits": {"test": {}}}))
    chosen = lora_chosen(candidates, tmp_path)
    assert len(chosen) == 14  # full, norms, four targets by three ranks
    assert "qv-8-at-0.002" in chosen
    assert "norms-at-0.002" in chosen
    assert next(iter(chosen)).startswith("full-at-")
    (tmp_path / "all-32-at-0.002-0" / "metrics.json").unlink()  # diverged
    assert not only_diverged(candidates, tmp_path)
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "all-32-at-0.002-0.log").write_text("pocketbert: training diverged before update 50")
    assert only_diverged(candidates, tmp_path)
    assert "all-32-at-0.002" not in lora_chosen(candidates, tmp_path)


def test_remedies_are_chosen_by_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from lora_remedies import REMEDY_TASKS, TITLES, remedy_recipes, remedy_table
    from ten_tasks import TASKS

    recipes = remedy_recipes(TASKS[REMEDY_TASKS[0]], {"data.limit": 100})
    assert list(recipes) == list(TITLES)
    assert len({recipe.model_dump_json() for recipe in recipes.values()}) == len(TITLES)
    figure = {"clean": {"value": 0.1, "low": 0.0, "high": 0.2}}
    cost = {"trainable": 2, "parameters": 100}
    found = {
        "variants": {name: {"figures": figure, "cost": cost} for name in TITLES},
        "savings": [{"variant": name, "figure": "seconds", "value": -0.3, "low": None} for name in TITLES],
        "validation": {name: 0.3 if name == "full" else 0.2 if name == "faster" else 0.1 for name in TITLES},
        "gains": [
            {**gain("cost", "clean", -0.02, "worse", name), "baseline": "full", "low": -0.03, "high": -0.01}
            for name in TITLES
        ],
    }
    told = remedy_table({REMEDY_TASKS[0]: found})
    assert told.endswith("Validation rows choose: rate 5e-3.")
    assert "**−2.0 (−3.0 to −1.0)**" in told
    assert remedy_table({}) == "Not run yet."


def test_it_runs(tmp_path: Path) -> None:
    if not (TASK_FILES / "trec").is_dir():
        pytest.skip("the tasks' files are not beside the repository")
    command = [sys.executable, FOLDER / "run.py", "--quick", "--study", "gains", "--out", tmp_path / "found"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found" / "gains-trec6.json").read_text(encoding="utf-8"))
    assert set(found["variants"]) == {
        "full-clean",
        "full-augmented",
        "lora-clean",
        "lora-augmented",
        "tf-idf",
    }
    assert {"clean", "unseen", "typo@1", "ocr@1"} <= set(found["inputs"])


def test_a_study_that_is_not_of_a_task_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from run import parse_options

    with pytest.raises(SystemExit):
        parse_options(["--study", "whole", "--task", "trec6"])
    assert "none of these studies is of trec6 (whole: sst2)" in capsys.readouterr().err
    assert parse_options(["--quick", "--study", "whole"]).task == ["trec6"]


def test_policies_are_weighed_by_seen_suites_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from policy_choice import METHODS, POLICIES, gain_on_seen, policy_table

    def variant(seen: float, unseen: float) -> dict[str, Any]:
        values = {"clean": 0.9, "typo@2": seen, "ocr@2": unseen}
        return {
            "figures": {name: {"value": one, "low": one, "high": one} for name, one in values.items()},
        }

    kinds = {"clean": "clean", "typo@2": "seen", "ocr@2": "unseen"}
    known = {
        "trec6": {
            "inputs": {name: {"kind": kind} for name, kind in kinds.items()},
            "variants": {
                f"{method}-{policy}": variant(0.8 + 0.01 * place, 0.5 - 0.1 * place)
                for method in METHODS
                for place, policy in enumerate(POLICIES)
            },
        }
    }
    assert gain_on_seen(known, "stronger") == pytest.approx(1.0)
    assert "stronger +1.0, strongest +2.0" in policy_table(known)
    assert policy_table({}) == "Not run yet."


def test_what_policies_are_scored_on_is_not_trained_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import policy_choice
    from policy_choice import divided, policy_recipes
    from ten_tasks import TASKS

    lines = [f"LOC:city What is place {number} ?\nNUM:date When was {number} ?" for number in range(40)]
    (tmp_path / "TREC.train").write_text("\n".join(lines), encoding="latin-1")
    (tmp_path / "TREC.test").write_text("LOC:city Where ?", encoding="latin-1")
    monkeypatch.setattr(policy_choice, "SCORED", 20)
    fields = {"data.data_dir": tmp_path, "data.limit": 2000}
    train, held_back = (
        file.read_text().splitlines()[1:] for file in divided(TASKS["trec6"], fields, tmp_path / "rows")
    )
    assert len(held_back) == 20
    assert not {*train} & {*held_back}
    recipes = policy_recipes(TASKS["trec6"], fields, tmp_path / "rows")
    assert recipes["lora-stronger"].augmentation.magnitude == 0.8
    assert recipes["full-usual"].augmentation.magnitude is None
    assert {recipe.augmentation.preset for recipe in recipes.values()} == {"default"}
