"""What `pocketbert models` shows: the model family in three tables, and where to find a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from pocketbert.backbone.settings import BUNDLED
from pocketbert.console import TerminalReporter, results, show
from pocketbert.errors import ArgumentError, PocketBertError

if TYPE_CHECKING:
    from pocketbert.backbone import Backbone
    from pocketbert.backbone.family import Counted
    from pocketbert.distillation.attention_page import Drawing

WIDTHS = "Width: of a token between blocks; within: inside a block, where attention and feed-forward networks work."
PARTS = ("embeddings", "attention", "bottleneck", "feed-forward", "norms")


def counted_family() -> list[Counted]:
    """The family, with progress on the terminal."""
    from pocketbert.backbone.family import FAMILY, count_family

    family = []
    with TerminalReporter() as reporter:
        for model in count_family():
            family.append(model)
            reporter.progress("counting", len(family), len(FAMILY), {})
    return family


def draw_attention(text: str, student: str | None, teacher: str | None, page: Path) -> Drawing:
    """Draw what one model or two look at in a text, onto a page.

    Raises ArgumentError for names, texts and pairs that will not do, PocketBertError when the work fails.
    """
    from pocketbert.distillation.attention_page import check_page, draw, write_page

    check_page(page)
    named = {"--student": BUNDLED if student is None else student}
    if teacher is not None:
        named["--teacher"] = teacher
    with TerminalReporter() as reporter:
        loaded = []
        for option, name in named.items():
            loaded.append(load_named(option, name))
            reporter.progress("loading", len(loaded), len(named), {})
        drawing = draw(text, *loaded)
        write_page(drawing, page)
    return drawing


def load_named(option: str, name: str) -> Backbone:
    """The model that an option names.  Raises as `load_backbone` does, in the words of the option."""
    from pocketbert.backbone import BackboneSettings, load_backbone

    if not name:
        raise ArgumentError(f"{option} is empty; name a folder, a model of the hub, or `bundled`")
    try:
        return load_backbone(BackboneSettings(name=name))
    except PocketBertError as error:
        raise type(error)(str(error).replace("--backbone", option)) from None


def family_as_dict(family: Sequence[Counted]) -> dict[str, Any]:
    """Plain values, for `--json`."""
    from pocketbert.backbone.family import LENGTH, explanation

    return {
        "schema": 1,
        "length": LENGTH,
        "models": [model.as_dict() for model in family],
        "explanation": explanation({model.name: model for model in family}),
    }


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
        table.add_column(heading, justify="right")
    return table


def drawing_as_dict(drawing: Drawing, page: Path) -> dict[str, Any]:
    """Plain values, for `--json`."""
    layers = [
        {"layer": pair.layer, "teacher_layer": pair.teacher_layer, "elsewhere": pair.elsewhere}
        for pair in drawing.layers
    ]
    return {"schema": 1, "page": str(page), "tokens": drawing.tokens, "layers": layers}


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
