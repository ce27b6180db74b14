"""Commands about teachers and students: models, distill."""

from __future__ import annotations

from pathlib import Path

from pocketbert.commands import options
from pocketbert.errors import ArgumentError


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
    from pocketbert.console.models import print_drawing, print_family
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter
    from pocketbert.models import counted_family, draw_attention, drawing_as_dict, family_as_dict

    if attention is None:
        if teacher or student or out:
            raise ArgumentError("--teacher, --student and --out go with --attention TEXT")
        with TerminalReporter() as reporter:
            family = counted_family(reporter)
        print_json(family_as_dict(family)) if as_json else print_family(family)
        return
    page = out or Path("attention.html")
    with TerminalReporter() as reporter:
        drawing = draw_attention(attention, student, teacher, page, reporter)
    print_json(drawing_as_dict(drawing, page)) if as_json else print_drawing(drawing, page)


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
    from pocketbert.console.models import print_distillation
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter
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
