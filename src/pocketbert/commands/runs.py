"""Commands that make runs and use them: train, evaluate, predict, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pocketbert.commands import options
from pocketbert.errors import ArgumentError
from pocketbert.wording import counted


def train(
    data: options.Data,
    out: options.Out = None,
    data_dir: options.DataDir = None,
    text: options.TextColumns = None,
    label: options.Label = None,
    label_column: options.LabelColumns = None,
    label_separator: options.LabelSeparator = None,
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
    no_examples: options.NoExamples = False,
    override: options.Set = None,
    as_json: options.Json = False,
) -> None:
    """Fine-tune on a data file, a task, a recipe, or several tasks: `glue`, or names with commas between them.

    What it leaves is a run folder; Ctrl-C or a kill loses nothing, the same command goes on.

    Example: pocketbert train reviews.csv --text review --label stars --backbone bundled --out runs/reviews
    """
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter
    from pocketbert.console.runs import print_metrics, print_task_table
    from pocketbert.pipeline import run
    from pocketbert.recipe import resolve
    from pocketbert.several_tasks import train_tasks
    from pocketbert.tasks.glue import folder_of, listed_tasks

    fields = {
        "data.data_dir": data_dir, "data.text": text, "data.label": label, "data.label_columns": label_column,
        "data.label_separator": label_separator, "data.validation": validation,
        "data.test": test, "data.limit": limit, "data.max_length": max_length, "backbone.name": backbone,
        "training.class_weights": class_weights, "training.seed": seed, "lora.preset": lora,
        "augmentation.enabled": augment, "evaluation.suites": suite,
        "evaluation.examples": 0 if no_examples else None,
    }  # fmt: skip
    stage = {"method": method, "epochs": epochs, "learning_rate": lr}
    folder = out or Path("runs") / Path(data).stem
    if names := listed_tasks(data):
        places = {name: folder_of(name, Path(data_dir)) if data_dir else None for name in names}
        recipes = {
            name: resolve(name, fields | {"data.data_dir": place and str(place)}, stage, override or ())
            for name, place in places.items()
        }
        with TerminalReporter() as reporter:
            table = train_tasks(recipes, folder, reporter)
        if as_json:
            print_json(table.as_dict())
        else:
            print_task_table(table)
        return
    recipe = resolve(data, fields, stage, override or ())
    with TerminalReporter() as reporter:
        finished = run(recipe, folder, reporter)
    if as_json:
        print_json(finished.metrics)
    else:
        print_metrics(finished)


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
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter
    from pocketbert.console.runs import print_splits
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


def predict(
    folder: options.RunFolderPath,
    text: options.Texts = None,
    pair: options.Pair = None,
    file: options.UnlabelledFile = None,
    out: options.AnswersFile = None,
    column: options.FileTextColumns = None,
    accuracy: options.Accuracy = None,
    as_json: options.Json = False,
) -> None:
    """Answer texts with a finished run; it marks texts unlike those it was trained on.

    Example: pocketbert predict runs/reviews "Battery dies by noon."
    """
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter
    from pocketbert.console.runs import print_predictions
    from pocketbert.prediction import answer_of, predict_file
    from pocketbert.runs import load

    if sum(map(bool, (text, pair, file))) != 1:
        raise ArgumentError("give either texts, --pair A B or --file FILE")
    if bool(file) != bool(out):
        raise ArgumentError("--file and --out go together: --file in.csv --out out.csv")
    with TerminalReporter() as reporter:
        run = load(folder)
        if file and out:
            rows = predict_file(run, file, out, column or (), reporter, accuracy)
            reporter.say(f"{counted(rows, 'row')} answered in {out}")
            return
        texts: list[Any] = [pair] if pair else list(text or [])
        answers = run.predict(texts, accuracy=accuracy)
    if as_json:
        print_json([answer_of(run, answer) for answer in answers])
    else:
        print_predictions(texts, answers)


def demo(
    out: options.DemoOut = Path("runs/demo"),
    as_json: options.Json = False,
) -> None:
    """Compare plain and augmented training on the bundled data.

    Three seeds each, scored on clean and on messy text; it goes on where it was stopped.

    Example: pocketbert demo --out runs/demo
    """
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter
    from pocketbert.console.runs import print_demo
    from pocketbert.demo import run_demo

    with TerminalReporter() as reporter:
        result = run_demo(out, reporter)
    if as_json:
        print_json(result.as_dict())
    else:
        print_demo(result)
