"""Does augmentation make a small model sturdier, what does LoRA cost, and which settings matter?

    python benchmarks/studies/run.py                          # all of them: about twelve hours of one core
    python benchmarks/studies/run.py --study gains --task sst2  # one study, one task
    python benchmarks/studies/run.py --quick                  # few rows, one seed: shows that it runs

`policy`: how strong augmentation is, chosen on rows held back from training.  `gains`: {full, LoRA} x {clean,
augmented} on ten tasks.  `whole`: the same once on all rows of SST-2.  `shares`: how much augmentation, and which
operators.  `lora`: targets x rank x learning rate.  `remedies`: what brings LoRA nearer to full tuning where it is
behind.  `deep`: what LoRA saves on 24 layers.  Each task of a study is one `pocketbert compare`, run by run in
processes of their own: the same command goes on where it was stopped.  What was found stands in `results/`, a file for
each study and task, and in README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from deep_shape import deep_recipes, random_backbone
from lora_remedies import REMEDY_TASKS, remedy_recipes
from policy_choice import policy_recipes
from recipes import (
    TWO_TASKS,
    WHOLE_EPOCHS,
    gains_grid,
    lora_candidates,
    lora_chosen,
    only_diverged,
    share_recipes,
    written,
)
from study_answers import RESULTS, SEEDS, summary
from study_readme import write_readme
from ten_tasks import QUICK_ROWS, ROOT, TASK_FILES, TASKS, StudyTask, task_fields

from pocketbert.comparing import ComparisonContent, compare, plan
from pocketbert.errors import PocketBertError
from pocketbert.reporter import Silent

sys.path.append(str(Path(__file__).parents[1]))

from measured_on import measured_on

PACKAGES = ("torch", "transformers", "peft", "numpy", "scikit-learn")
STUDY_TASKS = {
    "policy": TWO_TASKS,
    "gains": tuple(TASKS),
    "whole": ("sst2",),
    "shares": TWO_TASKS,
    "lora": ("trec6",),
    "remedies": REMEDY_TASKS,
    "deep": ("sst2",),
}
QUICK_TASK = "trec6"


class Lines(Silent):
    """Says what happens on standard error, a line each."""

    def __init__(self, name: str) -> None:
        self.name = name

    def say(self, line: str) -> None:
        print(f"{self.name}: {line}", file=sys.stderr, flush=True)

    warn = say


def main() -> None:
    options = parse_options()
    if options.tables:
        write_readme()
        return
    if not options.data.is_dir():
        print(f"skipped: there is no folder {options.data} with the tasks' files; name it with --data")
        return
    try:
        with tempfile.TemporaryDirectory() as temporary:
            if options.quick:
                options.work, options.out = Path(temporary), options.out or Path(temporary) / "results"
            answer(options)
    except PocketBertError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on")


def answer(options: argparse.Namespace) -> None:
    ask: dict[str, Callable[..., ComparisonContent]] = {
        "policy": policy,
        "gains": gains,
        "whole": whole,
        "shares": shares,
        "lora": lora,
        "remedies": remedies,
        "deep": deep,
    }
    for study in options.study:
        for name in options.task:
            if name not in STUDY_TASKS[study] and not options.quick:
                continue
            content = ask[study](name, options)
            record = {
                "schema": 1,
                "study": study,
                "task": name,
                "setting": measured_on(RESULTS.parent, PACKAGES),
            }
            options.out.mkdir(parents=True, exist_ok=True)
            path = options.out / f"{study}-{name}.json"
            path.write_text(json.dumps(record | summary(content), indent=1) + "\n", encoding="utf-8")
            print(f"{TASKS[name].title}, {study}: {content.answer}", flush=True)
    if options.out == RESULTS:
        write_readme()


def policy(name: str, options: argparse.Namespace) -> ComparisonContent:
    """How strong augmentation is, by rows held back from training."""
    task, fields = task_and_fields(name, options)
    recipes = policy_recipes(task, fields, options.work / "rows" / f"policy-{name}")
    grid = listed(dict(list(recipes.items())[:2]) if options.quick else recipes, "policy", name, options)
    return compare(grid, options.work / "policy" / name, **how(f"policy on {name}", options)).content


def gains(name: str, options: argparse.Namespace) -> ComparisonContent:
    """{full, LoRA} x {clean, augmented}, clean and on all suites."""
    task, fields = task_and_fields(name, options)
    grid = gains_grid(task, fields, options.seeds)
    return compare(grid, options.work / "gains" / name, **how(f"gains of {name}", options)).content


def whole(name: str, options: argparse.Namespace) -> ComparisonContent:
    """{full, LoRA} x {clean, augmented} once, on every training row."""
    task, fields = task_and_fields(name, options)
    if not options.quick:
        task, fields = replace(task, epochs=WHOLE_EPOCHS), fields | {"data.limit": None}
    grid = gains_grid(task, fields, seeds=1)
    return compare(grid, options.work / "whole" / name, **how(f"all rows of {name}", options)).content


def shares(name: str, options: argparse.Namespace) -> ComparisonContent:
    """Shares of augmented text, each operator alone and left out, every one for as many updates."""
    task, fields = task_and_fields(name, options)
    recipes = share_recipes(task, fields)
    grid = listed(dict(list(recipes.items())[:2]) if options.quick else recipes, "shares", name, options)
    return compare(grid, options.work / "shares" / name, **how(f"shares of {name}", options)).content


def lora(name: str, options: argparse.Namespace) -> ComparisonContent:
    """Targets and ranks, each at the rate that does best on validation rows with the first seed."""
    task, fields = task_and_fields(name, options)
    candidates = lora_candidates(task, fields)
    folder = options.work / "lora" / name
    told = how(f"LoRA of {name}", options)
    if options.quick:
        candidates = dict([*candidates.items()][:: len(candidates) - 1])
    grid = listed(candidates, "lora", name, options, seeds=1)
    try:
        compare(grid, folder, **told)
    except PocketBertError:
        if not only_diverged(candidates, folder):
            raise
    chosen = lora_chosen(candidates, folder)
    return compare(listed(chosen, "lora", name, options), folder, **told).content


def remedies(name: str, options: argparse.Namespace) -> ComparisonContent:
    """What brings LoRA nearer to full tuning."""
    task, fields = task_and_fields(name, options)
    recipes = remedy_recipes(task, fields)
    grid = listed(dict(list(recipes.items())[:2]) if options.quick else recipes, "remedies", name, options)
    return compare(grid, options.work / "remedies" / name, **how(f"remedies on {name}", options)).content


def deep(name: str, options: argparse.Namespace) -> ComparisonContent:
    """What LoRA saves on the 24-layer shape."""
    task, fields = task_and_fields(name, options)
    if not options.quick:
        del fields["data.limit"]  # as many rows as the cost is measured on
    recipes = deep_recipes(task, fields, random_backbone(options.work / "deep" / "backbone"))
    grid = listed(recipes, "deep", name, options)
    return compare(grid, options.work / "deep" / name, **how("24 layers", options)).content


def task_and_fields(name: str, options: argparse.Namespace) -> tuple[StudyTask, dict[str, Any]]:
    task = TASKS[name]
    fields = task_fields(task, options.data, options.work)
    if options.quick:
        fields |= {"data.limit": QUICK_ROWS, "evaluation.suites": ("typo@1", "ocr@1")}
    return task, fields


def listed(
    recipes: dict[str, Any], study: str, name: str, options: argparse.Namespace, seeds: int | None = None
) -> Any:
    """A grid of recipes as files, the first of which is the baseline."""
    files = written(recipes, options.work / "recipes" / study / name)
    return plan([str(file) for file in files], {}, {}, seeds=seeds or options.seeds)


def how(name: str, options: argparse.Namespace) -> dict[str, Any]:
    return {"workers": options.workers, "export": False, "reporter": Lines(name)}


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", nargs="+", choices=list(STUDY_TASKS), default=list(STUDY_TASKS))
    parser.add_argument(
        "--quick", action="store_true", help="one task, few rows, one seed: shows that it runs"
    )
    parser.add_argument("--task", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--tables", action="store_true", help="only write README.md's tables from results/")
    parser.add_argument("--workers", type=int, default=1, help="runs side by side, the threads divided")
    parser.add_argument("--data", type=Path, default=TASK_FILES, help="folder with the tasks' files")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "studies", help="folder of all runs")
    parser.add_argument(
        "--out", type=Path, help="folder for what was found; left out, results/ beside this file"
    )
    options = parser.parse_args(arguments)
    if min(options.seeds, options.workers) < 1:
        parser.error("--seeds and --workers are at least 1")
    if not options.data.is_dir() and options.data != TASK_FILES:
        parser.error(f"no folder {options.data} with the tasks' files; name it with --data")
    if not any(set(STUDY_TASKS[study]).intersection(options.task) for study in options.study):
        known = "; ".join(f"{study}: {', '.join(STUDY_TASKS[study])}" for study in options.study)
        parser.error(f"none of these studies is of {', '.join(options.task)} ({known})")
    if options.quick:
        options.task, options.seeds = [QUICK_TASK], 1
    elif options.out is None:
        options.out = RESULTS
    return options


if __name__ == "__main__":
    main()
