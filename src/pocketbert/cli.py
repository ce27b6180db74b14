"""The command line: thin commands that call the package and print what it answers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

import pocketbert
from pocketbert import options
from pocketbert.data.survey import well_formed
from pocketbert.errors import ArgumentError, PocketBertError

app = typer.Typer(
    name="pocketbert",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
tasks_app = typer.Typer()
app.add_typer(tasks_app, name="tasks")

INTERRUPTED = 130  # what typer makes of Ctrl-C
TRACEBACK = "POCKETBERT_TRACEBACK"


@app.callback(invoke_without_command=True)
def front(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Labelled text in, a small language model out that survives messy input and runs on a phone."""
    if version:
        print(f"pocketbert {pocketbert.__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(ArgumentError.exit_status)


@app.command()
def train(
    data: options.Data,
    out: options.Out = None,
    data_dir: options.DataDir = None,
    text: options.TextColumns = None,
    label: options.Label = None,
    validation: options.Validation = None,
    test: options.Test = None,
    class_weights: options.ClassWeights = None,
    backbone: options.BackboneName = None,
    method: options.Method = None,
    lora: options.LoraPreset = None,
    augment: options.Augment = None,
    epochs: options.Epochs = None,
    lr: options.LearningRate = None,
    limit: options.Limit = None,
    max_length: options.MaxLength = None,
    seed: options.Seed = None,
    suite: options.Suites = None,
    override: options.Set = None,
    as_json: options.Json = False,
) -> None:
    """Fine-tune on a data file, a task or a recipe.

    What it leaves is a run folder; Ctrl-C or a kill loses nothing, the same command goes on.

    Example: pocketbert train reviews.csv --text review --label stars --backbone bundled --out runs/reviews
    """
    from pocketbert.console import TerminalReporter, print_metrics
    from pocketbert.pipeline import run
    from pocketbert.recipe import resolve

    fields = {
        "data.data_dir": data_dir, "data.text": text, "data.label": label, "data.validation": validation,
        "data.test": test, "data.limit": limit, "data.max_length": max_length, "backbone.name": backbone,
        "training.class_weights": class_weights, "training.seed": seed, "lora.preset": lora,
        "augmentation.enabled": augment, "evaluation.suites": ",".join(suite or ()) or None,
    }  # fmt: skip
    stage = {"method": method, "epochs": epochs, "learning_rate": lr}
    recipe = resolve(data, fields, stage, override or ())
    folder = out or Path("runs") / Path(data).stem
    with TerminalReporter() as reporter:
        finished = run(recipe, folder, reporter)
    if as_json:
        print_json(finished.metrics)
    else:
        print_metrics(finished)


@app.command()
def evaluate(
    folder: options.RunFolderPath,
    data: options.LabelledFile = None,
    text: options.FileTextColumns = None,
    label: options.FileLabel = None,
    suite: options.Suites = None,
    as_json: options.Json = False,
) -> None:
    """Score a finished run, clean and under perturbation.

    Example: pocketbert evaluate runs/reviews --data new.csv --suite typo@2 --json
    """
    from pocketbert.api import evaluate as evaluate_run
    from pocketbert.console import TerminalReporter, print_splits
    from pocketbert.runs import load

    with TerminalReporter() as reporter:
        run = load(folder)
        metrics = evaluate_run(
            run, data=data, text=text or (), label=label, suites=suite or "all", reporter=reporter
        )
    if as_json:
        print_json(metrics)
    else:
        print_splits(metrics)


@app.command()
def predict(
    folder: options.RunFolderPath,
    text: options.Texts = None,
    pair: options.Pair = None,
    file: options.UnlabelledFile = None,
    out: options.AnswersFile = None,
    column: options.FileTextColumns = None,
    as_json: options.Json = False,
) -> None:
    """Answer texts with a finished run.

    Example: pocketbert predict runs/reviews "Battery dies by noon."
    """
    from pocketbert.console import TerminalReporter, print_predictions
    from pocketbert.prediction import answer_of, predict_file
    from pocketbert.runs import load

    if sum(map(bool, (text, pair, file))) != 1:
        raise ArgumentError("give either texts, --pair A B or --file FILE")
    if bool(file) != bool(out):
        raise ArgumentError("--file and --out go together: --file in.csv --out out.csv")
    with TerminalReporter() as reporter:
        run = load(folder)
        if file and out:
            rows = predict_file(run, file, out, column or (), reporter)
            reporter.say(f"{rows:,} rows answered in {out}")
            return
        texts: list[Any] = [pair] if pair else list(text or [])
        answers = run.predict(texts)
    if as_json:
        print_json([answer_of(run, answer) for answer in answers])
    else:
        print_predictions(texts, answers)


@app.command()
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
    from pocketbert.console import TerminalReporter, print_findings
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


@app.command()
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
    from pocketbert.console import TerminalReporter, print_views

    with TerminalReporter():
        shown = views_of(data, text or [], views, rows, preset, data_dir, seed)
    if as_json:
        print_json(shown)
    else:
        print_views(shown)


@app.command()
def distill(
    recipe: options.DistillationRecipe,
    out: options.Out = None,
    override: options.Set = None,
    as_json: options.Json = False,
) -> None:
    """Teach a small model what a larger one knows of plain text.

    Pre-training of a teacher, transfer and fine-tuning are stages of one run; Ctrl-C or a kill loses nothing.

    Example: pocketbert distill examples/distill.toml --out runs/distilled --set training.steps=2000
    """
    from pocketbert.console import TerminalReporter, print_distillation
    from pocketbert.distilling import distill as distill_by
    from pocketbert.distilling import read_distillation

    chosen = read_distillation(recipe, override or ())
    folder = out or Path("runs") / recipe.stem
    with TerminalReporter() as reporter:
        metrics = distill_by(chosen, folder, reporter)
    if as_json:
        print_json(metrics)
    else:
        print_distillation(metrics, folder)


@app.command()
def demo(
    out: options.DemoOut = Path("runs/demo"),
    as_json: options.Json = False,
) -> None:
    """Compare plain and augmented training on the bundled data.

    Three seeds each, scored on clean and on messy text; it goes on where it was stopped.

    Example: pocketbert demo --out runs/demo
    """
    from pocketbert.console import TerminalReporter, print_demo
    from pocketbert.demo import run_demo

    with TerminalReporter() as reporter:
        result = run_demo(out, reporter)
    if as_json:
        print_json(result.as_dict())
    else:
        print_demo(result)


@app.command()
def models(
    attention: options.AttentionText = None,
    teacher: options.Teacher = None,
    student: options.Student = None,
    out: options.Page = None,
    as_json: options.Json = False,
) -> None:
    """The model family, from BERT to the bundled backbone.

    Sizes and costs are counted exactly; with --attention, what models look at in a text is drawn.

    Example: pocketbert models --attention "The cat sat on the mat."
    """
    from pocketbert import models as shown

    if attention is None:
        if teacher or student or out:
            raise ArgumentError("--teacher, --student and --out go with --attention TEXT")
        family = shown.counted_family()
        print_json(shown.family_as_dict(family)) if as_json else shown.print_family(family)
        return
    page = out or Path("attention.html")
    drawing = shown.draw_attention(attention, student, teacher, page)
    print_json(shown.drawing_as_dict(drawing, page)) if as_json else shown.print_drawing(drawing, page)


@tasks_app.callback(invoke_without_command=True)
def tasks(context: typer.Context, as_json: options.Json = False) -> None:
    """The tasks that can be named instead of a file.

    Example: pocketbert tasks show sst2
    """
    from pocketbert.console import print_tasks
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
    from pocketbert.console import print_task
    from pocketbert.tasks import load_task

    task = load_task(name)
    if as_json:
        print_json(task.model_dump(mode="json"))
    else:
        print_task(task)


def print_json(content: Any) -> None:
    ascii_only = "utf" not in str(getattr(sys.stdout, "encoding", "")).lower()
    print(json.dumps(content, indent=1, ensure_ascii=ascii_only, allow_nan=False))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point: every error is one line on standard error, with exit status 1 (work) or 2 (arguments)."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if os.environ.get("RANK", "0") != "0":  # one of several processes; the first speaks for all
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter shows its number
    try:
        refuse_broken_text(sys.argv[1:] if arguments is None else arguments)
        status, message = app(arguments, standalone_mode=False) or 0, ""
        if status == INTERRUPTED:
            status, message = PocketBertError.exit_status, "stopped"
        if sys.stdout is not None:  # closed by who started us
            sys.stdout.flush()
    except PocketBertError as error:
        status, message = error.exit_status, str(error)
    except typer.TyperException as error:
        status, message = ArgumentError.exit_status, usage_problem(error)
    except BrokenPipeError:  # whoever read our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status, message = PocketBertError.exit_status, ""
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        status, message = PocketBertError.exit_status, f"the system refused{place}: {error.strerror or error}"
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        status = PocketBertError.exit_status
        message = f"{type(error).__name__}: {error}; not foreseen: report it with what {TRACEBACK}=1 shows"
    if message:
        print("pocketbert:", " ".join(message.split()), file=sys.stderr)
    sys.exit(status)


def refuse_broken_text(arguments: Sequence[str]) -> None:
    """Raise ArgumentError for an argument that is not text: its bytes could be neither read nor written down."""
    for number, argument in enumerate(arguments, 1):
        if well_formed(argument) != argument:
            raise ArgumentError(f"argument {number}, {argument[:80]!r}, is not UTF-8 text")


def usage_problem(error: typer.TyperException) -> str:
    """What is wrong with the command line, and where its help is."""
    message = " ".join(error.format_message().split())
    message = message[:1].lower() + message[1:]
    if message.endswith("?"):
        return message
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "pocketbert"
    return f"{message.rstrip('.')}; see `{command} --help`"
