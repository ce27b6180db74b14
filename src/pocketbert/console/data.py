"""Data on the terminal: what `check` found, views of texts, tasks."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from pocketbert.console.output import results, show
from pocketbert.wording import spelt

if TYPE_CHECKING:
    from pocketbert.data import CheckReport
    from pocketbert.tasks import Task

LABELS_SHOWN = 8


def print_findings(findings: CheckReport) -> None:
    """What `check` found, warnings last."""
    lengths = findings.length_percentiles
    rows = {
        "rows": _counts(findings.rows),
        "without text": _counts(findings.empty),
        "repeated texts": _counts(findings.duplicates),
        "in two splits": _counts(findings.shared),
        "texts with two labels": f"{findings.conflicting:,}",
        "labels in train": balance(findings.label_counts.get("train", {})),
        "tokens a text": f"half up to {lengths['50']}, 19 of 20 up to {lengths['95']}, longest {lengths['100']}; "
        f"{findings.truncated_share:.1%} longer than {findings.max_length}",
        "not English": f"{findings.not_english_share:.1%}",
    }
    console, table = results(), Table(box=None, pad_edge=False, show_header=False)
    for name, value in rows.items():
        table.add_row(name, Text(value))
    show(console, table)
    for warning in findings.warnings:
        console.print(Text.assemble(("warning: ", "yellow"), warning), soft_wrap=True)
    if not findings.warnings:
        console.print("nothing to warn of")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count) or "none"


def balance(counts: dict[str, int]) -> str:
    """`2: good 54, bad 46`; of many labels the most and the least frequent."""
    if not counts:
        return "numbers"
    ordered = sorted(counts.items(), key=lambda entry: -entry[1])
    named = [f"{name} {count:,}" for name, count in ordered]
    if len(named) > LABELS_SHOWN:
        named = [*named[: LABELS_SHOWN // 2], "...", *named[-LABELS_SHOWN // 2 :]]
    return f"{len(counts)}: {', '.join(named)}"


def print_views(shown: Sequence[dict[str, Any]]) -> None:
    """Texts with their views under them, what changed in colour, the operators' names beside."""
    console = results()
    for row in shown:
        for side in row["text"]:
            console.print(Text(side, style="bold"), soft_wrap=True)
        for view in row["views"]:
            names = ", ".join(view["operators"]) or "unchanged"
            for before, after in zip(row["text"], view["text"], strict=True):
                changed = difference(before, after, coloured=console.color_system is not None)
                console.print(Text("  ") + changed + Text(f"  ({names})", style="dim"), soft_wrap=True)


def difference(before: str, after: str, *, coloured: bool = True) -> Text:
    """`after`, with what was taken out struck through in red and what was put in underlined in green.

    Without colours [-taken out-] and {+put in+} stand in brackets.
    """
    old, new = before.split(" "), after.split(" ")
    shown: list[Text] = []
    for kind, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        taken, put = " ".join(old[a:b]), " ".join(new[c:d])
        if kind == "equal":
            shown.append(Text(put))
            continue
        if a < b:
            shown.append(Text(taken, style="red strike") if coloured else Text(f"[-{taken}-]"))
        if c < d:
            shown.append(Text(put, style="green underline") if coloured else Text(f"{{+{put}+}}"))
    return Text(" ").join(shown)


def print_tasks(tasks: Sequence[Task]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("task", "kind", "labels", "metric", "asks"):
        table.add_column(heading, no_wrap=heading == "task")
    for task in tasks:
        kind = f"{task.kind}, pairs" if task.is_pair else task.kind
        labels = f"{len(task.labels)}" if task.labels else "{:g} to {:g}".format(*task.label_range or (0, 0))
        table.add_row(task.name, kind, labels, spelt(task.main_metric), Text(task.title))
    show(results(), table)


def print_task(task: Task) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in task.model_dump(mode="json", exclude_none=True, exclude_defaults=True).items():
        table.add_row(spelt(name), Text(_plain(value)))
    show(results(), table)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(part) for part in value) or "none"
    return (
        f"{value:.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )
