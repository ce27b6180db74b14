"""The command that compares ways of training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pocketbert.commands import options

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="DATA|TASK|RECIPE...",
        help="A data file, a task or a recipe; or several recipes, the first the baseline.",
    ),
]

Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="PATH", help="Folder of all runs.  [runs/compared-NAME]", show_default=False
    ),
]

Methods = Annotated[
    list[str] | None,
    typer.Option("--methods", metavar="NAME,...", help="Of full, lora, norms; left out, all of them."),
]

TextKinds = Annotated[
    list[str] | None,
    typer.Option("--texts", metavar="NAME,...", help="Of clean, augmented; left out, both."),
]

Seeds = Annotated[int, typer.Option("--seeds", metavar="N", min=1, max=100, help="Runs of each variant.")]

Beside = Annotated[
    list[str] | None,
    typer.Option(
        "--beside",
        metavar="NAME",
        help="Another backbone, of the hub or a folder, fully tuned on clean text; may be given again.",
    ),
]

Workers = Annotated[
    int,
    typer.Option(
        "--workers", metavar="N", min=1, max=256, help="Runs side by side on a machine, its threads divided."
    ),
]

Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Train on the machines of a Ray cluster that share a folder: `auto`, an address, or `local`.",
    ),
]

Export = Annotated[
    bool,
    typer.Option(
        "--export/--no-export", help="Export a run of LoRA and of each other backbone for phones, too."
    ),
]


def compare(
    sources: Sources,
    out: Out = None,
    methods: Methods = None,
    texts: TextKinds = None,
    seeds: Seeds = 3,
    beside: Beside = None,
    workers: Workers = 1,
    cluster: Cluster = None,
    export: Export = True,
    data_dir: options.DataDir = None,
    text: options.TextColumns = None,
    label: options.Label = None,
    label_column: options.LabelColumns = None,
    label_separator: options.LabelSeparator = None,
    validation: options.Validation = None,
    test: options.Test = None,
    class_weights: options.ClassWeights = None,
    backbone: options.BackboneName = None,
    lora: options.LoraPreset = None,
    epochs: options.Epochs = None,
    limit: options.Limit = None,
    max_length: options.MaxLength = None,
    seed: options.Seed = None,
    suite: options.Suites = None,
    no_examples: options.NoExamples = False,
    override: options.Set = None,
    as_json: options.Json = False,
) -> None:
    """Compare full, LoRA and norm-only training on clean and on augmented text.

    Or compare several recipes.  What it leaves are run folders, one page and tables; the same command goes on where
    it was stopped.

    Example: pocketbert compare reviews.csv --text review --label stars --seeds 3 --workers 2 --out runs/compared
    """
    from pocketbert.comparing import compare as compare_grid
    from pocketbert.comparing import plan
    from pocketbert.comparing.grid import METHODS, TEXTS
    from pocketbert.console.comparing import print_comparison
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter

    fields = {
        "data.data_dir": data_dir, "data.text": text, "data.label": label, "data.label_columns": label_column,
        "data.label_separator": label_separator, "data.validation": validation,
        "data.test": test, "data.limit": limit, "data.max_length": max_length, "backbone.name": backbone,
        "training.class_weights": class_weights, "training.seed": seed, "lora.preset": lora,
        "evaluation.suites": suite, "evaluation.examples": 0 if no_examples else None,
    }  # fmt: skip
    grid = plan(
        sources,
        fields,
        {"epochs": epochs},
        override or (),
        methods=methods or METHODS,
        texts=texts or TEXTS,
        beside=beside or (),
        seeds=seeds,
    )
    folder = out or Path("runs") / f"compared-{Path(sources[0]).stem}"
    with TerminalReporter() as reporter:
        found = compare_grid(grid, folder, workers=workers, cluster=cluster, export=export, reporter=reporter)
    if as_json:
        print_json(found.content.as_dict())
    else:
        print_comparison(found)
