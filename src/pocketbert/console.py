"""What the command line shows: progress on standard error, results on standard output."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pocketbert.data import CheckReport
    from pocketbert.demo import Demo
    from pocketbert.evaluation.schema import Metrics, SplitMetrics
    from pocketbert.runs import Prediction, Run
    from pocketbert.tasks import Task

UPDATES_BEFORE_ESTIMATE = 20
LONG_RUN_SECONDS = 10
WIDTH_OF_FILES = 160
LABELS_SHOWN = 8


class TerminalReporter:
    """Says lines on standard error, with a progress bar under them where that is a terminal."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[figures]}", markup=False),
            console=self.console,
            transient=True,
            disable=not self.console.is_interactive,
        )
        self.tasks: dict[str, TaskID] = {}
        self.estimated: set[str] = set()

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def say(self, line: str) -> None:
        self.console.print(Text(line), soft_wrap=True)

    def warn(self, line: str) -> None:
        self.console.print(Text.assemble(("warning: ", "yellow"), line), soft_wrap=True)

    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None:
        if what not in self.tasks:
            self.tasks[what] = self.bars.add_task(what, total=steps, figures="")
        shown = "  ".join(
            f"{name.replace('_', ' ')} {value:.3g}" for name, value in figures.items() if _is_shown(name)
        )
        self.bars.update(self.tasks[what], completed=step, total=steps, figures=shown)
        if step >= steps:
            self.bars.remove_task(self.tasks.pop(what))
            self.estimated.discard(what)
        elif step >= UPDATES_BEFORE_ESTIMATE and what not in self.estimated and figures.get("seconds"):
            self.estimated.add(what)
            seconds = figures["seconds"] / step * (steps - step)
            if seconds > LONG_RUN_SECONDS:
                memory = figures["peak_memory_bytes"] / 2**20
                self.say(f"{what}: about {duration(seconds)} to go; {memory:,.0f} MiB of memory so far")


def results() -> Console:
    """Standard output; where it is no terminal, wide enough for every table."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_OF_FILES)


def show(console: Console, table: Table) -> None:
    """Print a table; in a file its lines end where their words end."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


def _is_shown(name: str) -> bool:
    return name not in ("seconds", "peak_memory_bytes")


def duration(seconds: float) -> str:
    """`42 s`, `3 min` or `2.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def figure(measured: dict[str, float] | Any) -> str:
    """`91.3 [89.0, 93.3]`, in points."""
    return f"{100 * measured['value']:z.1f} [{100 * measured['low']:z.1f}, {100 * measured['high']:z.1f}]"


def print_metrics(run: Run) -> None:
    """A finished run: its metrics, its cost, where the report is."""
    print_splits(cast("Metrics", run.metrics))
    console = results()
    for stage in run.metrics["stages"]:
        counts = stage["parameters"]
        console.print(
            Text(
                f"{stage['name']}: {duration(stage['seconds'])}, {stage['examples_per_second']:,.0f} examples/s, "
                f"{stage['peak_memory_bytes'] / 2**20:,.0f} MiB of memory, "
                f"{counts['trainable']:,} of {counts['total']:,} parameters trained"
            ),
            soft_wrap=True,
        )
    console.print(Text(f"report: {run.folder.report}"), soft_wrap=True)


def print_splits(metrics: Metrics) -> None:
    """Metrics of each split, clean and under each suite."""
    console = results()
    for name, split in metrics["splits"].items():
        show(console, _split_table(metrics["task"], name, split))
        for note in split.get("notes", ()):
            console.print(Text(f"note: {note}"), soft_wrap=True)


def _split_table(task: str, name: str, split: SplitMetrics) -> Table:
    main = split["main_metric"]
    table = Table(
        title=Text(f"{task}, {name}: {split['n']:,} rows"), title_justify="left", box=None, pad_edge=False
    )
    for heading in ("text", main.replace("_", " "), "drop", "answers that flip"):
        table.add_column(heading, justify="left" if heading == "text" else "right", no_wrap=True)
    table.add_row("clean", figure(split["clean"][main]))
    for suite, measured in split["suites"].items():
        flip = {"value": measured["flip_rate"], **measured["flip_rate_interval"]}
        drop = {"value": measured["drop"], **measured["drop_interval"]}
        name = suite if measured["seen"] else f"{suite} (unseen)"
        table.add_row(name, figure(measured["metrics"][main]), figure(drop), figure(flip))
    for metric, value in split["clean"].items():
        if metric != main:
            table.add_row(f"clean {metric.replace('_', ' ')}", figure(value))
    return table


def print_predictions(texts: Sequence[Any], answers: Sequence[Prediction]) -> None:
    """One line a text: label, probability, text."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for text, answer in zip(texts, answers, strict=True):
        shown = text if isinstance(text, str) else " | ".join(text)
        if answer.label is None:
            table.add_row(f"{answer.value:.4g}", Text(shown))
        else:
            table.add_row(Text(answer.label), f"{answer.probability:.3f}", Text(shown))
    show(results(), table)


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


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(part) for part in value) or "none"
    return (
        f"{value:.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )


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
        table.add_row(task.name, kind, labels, task.main_metric.replace("_", " "), Text(task.title))
    show(results(), table)


def print_task(task: Task) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in task.model_dump(mode="json", exclude_none=True, exclude_defaults=True).items():
        table.add_row(name.replace("_", " "), Text(_plain(value)))
    show(results(), table)


def print_distillation(metrics: dict[str, Any], folder: Path) -> None:
    """Each stage: its time, its loss by term, masked LM on held-out text; then where the model is."""
    console, table = results(), Table(box=None, pad_edge=False)
    for heading in ("stage", "time", "tokens/s", "loss by term", "held-out masked LM"):
        table.add_column(heading, justify="right" if heading in ("time", "tokens/s") else "left")
    for stage in metrics["stages"]:
        terms = ", ".join(
            f"{name.replace('_', ' ')} {loss:.3g}" for name, loss in stage["loss_by_term"].items()
        )
        scores = stage["held_out"]
        table.add_row(
            stage["name"],
            duration(stage["seconds"]),
            f"{stage['tokens_per_second']:,.0f}",
            terms,
            f"loss {scores['masked_lm_loss']:.3f}, {100 * scores['masked_lm_accuracy']:.1f} % told",
        )
    show(console, table)
    console.print(Text(f"model: {folder / 'model'}"), soft_wrap=True)
    if "finetuning" in metrics:
        print_splits(cast("Metrics", metrics["finetuning"]))


def print_demo(demo: Demo) -> None:
    """Plain against augmented: accuracy by suite with the difference, then what each cost."""
    console = results()
    table = Table(box=None, pad_edge=False)
    for heading in ("accuracy on", *demo.content.variants, "difference", ""):
        words = heading in ("accuracy on", "")
        table.add_column(heading, justify="left" if words else "right", no_wrap=not words)
    for one in demo.content.conditions:
        gain = one.change
        shown = f"{100 * gain.value:+.1f} [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]" if gain else ""
        name = f"{one.title} (unseen)" if one.kind == "unseen" else one.title
        table.add_row(name, *(f"{100 * value.value:.1f}" for value in one.values), shown, one.verdict)
    costs = Table(box=None, pad_edge=False)
    for heading in ("mean of a run", "seconds", "examples/s", "memory", "parameters trained"):
        costs.add_column(heading, justify="left" if heading == "mean of a run" else "right", no_wrap=True)
    for cost in demo.content.costs:
        costs.add_row(
            cost.variant,
            f"{cost.seconds:.1f}",
            f"{cost.examples_per_second:,.0f}",
            f"{cost.peak_memory_bytes / 2**20:,.0f} MiB",
            f"{cost.trainable:,} of {cost.parameters:,}",
        )
    for part in (table, costs):
        show(console, part)
        console.print()
    print_predictions(list(demo.predictions), list(demo.predictions.values()))
    console.print(Text(f"\n{demo.content.answer}"), soft_wrap=True)
    console.print(Text(f"report: {demo.report}  ({duration(demo.seconds)} in all)"), soft_wrap=True)
