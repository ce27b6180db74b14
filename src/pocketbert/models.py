"""What `pocketbert models` shows: the model family counted, and what models look at in a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.backbone.settings import BUNDLED
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.reporter import Reporter

if TYPE_CHECKING:
    from pocketbert.backbone import Backbone
    from pocketbert.backbone.family import Counted
    from pocketbert.distillation.attention_page import Drawing


def counted_family(reporter: Reporter) -> list[Counted]:
    """The family; the reporter hears how many of it are counted."""
    from pocketbert.backbone.family import FAMILY, count_family

    family = []
    for model in count_family():
        family.append(model)
        reporter.progress("counting", len(family), len(FAMILY), {})
    return family


def draw_attention(
    text: str, student: str | None, teacher: str | None, page: Path, reporter: Reporter
) -> Drawing:
    """Draw what one model or two look at in a text, onto a page.

    Raises ArgumentError for names, texts and pairs that will not do, PocketBertError when the work fails.
    """
    from pocketbert.distillation.attention_page import check_page, draw, write_page

    check_page(page)
    named = {"--student": BUNDLED if student is None else student}
    if teacher is not None:
        named["--teacher"] = teacher
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


def drawing_as_dict(drawing: Drawing, page: Path) -> dict[str, Any]:
    """Plain values, for `--json`."""
    layers = [
        {"layer": pair.layer, "teacher_layer": pair.teacher_layer, "elsewhere": pair.elsewhere}
        for pair in drawing.layers
    ]
    return {"schema": 1, "page": str(page), "tokens": drawing.tokens, "layers": layers}
