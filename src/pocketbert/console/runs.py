"""Runs on the terminal: their metrics, their answers, the demo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from rich.table import Table
from rich.text import Text

from pocketbert.console.output import results, show
from pocketbert.wording import counted, duration, spelt

if TYPE_CHECKING:
    from pocketbert.demo import Demo
    from pocketbert.evaluation.predictions import Prediction
    from pocketbert.evaluation.schema import FileSuiteMetrics, Metrics, OperatorMetrics, SplitMetrics
    from pocketbert.runs import Run
    from pocketbert.several_tasks import TaskTable


UNFAMILIAR = "unlike training"
NO_LABEL = "(no label)"


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
    if told := let_pass(run.metrics.get("operators", {})):
        console.print(Text(told), soft_wrap=True)
    console.print(Text(f"report: {run.folder.report}"), soft_wrap=True)


def let_pass(operators: dict[str, OperatorMetrics]) -> str:
    """In a line, the shares of the proposals of each operator, and of its views, that the guards let pass."""
    shares = {name: (of["passed"], of["made"]) for name, of in operators.items() if of["made"]}
    told = _shares("the guards let pass", shares)
    agreed = {name: (of["agreed"], of["views"]) for name, of in operators.items() if of.get("views")}
    return "; ".join(filter(None, (told, _shares("views that keep their answer", agreed))))


def _shares(what: str, counts: dict[str, tuple[int, int]]) -> str:
    shown = ", ".join(f"{name} {100 * passed / made:.0f}%" for name, (passed, made) in counts.items())
    return f"{what}: {shown}" if shown else ""


def print_splits(metrics: Metrics) -> None:
    """Metrics of each split, clean and under each suite."""
    console = results()
    for name, split in metrics["splits"].items():
        show(console, _split_table(metrics["task"], name, split))
        for note in split.get("notes", ()):
            console.print(Text(f"note: {note}"), soft_wrap=True)
        for suite, measured in split.get("file_suites", {}).items():
            print_file_suite(suite, measured, split["main_metric"])


def _split_table(task: str, name: str, split: SplitMetrics) -> Table:
    main = split["main_metric"]
    table = Table(
        title=Text(f"{task}, {name}: {counted(split['n'], 'row')}"),
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for heading in ("text", spelt(main), "drop", "answers that flip"):
        table.add_column(heading, justify="left" if heading == "text" else "right", no_wrap=True)
    table.add_row("clean", figure(split["clean"][main]))
    for suite, measured in split["suites"].items():
        flip = {"value": measured["flip_rate"], **measured["flip_rate_interval"]}
        drop = {"value": measured["drop"], **measured["drop_interval"]}
        name = suite if measured["seen"] else f"{suite} (unseen)"
        table.add_row(name, figure(measured["metrics"][main]), figure(drop), figure(flip))
    for metric, value in split["clean"].items():
        if metric != main:
            table.add_row(f"clean {spelt(metric)}", figure(value))
    return table


def print_file_suite(name: str, suite: FileSuiteMetrics, main: str) -> None:
    """A suite from a file: its metrics against clean, its categories, or its tests with their failure rates."""
    console = results()
    console.print()
    kind = "case" if suite["kind"] == "checklist" else "row"
    console.print(Text(f"{name}: {counted(suite['n'], kind)} of {suite['file']}", "italic"), soft_wrap=True)
    if suite["kind"] == "checklist":
        show(console, _tests_table(suite))
    else:
        show(console, _rows_table(suite))
        if "categories" in suite:
            show(console, _categories_table(suite, main))
    for note in suite["notes"]:
        console.print(Text(f"note: {note}"), soft_wrap=True)


def _rows_table(suite: FileSuiteMetrics) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for metric, value in suite["metrics"].items():
        table.add_row(spelt(metric), figure(value))
    table.add_row("drop against clean", figure({"value": suite["drop"], **suite["drop_interval"]}))
    if "flip_rate" in suite:
        table.add_row("answers that flip", figure(suite["flip_rate"]))
    if "consistency" in suite:
        table.add_row(f"all right, of {counted(suite['groups'], 'group')}", figure(suite["consistency"]))
    return table


def _categories_table(suite: FileSuiteMetrics, main: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("category", "rows", spelt(main), "matthews"):
        table.add_column(heading, justify="left" if heading == "category" else "right", no_wrap=True)
    for column, values in suite["categories"].items():
        table.add_row(Text(column, "bold"))
        for value, measured in values.items():
            figures = measured["metrics"]
            shown = (f"{100 * figures[name]:z.1f}" if name in figures else "" for name in (main, "matthews"))
            table.add_row(Text(f"  {value}"), str(measured["n"]), *shown)
    return table


def _tests_table(suite: FileSuiteMetrics) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("test", "type", "cases", "failures", "failure rate"):
        table.add_column(
            heading, justify="left" if heading in ("test", "type") else "right", no_wrap=heading != "test"
        )
    for test in suite["tests"]:
        counts = (str(test["cases"]), str(test["failures"]))
        table.add_row(Text(test["name"]), test["type"], *counts, figure(test["failure_rate"]))
    for kind, rate in suite["failure_rates"].items():
        table.add_row("all", kind, "", "", figure(rate))
    return table


def figure(measured: dict[str, float] | Any) -> str:
    """`91.3 [89.0, 93.3]`, in points."""
    return f"{100 * measured['value']:z.1f} [{100 * measured['low']:z.1f}, {100 * measured['high']:z.1f}]"


def print_task_table(table: TaskTable) -> None:
    """Our row, then those of papers, and where the tables lie."""
    from pocketbert.several_tasks import NOTE, shown

    console, shown_table = results(), Table(box=None, pad_edge=False)
    shown_table.add_column("", no_wrap=True)
    for column in table.columns:
        shown_table.add_column(f"{column.title}\n{spelt(column.metric)}", justify="right", no_wrap=True)
    for title, cells in table.rows:
        shown_table.add_row(Text(title), *map(shown, cells))
    show(console, shown_table)
    console.print(Text(NOTE), soft_wrap=True)
    console.print(
        Text(f"written: {table.folder / 'table.md'}, {table.folder / 'table.json'}"), soft_wrap=True
    )


def print_predictions(texts: Sequence[Any], answers: Sequence[Prediction]) -> None:
    """One line a text: label, probability, what is to be doubted of it, text."""
    table = Table(box=None, pad_edge=False, show_header=False)
    doubted = any(answer.familiar is False for answer in answers)
    for text, answer in zip(texts, answers, strict=True):
        shown = text if isinstance(text, str) else " | ".join(text)
        doubt = [Text(UNFAMILIAR if answer.familiar is False else "", "yellow")] if doubted else []
        if answer.answer is not None:
            place = "nowhere" if answer.start is None else f"{answer.start}-{answer.end}"
            table.add_row(Text(answer.answer or "(no answer)"), place, f"{answer.score:.3f}", Text(text[0]))
        elif answer.labels is not None:
            shares = answer.probabilities or {}
            given = ", ".join(f"{name} {shares[name]:.3f}" for name in answer.labels)
            table.add_row(Text(given or NO_LABEL), *doubt, Text(shown))
        elif answer.label is None:
            table.add_row(f"{answer.value:.4g}", *doubt, Text(shown))
        else:
            label = f"not sure ({answer.label}?)" if answer.sure is False else answer.label
            table.add_row(Text(label), f"{answer.probability:.3f}", *doubt, Text(shown))
    show(results(), table)


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
