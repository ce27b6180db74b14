"""The comparison as one page that needs nothing else: no script, nothing fetched, every text escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.comparing import charts
from pocketbert.comparing.paper import input_title, mean
from pocketbert.comparing.wording import p_value, prose
from pocketbert.evaluation.report.page import page_environment, write_page

if TYPE_CHECKING:
    from pocketbert.comparing.content import ComparisonContent

PACKAGE = "pocketbert.comparing"
TEMPLATE = "compare.html.jinja"


def write_comparison(path: Path, content: ComparisonContent) -> Path:
    """Write the page and return where it lies.  Raises PocketBertError when the disk refuses it."""
    return write_page(path, render(content))


def render(content: ComparisonContent) -> str:
    """The page as HTML."""
    rows = charts.gain_rows(content)
    changed = content.changed
    shown = [*changed.shown_won, *changed.shown_lost] if changed else []
    return (
        page_environment(PACKAGE)
        .get_template(TEMPLATE)
        .render(
            content=content,
            gain_rows=rows,
            gain_axis=charts.gain_axis(rows) if rows else None,
            gain_tick=charts.gain_tick,
            pair=charts.featured_pair(content),
            severity_panels=charts.severity_panels(content),
            cost_panels=charts.cost_panels(content),
            shown_changes=bool(shown),
            perturbed_shown=any(row.text != row.clean for row in shown),
            regression=any(row.right_after is None for row in shown),
            input_title=input_title,
            mean=mean,
            p_value=p_value,
            prose=prose,
        )
    )
