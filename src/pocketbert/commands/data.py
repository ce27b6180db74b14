"""Commands that look at data: check, augment, tasks."""

from __future__ import annotations

import typer

from pocketbert.commands import options

tasks_app = typer.Typer()


def check(
    data: options.Data,
    data_dir: options.DataDir = None,
    text: options.TextColumns = None,
    label: options.Label = None,
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
        "data.data_dir": data_dir, "data.text": text, "data.label": label, "data.validation": validation,
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
    rows: options.Rows = 5,
    preset: options.Preset = None,
    data_dir: options.DataDir = None,
    seed: options.ViewSeed = 0,
    as_json: options.Json = False,
) -> None:
    """Show what augmentation makes of a text or of real rows.

    Example: pocketbert augment --text "On the mat, the cat sat." --n 8
    """
    from pocketbert.api import views_of
    from pocketbert.console.data import print_views
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter

    with TerminalReporter():
        shown = views_of(data, text or [], views, rows, preset, data_dir, seed)
    if as_json:
        print_json(shown)
    else:
        print_views(shown)


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
