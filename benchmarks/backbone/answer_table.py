"""From results to the table: settings chosen on validation rows, means over seeds, bars met or missed.

python benchmarks/backbone/answer_table.py    # writes the table of results.json into README.md, beside it
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from questions import QUESTIONS, RATES, Cell, Question, tried

RESULTS = Path(__file__).with_name("results.json")
README = Path(__file__).with_name("README.md")
SEEDS = 3
CONFIDENCE = 0.95
Record = dict[str, Any]
Cells = dict[str, Record]


def chosen(question: str, method: str, limit: int | None, cells: Cells) -> Cell | None:
    """The setting that did best on validation rows with the first seed; the scored rows have no say in it."""
    done = [cell for cell in tried(question, method, limit) if cell.name in cells]
    return max(done, key=lambda cell: cells[cell.name]["validation"], default=None)


def runs_of(cell: Cell, cells: Cells) -> list[Record]:
    """All seeds of a setting."""
    wanted = {"question": cell.question, "method": cell.method, "limit": cell.limit}
    settings = ("learning_rate", "embedding_rate", "epochs")
    wanted |= {name: getattr(cell, name) for name in settings}
    return [record for record in cells.values() if wanted.items() <= record.items()]


def over_seeds(runs: list[Record]) -> tuple[float, float]:
    """Mean, and half the width of its interval: chance in the rows, and Student's t over seeds where there are some.

    Bootstrap intervals over rows stand in each run's own metrics; seeds share the rows, so those do not average out.
    """
    values = [run["value"] for run in runs]
    rows = mean((run["high"] - run["low"]) / 2 for run in runs)
    seeds = 0.0
    if len(values) > 1:
        from scipy.stats import t

        quantile = float(t.ppf((1 + CONFIDENCE) / 2, df=len(values) - 1))
        seeds = quantile * stdev(values) / math.sqrt(len(values))
    return mean(values), math.hypot(rows, seeds)


def best_preset(limits: dict[str, int | None], cells: Cells) -> str | None:
    """The LoRA preset besides `qv` with the best mean on validation rows, over the questions all presets answered."""
    names = {
        method: {
            name: cells[cell.name]["validation"]
            for name in limits
            if (cell := chosen(name, method, limits[name], cells))
        }
        for method in RATES
        if method not in ("full", "qv")
    }
    answered = {method: found for method, found in names.items() if found}
    shared = set.intersection(*map(set, answered.values())) if answered else set()
    if not shared:
        return next(iter(answered), None)
    return max(answered, key=lambda method: mean(answered[method][name] for name in shared))


def table(results: Record, limit: int | None = None) -> str:
    """A Markdown table, in per cent; correlations times 100."""
    cells, limits = results["cells"], dict.fromkeys(QUESTIONS, limit)
    preset = best_preset(limits, cells)
    methods = ["full", "qv", *([preset] if preset else [])]
    titles = {"full": "every weight", **{name: f"LoRA `{name}`" for name in methods[1:]}}
    lines = [
        "| task | TF-IDF | " + " | ".join(titles[name] for name in methods) + " | at least | goal | bar |",
        "|---|---|" + "---|" * len(methods) + "---|---|---|",
    ]
    for name, question in QUESTIONS.items():
        line = results["tfidf"].get(name)
        if line and line["limit"] != limit:
            line = None
        found = {method: chosen(name, method, limit, cells) for method in methods}
        if not any(found.values()):
            continue
        entries = [percent(line["value"] if line else None)]
        entries += [entry(cell, cells) for cell in found.values()]
        if limit:  # the bars are for all rows
            entries += [""] * 3
        else:
            entries += [percent(question.at_least), percent(question.goal)]
            entries += [verdict(question, found["full"], cells)]
        lines.append(f"| {question.title} | " + " | ".join(entries) + " |")
    return "\n".join(lines)


def entry(cell: Cell | None, cells: Cells) -> str:
    if cell is None:
        return ""
    runs = runs_of(cell, cells)
    value, half = over_seeds(runs)
    fewer = "" if len(runs) >= SEEDS else f", {len(runs)} seed{'s' * (len(runs) > 1)}"
    return f"{100 * value:.1f} ± {100 * half:.1f}{fewer}"


def percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def verdict(question: Question, cell: Cell | None, cells: Cells) -> str:
    """How tuning of every weight stands to the bars."""
    if cell is None or question.at_least is None or question.goal is None:
        return ""
    value, _ = over_seeds(runs_of(cell, cells))
    return "goal met" if value >= question.goal else "met" if value >= question.at_least else "MISSED"


def settings_table(results: Record, limit: int | None = None) -> str:
    """What was chosen for each task and method, what validation said of it, and what a run takes."""
    cells = results["cells"]
    lines = [
        "| task | method | learning rate | times that for embeddings | epochs | tried | validation | seconds a run |",
        "|---|" + "---|" * 7,
    ]
    for name, question in QUESTIONS.items():
        for method in RATES:
            cell = chosen(name, method, limit, cells)
            if cell is None:
                continue
            run = cells[cell.name]
            done = [other for other in tried(name, method, limit) if other.name in cells]
            lines.append(
                f"| {question.title} | {method} | {cell.learning_rate:g} | {cell.embedding_rate:g} | {cell.epochs} "
                f"| {len(done)} | {percent(run['validation'])} | {run['seconds']:.0f} |"
            )
    return "\n".join(lines)


def write_readme(results: Record) -> None:
    """Put the tables of the backbone's results into the README."""
    backbone = results["backbone"]
    made = f"Backbone `{backbone['name']}`, sha256 {backbone['sha256'][:12]}."
    write_section(
        "table", f"{made}\n\n{table(results)}\n\nChosen on validation rows:\n\n{settings_table(results)}"
    )


def write_section(name: str, content: str) -> None:
    """Replace what stands in the README between the marks of a section."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(start)
    after = rest.partition(end)[2]
    README.write_text(f"{before}{start}\n{content}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    if not RESULTS.is_file():
        sys.exit(f"no {RESULTS.name} yet; run.py makes it")
    write_readme(json.loads(RESULTS.read_text(encoding="utf-8")))
