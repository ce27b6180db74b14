"""The front page's functions: the command line says the same in other words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.distillation.settings import DistillationRecipe
from pocketbert.distilling import Distilled
from pocketbert.distilling import distill as distill_by
from pocketbert.evaluating import SuiteChoice, evaluate_run
from pocketbert.exporting import Exported, export_run
from pocketbert.pipeline import run
from pocketbert.publishing import PRECISIONS, Published, publish_run
from pocketbert.recipe import Recipe, read_sections, read_toml, resolve
from pocketbert.reporter import Reporter, Silent
from pocketbert.runs import Run, load
from pocketbert.training.folder import RunFolder

if TYPE_CHECKING:
    from pocketbert.data import CheckReport
    from pocketbert.deployment.benchmark import Benchmark
    from pocketbert.evaluation.schema import Metrics


def finetune(
    data: str | Path,
    *,
    text: str | Sequence[str] = (),
    label: str | None = None,
    validation: str | Path | None = None,
    test: str | Path | None = None,
    data_dir: str | Path | None = None,
    out: str | Path | None = None,
    backbone: str | None = None,
    method: str | None = None,
    augment: bool | None = None,
    epochs: int | None = None,
    learning_rate: float | None = None,
    seed: int | None = None,
    settings: dict[str, Any] | None = None,
    reporter: Reporter | None = None,
) -> Run:
    """Fine-tune on a data file, a recipe or a task and return the finished run.

    `settings` sets any field of the recipe by dotted key, such as `{"training.batch_size": 16}`; `out` is the run
    folder, `runs/NAME` when left out.

    Raises ArgumentError for what is asked for, PocketBertError when the work fails.
    """
    fields = {
        "data.text": [text] if isinstance(text, str) else list(text),
        "data.label": label,
        "data.validation": _path(validation),
        "data.test": _path(test),
        "data.data_dir": _path(data_dir),
        "backbone.name": backbone,
        "augmentation.enabled": augment,
        "training.seed": seed,
        **(settings or {}),
    }
    stage = {"method": method, "epochs": epochs, "learning_rate": learning_rate}
    recipe = resolve(str(data), fields, stage)
    return run(recipe, out or Path("runs") / Path(data).stem, reporter)


def distill(
    text: str | Path | Sequence[str | Path],
    *,
    teacher: str | Path | None = None,
    start_from: str | Path | None = None,
    schedule: str | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
    task: str | Path | None = None,
    out: str | Path | None = None,
    seed: int | None = None,
    settings: dict[str, Any] | None = None,
    reporter: Reporter | None = None,
) -> Distilled:
    """Teach a small MobileBERT what a larger model knows of plain text, and return the student.

    `text`: text files, folders and hub sets as `hub:NAME`, or a recipe.  `teacher`: a folder, a model of the hub or
    `bundled`; of none an IB-BERT is pre-trained first.  `task`: a recipe, a data file or a task that the student is
    fine-tuned on at the end.  `settings` sets any field of the recipe by dotted key, such as
    `{"student.shape.layers": 4}`; `out` is the run folder, `runs/NAME` of a recipe, else `runs/distilled`.

    Raises ArgumentError for what is asked for, PocketBertError when the work fails.
    """
    sources = [str(text)] if isinstance(text, str | Path) else [str(source) for source in text]
    recipe = Path(sources[0]) if len(sources) == 1 and sources[0].endswith(".toml") else None
    fields = {
        "text.sources": None if recipe else sources,
        "teacher.name": _path(teacher),
        "student.start_from": _path(start_from),
        "schedule.kind": schedule,
        "training.steps": steps,
        "training.learning_rate": learning_rate,
        "training.seed": seed,
        "finetuning.recipe": _path(task),
        **(settings or {}),
    }
    given = {name: value for name, value in fields.items() if value is not None}
    content = read_toml(recipe) if recipe else {}
    chosen = read_sections(DistillationRecipe, content, given, str(recipe or ""))
    folder = Path(out) if out else Path("runs") / (recipe.stem if recipe else "distilled")
    return Distilled(RunFolder(folder), distill_by(chosen, folder, reporter))


def evaluate(
    run: Run | str | Path,
    data: str | Path | None = None,
    *,
    text: str | Sequence[str] = (),
    label: str | None = None,
    suites: SuiteChoice = "all",
    reporter: Reporter | None = None,
) -> Metrics:
    """Score a run or its folder, clean and under perturbation, on its test rows or on a labelled file.

    `suites`: `all`, `none`, names such as `typo@2`, and files: a data file, AdvGLUE's JSON, a CheckList export, or a
    table such as `{"file": "imdb.csv", "text": "review", "labels": {"pos": "positive"}}`.
    Returns what `metrics.json` holds.
    Raises ArgumentError for files and columns that do not fit the run's task.
    """
    columns = [text] if isinstance(text, str) else list(text)
    run = run if isinstance(run, Run) else load(run)
    return evaluate_run(run, data, columns, label, suites, reporter or Silent())


def export(
    run: Run | str | Path,
    out: str | Path | None = None,
    *,
    to: str = "onnx",
    precision: str = "fp32",
    quantisation: str = "dynamic",
    tokenizer: bool = False,
    lengths: Sequence[int] = (),
    allow_degraded: bool = False,
    reporter: Reporter | None = None,
) -> Exported:
    """Write a run or its folder as files for a phone, under its `exports/`; the bare model file to `out` too.

    `to` is onnx, litert or executorch; `precision` fp32, fp16 or int8, whose `quantisation` is dynamic or static.
    With `tokenizer` an ONNX model reads a text itself, in run times with onnxruntime-extensions; `lengths` are those
    of a LiteRT file's signatures.  A file that changes the answers is refused unless `allow_degraded`.

    Raises ArgumentError for what cannot be asked for, PocketBertError when no file passes.
    """
    run = run if isinstance(run, Run) else load(run)
    return export_run(
        run,
        to,
        precision,
        out=None if out is None else Path(out),
        quantisation=quantisation,
        tokenizer=tokenizer,
        lengths=lengths,
        allow_degraded=allow_degraded,
        reporter=reporter,
    )


def publish(
    run: Run | str | Path,
    out: str | Path | None = None,
    *,
    precisions: Sequence[str] = PRECISIONS,
    quantisation: str = "dynamic",
    allow_degraded: bool = False,
    reporter: Reporter | None = None,
) -> Published:
    """Write a run or its folder as a static site that runs it in the browser: to the folder `out`, else its `exports/`.

    The site offers every one of `precisions` whose file answers as the run does, or all where `allow_degraded`.

    Raises ArgumentError for what cannot be asked for, PocketBertError when no file passes.
    """
    return publish_run(
        run if isinstance(run, Run) else load(run),
        None if out is None else Path(out),
        precisions=precisions,
        quantisation=quantisation,
        allow_degraded=allow_degraded,
        reporter=reporter,
    )


def bench(run: Run | str | Path, *, quick: bool = False, reporter: Reporter | None = None) -> Benchmark:
    """Latency, size and memory of a run's exports, beside PyTorch and a stock export.

    Raises PocketBertError for a run without exports.
    """
    from pocketbert.benching import bench_run

    return bench_run(run if isinstance(run, Run) else load(run), reporter or Silent(), quick=quick)


def check_data(recipe: Recipe, reporter: Reporter) -> CheckReport:
    """Look for what spoils the recipe's data."""
    from pocketbert.backbone import load_backbone
    from pocketbert.data import check
    from pocketbert.data import load as load_splits

    splits = load_splits(recipe.data)
    for note in splits.notes:
        reporter.say(note)
    return check(splits, load_backbone(recipe.backbone).tokenizer, recipe.data.max_length)


def _path(value: str | Path | None) -> str | None:
    return None if value is None else str(value)
