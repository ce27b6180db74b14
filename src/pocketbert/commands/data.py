"""Commands that look at data: check, augment, tasks."""

from __future__ import annotations

import typer

from pocketbert.commands import options
from pocketbert.errors import ArgumentError

SHOWN = 5
"""Rows whose views are shown."""

tasks_app = typer.Typer()


def check(
    data: options.Data,
    data_dir: options.DataDir = None,
    text: options.TextColumns = None,
    label: options.Label = None,
    label_column: options.LabelColumns = None,
    label_separator: options.LabelSeparator = None,
    validation: options.Validation = None,
    test: options.Test = None,
    max_length: options.MaxLength = None,
    backbone: options.Tokenizer = None,
    as_json: options.Json = False,
) -> None:
    """Look for duplicates, leakage, conflicting labels, truncation.

    Example: pocketbert check reviews.csv --text review --label stars
    """
    from pocketbert.api import check_data
    from pocketbert.console.data import print_findings
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter
    from pocketbert.recipe import resolve

    fields = {
        "data.data_dir": data_dir, "data.text": text, "data.label": label, "data.label_columns": label_column,
        "data.label_separator": label_separator, "data.validation": validation,
        "data.test": test, "data.max_length": max_length, "backbone.name": backbone,
    }  # fmt: skip
    if not backbone and not data.endswith(".toml"):
        fields["backbone.name"] = "bundled"
    with TerminalReporter() as reporter:
        findings = check_data(resolve(data, fields, {}), reporter)
    if as_json:
        print_json(findings.as_dict())
    else:
        print_findings(findings)


def augment(
    data: options.AugmentedData = None,
    text: options.LiteralTexts = None,
    views: options.Views = 4,
    rows: options.Rows = None,
    preset: options.Preset = None,
    context_guard: options.ContextGuard = None,
    data_dir: options.DataDir = None,
    seed: options.ViewSeed = 0,
    epoch: options.ViewEpoch = 0,
    out: options.AugmentedFile = None,
    workers: options.Workers = None,
    as_json: options.Json = False,
) -> None:
    """Show what augmentation does to a text or to real rows, or write a data set with views of them.

    Example: pocketbert augment reviews.csv --out augmented.csv --views 4
    """
    from pocketbert.augmenting import augment_file, views_of
    from pocketbert.console.data import print_views
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter
    from pocketbert.recipe import resolve

    if out is None:
        with TerminalReporter():
            shown = views_of(
                data, text or [], views, rows or SHOWN, preset, data_dir, seed, epoch, context_guard
            )
        if as_json:
            print_json(shown)
        else:
            print_views(shown)
        return
    if data is None:
        raise ArgumentError("--out writes a data set: name a data file or a task")
    fields = {
        "data.data_dir": data_dir, "data.text": text, "augmentation.preset": preset,
        "augmentation.context_guard": context_guard,
    }  # fmt: skip
    recipe = resolve(data, fields, {})
    with TerminalReporter() as reporter:
        written = augment_file(
            recipe, out, views=views, rows=rows, seed=seed, epoch=epoch, workers=workers, reporter=reporter
        )
    if as_json:
        print_json(written._asdict())


@tasks_app.callback(invoke_without_command=True)
def tasks(context: typer.Context, as_json: options.Json = False) -> None:
    """The tasks that can be named instead of a file.

    Example: pocketbert tasks show sst2
    """
    from pocketbert.console.data import print_tasks
    from pocketbert.console.output import print_json
    from pocketbert.tasks import load_task, task_names

    if context.invoked_subcommand:
        return
    listed = [load_task(name) for name in task_names()]
    if as_json:
        print_json([task.model_dump(mode="json") for task in listed])
    else:
        print_tasks(listed)


@tasks_app.command("show")
def show_task(name: options.TaskName, as_json: options.Json = False) -> None:
    """One task in full: columns, labels, splits, metrics, reference.

    Example: pocketbert tasks show sst2
    """
    from pocketbert.console.data import print_task
    from pocketbert.console.output import print_json
    from pocketbert.tasks import load_task

    task = load_task(name)
    if as_json:
        print_json(task.model_dump(mode="json"))
    else:
        print_task(task)
