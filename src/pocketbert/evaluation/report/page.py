"""Write a report as one page that needs nothing else: no script, nothing fetched, every text escaped."""

from __future__ import annotations

from functools import cache, partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.errors import PocketBertError, disk_refusal
from pocketbert.evaluation.report import figures, marking, wording
from pocketbert.evaluation.report.content import Interval
from pocketbert.wording import counted
from pocketbert.writing import whole

if TYPE_CHECKING:
    from jinja2 import Environment

    from pocketbert.evaluation.report.content import ReportContent

PACKAGE = "pocketbert.evaluation.report"
TEMPLATE = "report.html.jinja"


def write_report(path: str | Path, content: ReportContent) -> Path:
    """Write the report and return where it lies.

    Raises PocketBertError when the file cannot be written.
    """
    return write_page(Path(path), render(content))


def write_page(path: Path, page: str) -> Path:
    """Write a page of HTML and return where it lies.  Raises PocketBertError when the disk refuses it."""
    try:
        with whole(path) as partial:
            partial.write_bytes(page.encode("utf-8", "replace"))
    except OSError as error:
        raise PocketBertError(
            f"cannot write the report {path}: {disk_refusal(error)} and try again"
        ) from None
    return path


def render(content: ReportContent) -> str:
    """The page as HTML."""
    return (
        page_environment()
        .get_template(TEMPLATE)
        .render(
            content=content,
            titles={condition.name: condition.title for condition in content.conditions},
            axis=figures.metric_axis(content.conditions, content.metric),
            panels=figures.panels(content.curves, content.variants),
            coverage=figures.coverage_panel(content.certainty),
        )
    )


@cache
def page_environment(*packages: str) -> Environment:
    """What pages are written with: this package's templates and style, and those of others that make pages like it."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package, ".") for package in (*packages, PACKAGE)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": wording.count,
        "counted": counted,
        "percent": wording.percent,
        "seconds": wording.seconds,
        "size": wording.size,
        "short": marking.shortened,
        "printable": marking.printable,
    }
    environment.globals |= {
        "figure": wording.figure,
        "gain": wording.gain,
        "between": wording.between,
        "metric_title": wording.METRIC_TITLES.__getitem__,
        "tick_label": figures.tick_label,
        "confused_pairs": figures.confused_pairs,
        "interval": Interval.of,
        "ladders": figures.ladders,
        "severities": figures.SEVERITIES,
        "most_labels_drawn": figures.MOST_LABELS_DRAWN,
        "mark": marking.mark,
        "zip_sides": partial(zip_longest, fillvalue=""),
    }
    return environment
