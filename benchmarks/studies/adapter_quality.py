"""How near adapters come to full tuning on all rows of a task, each at the rate that validation rows chose.

The runs are those of `benchmarks/backbone`: clean text, the bundled backbone, the same epochs for every method.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import mean

from study_answers import Record, goal, minus

sys.path.append(str(Path(__file__).parents[1] / "backbone"))

from answer_table import RESULTS, SEEDS, chosen, runs_of
from questions import QUESTIONS

ADAPTERS = {"qv": "query and value, rank 8", "all": "all, rank 8"}
BEHIND, MOST = 0.01, 0.03


def quality_table(cells: dict[str, Record]) -> str:
    """Adapters less full tuning, task by task, where all have as many seeds; and how that stands to the goal."""
    found = {name: differences(name, cells) for name in QUESTIONS}
    found = {name: by_adapter for name, by_adapter in found.items() if len(by_adapter) == len(ADAPTERS)}
    if not found:
        return "Not run yet."
    lines = [
        "| less full tuning, points | " + " | ".join(f"LoRA, {title}" for title in ADAPTERS.values()) + " |",
        "|---|" + "--:|" * len(ADAPTERS),
    ]
    for name, by_adapter in found.items():
        entries = [minus(f"{100 * by_adapter[adapter][0]:+.1f}") for adapter in ADAPTERS]
        lines.append(f"| {QUESTIONS[name].title} | " + " | ".join(entries) + " |")
    return "\n".join([*lines, "", *(quality_goal(adapter, found) for adapter in ADAPTERS)])


def differences(question: str, cells: dict[str, Record]) -> dict[str, tuple[float, float]]:
    """By adapter the mean over seeds less that of full tuning, and the share of parameters that trains."""
    runs = {
        method: runs_of(cell, cells)
        for method in ("full", *ADAPTERS)
        if (cell := chosen(question, method, None, cells))
    }
    runs = {method: of for method, of in runs.items() if len(of) >= SEEDS}
    if "full" not in runs:
        return {}
    value, whole = mean(run["value"] for run in runs["full"]), runs["full"][0]["trainable"]
    return {
        adapter: (mean(run["value"] for run in of) - value, of[0]["trainable"] / whole)
        for adapter, of in runs.items()
        if adapter != "full"
    }


def quality_goal(adapter: str, found: dict[str, dict[str, tuple[float, float]]]) -> str:
    lost = [by_adapter[adapter][0] for by_adapter in found.values()]
    share = max(by_adapter[adapter][1] for by_adapter in found.values())
    behind = sum(value < -BEHIND for value in lost)
    average = minus(f"{100 * mean(lost):+.1f}")
    return goal(
        behind == 0 and share <= MOST,
        f"LoRA, {ADAPTERS[adapter]}, trains {share:.1%} of the parameters at most (3 %) and is more than a point "
        f"behind full tuning on {behind} of {len(lost)} tasks, on average {average} points (none)",
    )


def known_cells() -> dict[str, Record]:
    """What `benchmarks/backbone` has measured so far."""
    cells: dict[str, Record] = json.loads(RESULTS.read_text(encoding="utf-8"))["cells"]
    return cells
