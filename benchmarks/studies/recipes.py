"""What each study trains, as recipes.

Every setting here was chosen before any test row was scored: see "How settings were chosen" in README.md.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

from ten_tasks import StudyTask

from pocketbert.augmentation.policy import presets
from pocketbert.comparing import Grid, plan
from pocketbert.recipe import Recipe, resolve, to_toml
from pocketbert.runs import read_metrics
from pocketbert.training.folder import RunFolder

LORA = {"lora.preset": "qv", "lora.rank": 8, "lora.alpha": 32.0}
"""The origin's adapter: 0.7 % of the bundled backbone's parameters train."""
WHOLE_EPOCHS = 1
"""Of all rows of a task, where a pass takes thousands of updates."""
TWO_TASKS = ("sst2", "trec6")
FEW_ROWS = 1000
"""Training rows of the studies of many variants."""
SHARES = (0.1, 0.3, 0.5, 0.7)
TARGETS = ("qv", "attention", "ffn", "all")
RANKS = (2, 8, 32)
RATES = {"lora": (7e-4, 2e-3, 5e-3), "norms": (2e-3, 5e-3, 1e-2), "full": (1e-4, 3e-4, 6e-4)}


def base(task: StudyTask, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that all variants of a task share: package defaults but for these."""
    return {
        "backbone.name": "bundled",
        **LORA,
        "training.patience": task.epochs,  # all train for the whole of their schedule
        "evaluation.examples": 0,
        "evaluation.suites": "all",
        **fields,
    }


def gains_grid(task: StudyTask, fields: dict[str, Any], seeds: int) -> Grid:
    """{full, LoRA} x {clean, augmented}."""
    stage = {"epochs": task.epochs}
    return plan([task.task], base(task, fields), stage, methods=("full", "lora"), seeds=seeds)


def share_recipes(task: StudyTask, fields: dict[str, Any]) -> dict[str, Recipe]:
    """Clean text, shares of augmented text, each operator alone and each left out, by name."""
    fields = few_rows(base(task, {"evaluation.suites": "medium"} | fields))
    usual = resolve(task.task, fields, {"epochs": task.epochs, "method": "lora"})
    clean = resolve(
        task.task,
        fields | {"augmentation.enabled": False},
        {"epochs": task.epochs, "method": "lora", "data": "clean"},
    )
    weights = presets()[usual.augmentation.preset].operators
    policies: dict[str, dict[str, Any]] = {
        f"share-{round(100 * share)}": {"clean_share": round(1 - share, 1)} for share in SHARES
    }
    policies |= {f"only-{name}": {"operators": {name: 1.0}} for name in weights}
    policies |= {
        f"without-{name}": {"operators": {other: weights[other] for other in weights if other != name}}
        for name in weights
    }
    return {"clean": clean} | {
        name: usual.model_copy(update={"augmentation": usual.augmentation.model_copy(update=policy)})
        for name, policy in policies.items()
    }


def few_rows(fields: dict[str, Any]) -> dict[str, Any]:
    """The same fields for at most FEW_ROWS training rows."""
    return fields | {"data.limit": min(fields["data.limit"], FEW_ROWS)}


def clean_text(task: StudyTask, fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of studies that train on clean text and score no suites."""
    return base(task, fields) | {"augmentation.enabled": False, "evaluation.suites": "none"}


def lora_candidates(task: StudyTask, fields: dict[str, Any]) -> dict[str, Recipe]:
    """Full tuning first, then every target, rank and rate, and norms; all on clean text, no suites."""
    fields = few_rows(clean_text(task, fields))
    stage = {"epochs": task.epochs, "data": "clean"}
    found = {
        f"{method}-at-{rate:g}": resolve(task.task, fields, stage | {"method": method, "learning_rate": rate})
        for method in ("full", "norms")
        for rate in RATES[method]
    }
    for preset, rank, rate in product(TARGETS, RANKS, RATES["lora"]):
        adapter = {"lora.preset": preset, "lora.rank": rank, "lora.alpha": 4.0 * rank}
        found[f"{preset}-{rank}-at-{rate:g}"] = resolve(
            task.task, fields | adapter, stage | {"method": "lora", "learning_rate": rate}
        )
    return found


def first_run(name: str, recipe: Recipe, folder: Path) -> RunFolder:
    return RunFolder(folder / f"{name}-{recipe.training.seed}")


def only_diverged(candidates: dict[str, Recipe], folder: Path) -> bool:
    """Whether the first runs that are not finished all diverged: their rates are too high, nothing is amiss."""
    unfinished = (first_run(name, recipe, folder) for name, recipe in candidates.items())
    logs = [folder / "jobs" / f"{run.path.name}.log" for run in unfinished if not run.finished]
    return all(log.is_file() and "training diverged" in log.read_text(encoding="utf-8") for log in logs)


def lora_chosen(candidates: dict[str, Recipe], folder: Path) -> dict[str, Recipe]:
    """Of each method, target and rank the rate whose first run, if it did not diverge, did best on validation rows."""
    best: dict[str, tuple[float, str]] = {}
    for name, recipe in candidates.items():
        run = first_run(name, recipe, folder)
        if not run.finished:
            continue
        validation = float(read_metrics(run)["stages"][0]["best_validation"])
        kind = name.split("-at-")[0]
        best[kind] = max(best.get(kind, (float("-inf"), "")), (validation, name), key=lambda one: one[0])
    return {name: candidates[name] for _, name in best.values()}


def written(recipes: dict[str, Recipe], folder: Path) -> list[Path]:
    """The recipes as files, which give the variants their names."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, recipe in recipes.items():
        files.append(folder / f"{name}.toml")
        files[-1].write_text(to_toml(recipe), encoding="utf-8")
    return files
