"""What the studies found: kept as JSON, weighed against the goals, shown as tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from ten_tasks import TASKS

from pocketbert.comparing import ComparisonContent
from pocketbert.runs import read_metrics
from pocketbert.training.folder import RunFolder

RESULTS = Path(__file__).parent / "results"
SEEDS = 3
COSTS = 0.03
"""What an unseen suite must cost the plain model to count, as a share or a correlation: 3 points."""
ALPHA = 0.05
Record = dict[str, Any]


def summary(content: ComparisonContent) -> Record:
    """What the tables need of a comparison; the whole of it stays in its own folder."""
    return {
        "answer": content.answer,
        "metric": content.metric,
        "rows": content.rows,
        "seeds": len(content.seeds),
        "inputs": {one.name: {"kind": one.kind, "title": one.title} for one in content.inputs},
        "variants": {
            row.name: {
                "title": row.title,
                "figures": {name: rounded(asdict(figure)) for name, figure in row.figures.items()},
                "per_seed": [round(value, 4) for value in row.per_seed["clean"]],
                "cost": None if row.cost is None else asdict(row.cost),
            }
            for row in content.variants
        },
        "gains": [
            rounded({field: getattr(gain, field) for field in ("value", "low", "high", "p_holm")})
            | {
                field: getattr(gain, field)
                for field in ("question", "baseline", "variant", "input", "verdict")
            }
            | {"p_mcnemar": round(gain.mcnemar.p_holm, 5) if gain.mcnemar else None}
            for gain in content.gains
        ],
        "savings": [asdict(saving) for saving in content.savings],
        "validation": validation_of(content),
        "environment": content.environment,
        "notes": list(content.notes),
    }


def validation_of(content: ComparisonContent) -> dict[str, float]:
    """By variant, the metric of the best checkpoint on validation rows, averaged over seeds."""
    return {
        row.name: mean(
            read_metrics(RunFolder(Path(run)))["stages"][-1]["best_validation"] for run in row.runs
        )
        for row in content.variants
        if row.runs
    }


def rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 5) for name, value in figures.items()}


def read(study: str) -> dict[str, Record]:
    """What is known of a study, by task."""
    paths = {name: RESULTS / f"{study}-{name}.json" for name in TASKS}
    return {
        name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.is_file()
    }


def gains_tables() -> str:
    """Study 1: clean text, unseen suites, cost, and how that stands to the goals."""
    known = read("gains")
    if not known:
        return "Not run yet."
    parts = [so_far(known), on_clean(known), on_unseen(known), costs(known), "\n".join(goals(known))]
    return "\n\n".join(parts)


def whole_tables() -> str:
    """Study 1 on all rows of a task: clean text and unseen suites."""
    known = read("whole")
    return "\n\n".join([on_clean(known), on_unseen(known)]) if known else "Not run yet."


def so_far(known: dict[str, Record]) -> str:
    """How much of the study stands."""
    other = [f"{TASKS[name].title} ({one['seeds']})" for name, one in known.items() if one["seeds"] != SEEDS]
    told = f"{len(known)} of {len(TASKS)} tasks are finished, with {SEEDS} seeds each"
    return told + (f" but for {', '.join(other)}." if other else ".")


def on_clean(known: dict[str, Record]) -> str:
    """Each variant on clean text, and what augmentation changes there."""
    lines = [
        "Clean test rows:",
        "",
        "| task | TF-IDF | full | full, augmented | gain | LoRA | LoRA, augmented | gain | LoRA less full |",
        "|---|--:|--:|--:|---|--:|--:|---|---|",
    ]
    for name, record in known.items():
        cells = [
            value(record, "tf-idf", "clean"),
            value(record, "full-clean", "clean"),
            value(record, "full-augmented", "clean"),
            gain(record, "generalisation", "full-clean", "full-augmented", "clean"),
            value(record, "lora-clean", "clean"),
            value(record, "lora-augmented", "clean"),
            gain(record, "generalisation", "lora-clean", "lora-augmented", "clean"),
            gain(record, "cost", "full-clean", "lora-clean", "clean"),
        ]
        lines.append(f"| {TASKS[name].title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def on_unseen(known: dict[str, Record]) -> str:
    """The average over unseen suites, and how much of the drop is won back where single suites cost 3 points."""
    lines = [
        "Unseen suites, averaged; the last three columns are of the single suites that cost the clean-trained model 3 "
        "points or more, significant by McNemar's test of the same rows:",
        "",
        "| task | full | full, augmented | gain | LoRA | LoRA, augmented | gain | suites | won back | significant |",
        "|---|--:|--:|---|--:|--:|---|--:|--:|--:|",
    ]
    for name, record in known.items():
        cells = []
        for method in ("full", "lora"):
            plain, varied = f"{method}-clean", f"{method}-augmented"
            cells += [
                value(record, plain, "unseen"),
                value(record, varied, "unseen"),
                gain(record, "robustness", plain, varied, "unseen"),
            ]
        found = won_back(record)
        cells += [str(len(found)), f"{mean(won.share for won in found):.0%}" if found else ""]
        tested = [won.sure_of_rows for won in found if won.sure_of_rows is not None]
        cells.append(str(sum(tested)) if tested else "")
        lines.append(f"| {TASKS[name].title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def costs(known: dict[str, Record]) -> str:
    """What LoRA takes beside full tuning, on clean text."""
    lines = [
        "LoRA beside full tuning (clean text; runs shared the machine with others, so of the times only the ratios "
        "of the same task mean anything):",
        "",
        "| task | trains | time | memory above imports | on disk for a task |",
        "|---|--:|---|---|--:|",
    ]
    for name, record in known.items():
        saved = {
            one["figure"]: one
            for one in record["savings"]
            if (one["baseline"], one["variant"]) == ("full-clean", "lora-clean")
        }
        cost = record["variants"]["lora-clean"]["cost"]
        cells = [f"{cost['trainable'] / cost['parameters']:.1%}"]
        cells += [change(saved[figure]) for figure in ("seconds", "peak_memory_bytes", "shipped_bytes")]
        lines.append(f"| {TASKS[name].title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def saving(record: Record, name: str, figure: str) -> Record:
    """How a figure of cost changes from the baseline to a variant."""
    return next(one for one in record["savings"] if (one["variant"], one["figure"]) == (name, figure))


def change(saved: Record) -> str:
    """A saving as a share, with its interval where seeds leave one."""
    told = f"{saved['value']:+.0%}"
    if saved["low"] is not None and saved["low"] != saved["high"]:
        told += f" ({saved['low']:+.0%} to {saved['high']:+.0%})"
    return minus(told)


def goals(known: dict[str, Record]) -> Iterator[str]:
    """The goals that were set before, and whether what is known meets them."""
    pairs = [won for record in known.values() for won in won_back(record)]
    if pairs:
        share, sure = mean(won.share for won in pairs), mean(won.sure for won in pairs)
        tested = [won.sure_of_rows for won in pairs if won.sure_of_rows is not None]
        yield goal(
            share >= 0.25,
            f"of what an unseen suite costs the clean-trained model, where that is 3 points or more, augmentation wins "
            f"back {share:.0%} on average of {len(pairs)} pairs of suite and method (at least 25 %, aim 50 %)",
        )
        yield goal(
            mean(tested or [sure]) > 0.5,
            f"{sum(tested)} of the {len(tested)} of these gains that McNemar's exact test can weigh are significant on "
            "the same test rows (the answers of all seeds, corrected by Holm within the task; most); by the bootstrap, "
            f"in which other seeds might have been drawn, {sure:.0%} of all are",
        )
    clean = [one for record in known.values() for one in gains_of(record, "generalisation", "clean")]
    worse = sum(one["verdict"] == "worse" for one in clean)
    yield goal(
        not worse, f"augmentation is worse on clean text in {worse} of {len(clean)} comparisons (none)"
    )
    lost = [
        one["value"]
        for record in known.values()
        for one in gains_of(record, "cost", "clean")
        if one["variant"] == "lora-clean"
    ]
    behind = sum(one < -0.01 for one in lost)
    trained = max(
        record["variants"]["lora-clean"]["cost"]["trainable"]
        / record["variants"]["lora-clean"]["cost"]["parameters"]
        for record in known.values()
    )
    yield goal(
        behind == 0 and trained <= 0.03,
        f"LoRA, which trains {trained:.1%} of the parameters at most (3 %), is more than a point behind full tuning on "
        f"{behind} of {len(lost)} tasks, on average {minus(f'{100 * mean(lost):+.1f}')} points (none)",
    )


def goal(met: bool, words: str) -> str:
    return f"- {'met' if met else '**missed**'}: {words}"


def minus(figures: str) -> str:
    """A minus sign in place of a hyphen."""
    return figures.replace("-", "−")


class Won(NamedTuple):
    """What augmentation wins back of an unseen suite's cost, and whether that is significant: for the choice of rows
    and of seeds, and for that of rows alone (None where no answer is right or wrong)."""

    share: float
    sure: bool
    sure_of_rows: bool | None


def won_back(record: Record) -> list[Won]:
    """Every unseen suite that costs enough, for each method."""
    found = []
    for one in record["gains"]:
        if one["question"] != "robustness" or record["inputs"][one["input"]]["kind"] != "unseen":
            continue
        figures = record["variants"][one["baseline"]]["figures"]
        drop = figures["clean"]["value"] - figures[one["input"]]["value"]
        if drop >= COSTS:
            p = one.get("p_mcnemar")
            of_rows = None if p is None else p < ALPHA and one["value"] > 0
            found.append(Won(one["value"] / drop, one["verdict"] == "better", of_rows))
    return found


def share_table() -> str:
    """Study 2: how much augmentation, and of what."""
    known = read("shares")
    if not known:
        return "Not run yet."
    lines = [
        "| augmentation | "
        + " | ".join(f"{TASKS[name].title}: clean | seen | unseen" for name in known)
        + " |"
    ]
    lines.append("|---|" + "--:|--:|--:|" * len(known))
    names = dict.fromkeys(
        name for record in known.values() for name in record["variants"] if name != "tf-idf"
    )
    for name in names:
        cells = []
        for record in known.values():
            cells += [
                value(record, name, "clean"),
                on_seen(record, name),
                value(record, name, "unseen"),
            ]
        lines.append(f"| {name.replace('-', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def seen(record: Record, variant: str) -> float:
    """The mean over seen suites, in points."""
    figures = record["variants"][variant]["figures"]
    return 100 * mean(
        one["value"] for name, one in figures.items() if record["inputs"][name]["kind"] == "seen"
    )


def on_seen(record: Record, variant: str) -> str:
    return f"{seen(record, variant):.1f}" if variant in record["variants"] else ""


def lora_table() -> str:
    """Study 3: targets and ranks."""
    known = read("lora")
    if not known:
        return "Not run yet."
    lines = [
        "| adapter | trains | "
        + " | ".join(f"{TASKS[name].title} (rate) | time | memory" for name in known)
        + " |",
        "|---|--:|" + "--:|--:|--:|" * len(known),
    ]
    by_kind = {
        name: {variant.split("-at-")[0]: variant for variant in record["variants"] if "-at-" in variant}
        for name, record in known.items()
    }
    for kind in dict.fromkeys(kind for of in by_kind.values() for kind in of):
        cells, share = [], ""
        for name, record in known.items():
            variant = by_kind[name].get(kind)
            if variant is None:
                cells += ["", "", ""]
                continue
            cost = record["variants"][variant]["cost"]
            share = f"{cost['trainable'] / cost['parameters']:.1%}"
            cells += [
                f"{value(record, variant, 'clean')} ({variant.split('-at-')[1]})",
                f"{mean(cost['seconds']):.0f} s",
                f"{mean(cost['peak_memory_bytes']) / 2**20:.0f} MiB",
            ]
        lines.append(f"| {kind.replace('-', ', rank ')} | {share} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def value(record: Record, variant: str, on: str) -> str:
    """A figure in points with half its interval."""
    figure = record["variants"].get(variant, {}).get("figures", {}).get(on)
    if figure is None:
        return ""
    return f"{100 * figure['value']:.1f} ± {50 * (figure['high'] - figure['low']):.1f}"


def gain(record: Record, question: str, baseline: str, variant: str, on: str) -> str:
    """A difference in points with its interval, bold where it is significant."""
    for one in gains_of(record, question, on):
        if (one["baseline"], one["variant"]) == (baseline, variant):
            told = minus(f"{100 * one['value']:+.1f} ({100 * one['low']:+.1f} to {100 * one['high']:+.1f})")
            return f"**{told}**" if one["verdict"] in ("better", "worse") else told
    return ""


def gains_of(record: Record, question: str, on: str) -> list[Record]:
    return [one for one in record["gains"] if one["question"] == question and one["input"] == on]
