"""Models on the terminal: the family in three tables, a distillation, how far apart two models look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.table import Table
from rich.text import Text

from pocketbert.console.output import results, show
from pocketbert.console.runs import print_splits
from pocketbert.wording import duration, spelt

if TYPE_CHECKING:
    from pocketbert.backbone.family import Counted
    from pocketbert.distillation.attention_page import Drawing
    from pocketbert.evaluation.schema import Metrics

WIDTHS = "Width: of a token between blocks; within: inside a block, where attention and feed-forward networks work."
FINETUNINGS = ("teacher_finetuning", "finetuning")
PARTS = ("embeddings", "attention", "bottleneck", "feed-forward", "norms")


def print_family(family: Sequence[Counted]) -> None:
    """Shapes, parameters by part, cost beside the published figures; then what explains the difference."""
    from pocketbert.backbone.family import explanation

    shapes = table_of("model", "layers", "heads", "width", "within", "FFN", "norm", "activation")
    parts = table_of("parameters", *PARTS)
    costs = table_of("model", "parameters", "published", "multiply-adds", "fp32", "int8")
    for model in family:
        networks = f"{model.feed_forward:,} x {model.feed_forward_networks}"
        widths = (f"{model.layers}", f"{model.heads}", f"{model.hidden:,}", f"{model.inner:,}")
        shapes.add_row(model.name, *widths, networks, model.norm, model.activation)
        parts.add_row(model.name, *(f"{model.by_part.get(part, 0):,}" for part in PARTS))
        published = f"{model.published_millions:g} M" if model.published_millions else "-"
        sizes = (f"{size / 1e6:,.1f} MB" for size in (model.fp32_bytes, model.int8_bytes))
        costs.add_row(
            model.name, f"{model.parameters:,}", published, f"{model.multiply_adds / 1e9:.2f} G", *sizes
        )
    console = results()
    for table in (shapes, parts, costs):
        show(console, table)
        console.print()
    for line in (WIDTHS, *explanation({model.name: model for model in family})):
        console.print(Text(line), soft_wrap=not console.is_terminal)


def table_of(first: str, *numbers: str) -> Table:
    """An empty table: a column of names, and columns that end on the right."""
    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def print_drawing(drawing: Drawing, page: Path) -> None:
    """How far apart two models look, layer by layer, and where the page lies."""
    console = results()
    if drawing.teacher is None:
        line = f"attention of {drawing.student} alone; name a teacher with --teacher FOLDER to see both"
        console.print(Text(line), soft_wrap=True)
    else:
        table = table_of("attention", "teacher's layer", "goes elsewhere")
        for pair in drawing.layers:
            table.add_row(f"layer {pair.layer}", f"{pair.teacher_layer}", f"{pair.elsewhere or 0:.0%}")
        show(console, table)
    console.print(Text(f"page: {page}"), soft_wrap=True)


def print_distillation(metrics: dict[str, Any], folder: Path) -> None:
    """Each stage: its time, masked LM on held-out text, its loss by term; then where the model is."""
    console = results()
    stages, losses = metrics["stages"], [stage["loss_by_term"] for stage in metrics["stages"]]
    terms = list(dict.fromkeys(term for loss in losses for term in loss))
    costs = table_of("stage", "time", "tokens/s", "held-out loss", "accuracy")
    learned = table_of("loss by term", *map(spelt, terms))
    for stage, loss in zip(stages, losses, strict=True):
        scores = stage["held_out"]
        costs.add_row(
            Text(stage["name"]),
            duration(stage["seconds"]),
            f"{stage['tokens_per_second']:,.0f}",
            f"{scores['masked_lm_loss']:.3f}",
            f"{scores['masked_lm_accuracy']:.1%}",
        )
        learned.add_row(
            Text(stage["name"]), *(f"{loss[term]:.3g}" if term in loss else "-" for term in terms)
        )
    for table in (costs, learned):
        show(console, table)
        console.print()
    console.print("Held-out loss and accuracy are those of masked LM.")
    console.print(Text(f"model: {folder / 'model'}"), soft_wrap=True)
    for name in FINETUNINGS:
        if name in metrics:
            console.print(Text(f"{spelt(name)}: {folder / name.replace('_', '-')}"), soft_wrap=True)
            print_splits(cast("Metrics", metrics[name]))
