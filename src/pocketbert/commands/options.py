"""The options of the commands: a recipe field's own description is its option's help."""

from __future__ import annotations

from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic import BaseModel

from pocketbert.adaptation import LoraSettings
from pocketbert.augmentation import Policy
from pocketbert.backbone import BackboneSettings
from pocketbert.data import DataSettings
from pocketbert.evaluation import EvaluationSettings
from pocketbert.training import Stage, TrainingSettings

PLACEHOLDERS: dict[Any, str] = {int: "N", float: "X", Path: "PATH"}


def field(model: type[BaseModel], name: str, *flags: str) -> Any:
    """A command-line option for a field: its description, its choices and what holds when it is left out."""
    known = model.model_fields[name]
    default = f"  [{known.default}]" if isinstance(known.default, int | float | str) else ""
    return typer.Option(
        *flags,
        metavar=placeholder(known.annotation),
        help=f"{known.description}{default}",
        show_default=False,
    )


def placeholder(annotation: Any) -> str:
    """What stands for a value in the help: its choices, or a word for its type."""
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    if get_origin(annotation) is Literal:
        return "|".join(kinds)
    if NoneType in get_args(annotation):
        annotation = kinds[0]
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
    return PLACEHOLDERS.get(annotation, "NAME")


Data = Annotated[
    str, typer.Argument(metavar="DATA|TASK|RECIPE", help="A data file, a recipe or a task name.")
]
DataDir = Annotated[str | None, field(DataSettings, "data_dir", "--data-dir")]
TextColumns = Annotated[list[str] | None, field(DataSettings, "text", "--text")]
Label = Annotated[str | None, field(DataSettings, "label", "--label")]
LabelColumns = Annotated[list[str] | None, field(DataSettings, "label_columns", "--label-column")]
LabelSeparator = Annotated[str | None, field(DataSettings, "label_separator", "--label-separator")]
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
ContextGuard = Annotated[str | None, field(Policy, "context_guard", "--context-guard")]
Suites = Annotated[list[str] | None, field(EvaluationSettings, "suites", "--suite")]
Augment = Annotated[
    bool | None,
    typer.Option(
        "--augment/--no-augment",
        help="Train on fresh views of the text, or on the text alone.  [augment]",
        show_default=False,
    ),
]
NoExamples = Annotated[
    bool,
    typer.Option("--no-examples", help="Keep all texts out of the report."),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="SECTION.FIELD=VALUE", help="Set any field of the recipe; may be given again."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]

RunFolderPath = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")]
FileTextColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        metavar="NAME",
        help="Text column of the file, twice for a pair; left out, as in the run's own data.",
    ),
]
FileLabel = Annotated[
    str | None,
    typer.Option(
        "--label", metavar="NAME", help="Label column of the file; left out, as in the run's own data."
    ),
]

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="PATH", help="Run folder.  [runs/NAME]", show_default=False),
]

LabelledFile = Annotated[
    Path | None,
    typer.Option("--data", metavar="PATH", help="Labelled rows to score; left out, the run's own test rows."),
]

Texts = Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="Texts to answer.")]

Pair = Annotated[
    tuple[str, str] | None, typer.Option("--pair", metavar="A B", help="A pair of texts to answer.")
]

Accuracy = Annotated[
    float | None,
    typer.Option(
        "--accuracy",
        metavar="X",
        help="Accuracy that sure answers should reach, such as 0.95; the others are marked as not sure.",
    ),
]

UnlabelledFile = Annotated[
    Path | None, typer.Option("--file", metavar="PATH", help="A data file whose rows are to be answered.")
]

AnswersFile = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="PATH",
        help="New file for the rows with their answers: CSV, TSV or JSON lines, by its ending.",
    ),
]

Tokenizer = Annotated[
    str | None,
    typer.Option(
        "--backbone",
        metavar="NAME",
        help="The backbone that counts tokens: of the hub, a folder, or `bundled`.  [bundled]",
        show_default=False,
    ),
]

AugmentedData = Annotated[str | None, typer.Argument(metavar="DATA|TASK", help="A data file or a task name.")]

LiteralTexts = Annotated[
    list[str] | None,
    typer.Option("--text", metavar="TEXT", help="Literal text; with DATA, its text column."),
]

Views = Annotated[
    int, typer.Option("--views", "--n", metavar="N", min=1, max=1000, help="Views of each text.")
]

Rows = Annotated[
    int | None,
    typer.Option(
        "--rows",
        metavar="N",
        min=1,
        help="The first rows of DATA alone.  [5 to show, all to write]",
        show_default=False,
    ),
]

ViewSeed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of the views.")]

ViewEpoch = Annotated[
    int, typer.Option("--epoch", metavar="N", min=0, help="Epoch of the views: each has others.")
]

Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=0,
        help="Processes that look for what can change, 0 for none.  [the cores]",
        show_default=False,
    ),
]

AugmentedFile = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="PATH",
        help="New file for the rows of DATA with their views: CSV, TSV, JSON lines or Parquet, by its ending.",
    ),
]

DistillationRecipe = Annotated[
    Path, typer.Argument(metavar="RECIPE", help="A recipe of teacher, student, text and schedule.")
]

AttentionText = Annotated[
    str | None,
    typer.Option("--attention", metavar="TEXT", help="Draw where its tokens look, on one page."),
]

Teacher = Annotated[
    str | None,
    typer.Option("--teacher", metavar="NAME", help="With --attention: the model to draw beside the student."),
]

Student = Annotated[
    str | None,
    typer.Option(
        "--student",
        metavar="NAME",
        help="With --attention: a folder or `bundled`.  [bundled]",
        show_default=False,
    ),
]

Page = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="PATH", help="With --attention: the page.  [attention.html]", show_default=False
    ),
]

DemoOut = Annotated[
    Path, typer.Option("--out", metavar="PATH", help="Folder for its six runs and the report.")
]

Format = Annotated[
    str,
    typer.Option(
        "--to", metavar="onnx|litert|executorch|web", help="Format of the model file; or a web site."
    ),
]

Precision = Annotated[
    str | None,
    typer.Option(
        "--precision",
        metavar="fp32|fp16|int8",
        help="Precision of weights and values.  [fp32; of a site fp32 and int8]",
        show_default=False,
    ),
]

Quantisation = Annotated[
    str,
    typer.Option(
        "--quantisation",
        metavar="dynamic|static",
        help="With int8: scales of values found for every text, or once on training rows.",
    ),
]

TokenizerInside = Annotated[
    bool,
    typer.Option(
        "--tokenizer",
        help="Put the tokenizer inside the graph, which then reads a text; needs onnxruntime-extensions on the phone.",
    ),
]

Lengths = Annotated[
    list[int] | None,
    typer.Option(
        "--length",
        metavar="N",
        help="With litert: tokens of a signature; give it once for each.  [32, 64, 128, ... as training]",
        show_default=False,
    ),
]

Quick = Annotated[bool, typer.Option("--quick", help="One cell, measured once: shows that it runs.")]

ModelFile = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="PATH", help="Write the bare model file here too; with web, the folder of the site."
    ),
]

AllowDegraded = Annotated[
    bool,
    typer.Option("--allow-degraded", help="Write a file that changes answers too; its name and card say so."),
]

TaskName = Annotated[str, typer.Argument(metavar="NAME", help="A task name.")]
