"""The command line: thin commands that call the package and print what it answers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from pocketbert.adaptation import LoraSettings
from pocketbert.augmentation import Policy
from pocketbert.backbone import BackboneSettings
from pocketbert.data import DataSettings
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluation import EvaluationSettings
from pocketbert.training import Stage, TrainingSettings

app = typer.Typer(
    name="pocketbert",
    help="Labelled text in, a small language model out that survives messy input and runs on a phone.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
tasks_app = typer.Typer(
    help="The tasks that can be named instead of a file.\n\nExample: pocketbert tasks show sst2"
)
app.add_typer(tasks_app, name="tasks")


def field(model: type[BaseModel], name: str, *flags: str) -> Any:
    """A command-line option whose help is the field's own description."""
    return typer.Option(*flags, help=model.model_fields[name].description, show_default=False)


Data = Annotated[
    str, typer.Argument(metavar="DATA|TASK|RECIPE", help="A data file, a recipe or a task name.")
]
DataDir = Annotated[str | None, field(DataSettings, "data_dir", "--data-dir")]
TextColumns = Annotated[list[str] | None, field(DataSettings, "text", "--text")]
Label = Annotated[str | None, field(DataSettings, "label", "--label")]
Validation = Annotated[str | None, field(DataSettings, "validation", "--validation")]
Test = Annotated[str | None, field(DataSettings, "test", "--test")]
Limit = Annotated[int | None, field(DataSettings, "limit", "--limit")]
MaxLength = Annotated[int | None, field(DataSettings, "max_length", "--max-length")]
BackboneName = Annotated[str | None, field(BackboneSettings, "name", "--backbone")]
Seed = Annotated[int | None, field(TrainingSettings, "seed", "--seed")]
ClassWeights = Annotated[str | None, field(TrainingSettings, "class_weights", "--class-weights")]
Method = Annotated[str | None, field(Stage, "method", "--method")]
Epochs = Annotated[int | None, field(Stage, "epochs", "--epochs")]
LearningRate = Annotated[float | None, field(Stage, "learning_rate", "--lr")]
LoraPreset = Annotated[str | None, field(LoraSettings, "preset", "--lora")]
Preset = Annotated[str | None, field(Policy, "preset", "--preset")]
Suites = Annotated[list[str] | None, field(EvaluationSettings, "suites", "--suite")]
Augment = Annotated[
    bool | None,
    typer.Option(
        "--augment/--no-augment",
        help="Train on fresh views of the text, or on the text alone.",
        show_default=False,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="SECTION.FIELD=VALUE", help="Set any field of the recipe; may be given again."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")]


@app.command()
def train(
    data: Data,
    out: Annotated[Path | None, typer.Option("--out", help="Run folder; left out, runs/NAME.")] = None,
    data_dir: DataDir = None,
    text: TextColumns = None,
    label: Label = None,
    validation: Validation = None,
    test: Test = None,
    class_weights: ClassWeights = None,
    backbone: BackboneName = None,
    method: Method = None,
    lora: LoraPreset = None,
    augment: Augment = None,
    epochs: Epochs = None,
    lr: LearningRate = None,
    limit: Limit = None,
    max_length: MaxLength = None,
    seed: Seed = None,
    suite: Suites = None,
    override: Set = None,
    as_json: Json = False,
) -> None:
    """Fine-tune on a data file, a task or a recipe, and leave a run folder.

    Example: pocketbert train reviews.csv --text review --label stars --backbone bundled --out runs/reviews
    """
    from pocketbert.console import TerminalReporter, print_metrics
    from pocketbert.pipeline import run
    from pocketbert.recipe import resolve

    fields = {
        "data.data_dir": data_dir, "data.text": text, "data.label": label, "data.validation": validation,
        "data.test": test, "data.limit": limit, "data.max_length": max_length, "backbone.name": backbone,
        "training.class_weights": class_weights, "training.seed": seed, "lora.preset": lora,
        "augmentation.enabled": augment, "evaluation.suites": suite,
    }  # fmt: skip
    stage = {"method": method, "epochs": epochs, "learning_rate": lr}
    recipe = resolve(data, given(fields), given(stage), override or [])
    folder = out or Path("runs") / Path(data).stem
    with TerminalReporter() as reporter:
        finished = run(recipe, folder, reporter)
    if as_json:
        print_json(finished.metrics)
    else:
        print_metrics(finished)


@app.command()
def evaluate(
    folder: RunPath,
    data: Annotated[
        Path | None, typer.Option("--data", help="Labelled rows to score; left out, the run's own test rows.")
    ] = None,
    text: TextColumns = None,
    label: Label = None,
    suite: Suites = None,
    as_json: Json = False,
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
    folder: RunPath,
    text: Annotated[list[str] | None, typer.Argument(help="Texts to answer.")] = None,
    pair: Annotated[
        tuple[str, str] | None, typer.Option("--pair", metavar="A B", help="A pair of texts to answer.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A data file whose rows are to be answered.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the answered rows go: CSV, TSV or JSON lines.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option("--text", help="Text column of the file, twice for a pair.")
    ] = None,
    as_json: Json = False,
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
    data: Data,
    data_dir: DataDir = None,
    text: TextColumns = None,
    label: Label = None,
    validation: Validation = None,
    test: Test = None,
    max_length: MaxLength = None,
    backbone: BackboneName = None,
    as_json: Json = False,
) -> None:
    """Look for what spoils a data set: duplicates, leakage, conflicting labels, truncation, imbalance.

    Example: pocketbert check reviews.csv --text review --label stars
    """
    from pocketbert.api import check_data
    from pocketbert.console import TerminalReporter, print_findings
    from pocketbert.recipe import resolve

    fields = {
        "data.data_dir": data_dir, "data.text": text, "data.label": label, "data.validation": validation,
        "data.test": test, "data.max_length": max_length, "backbone.name": backbone or "bundled",
    }  # fmt: skip
    with TerminalReporter() as reporter:
        findings = check_data(resolve(data, given(fields), {}, []), reporter)
    if as_json:
        print_json(findings.as_dict())
    else:
        print_findings(findings)


@app.command()
def augment(
    data: Annotated[
        str | None, typer.Argument(metavar="DATA|TASK", help="A data file or a task name.")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="Literal text; with DATA, its text column.")
    ] = None,
    views: Annotated[int, typer.Option("--n", min=1, max=1000, help="Views of each text.")] = 4,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Rows of DATA to show.")] = 5,
    preset: Preset = None,
    data_dir: DataDir = None,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Show what augmentation makes of a text or of real rows, as a coloured diff.

    Example: pocketbert augment --text "On the mat, the cat sat." --n 8
    """
    from pocketbert.api import views_of
    from pocketbert.console import TerminalReporter, print_views

    with TerminalReporter():
        shown = views_of(data, text or [], views, rows, preset, data_dir, seed or 0)
    if as_json:
        print_json(shown)
    else:
        print_views(shown)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for its six runs and the report.")] = Path(
        "runs/demo"
    ),
    as_json: Json = False,
) -> None:
    """The main job on the bundled data: plain against augmented training, three seeds each, clean and messy text.

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


@tasks_app.callback(invoke_without_command=True)
def tasks(context: typer.Context, as_json: Json = False) -> None:
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
def show_task(name: Annotated[str, typer.Argument(help="A task name.")], as_json: Json = False) -> None:
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


def given(values: dict[str, Any]) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in values.items() if value is not None and value != []}


def print_json(content: Any) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))


def main() -> None:
    """Entry point: every error is one line on standard error, with exit status 1 (work) or 2 (arguments)."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app()
    except PocketBertError as error:
        status, message = error.exit_status, str(error)
    except KeyboardInterrupt:
        status, message = 1, "stopped"
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status, message = 1, ""
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        status, message = 1, f"the system refused{place}: {error.strerror or error}"
    if message:
        print(f"pocketbert: {message}", file=sys.stderr)
    sys.exit(status)
