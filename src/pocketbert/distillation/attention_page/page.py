"""Write a drawing as one page that needs nothing else: no script, nothing fetched, every text escaped."""

from __future__ import annotations

import math
import re
from pathlib import Path

from pocketbert.distillation.attention_page.drawing import Drawing, Head
from pocketbert.errors import ArgumentError, PocketBertError, disk_refusal
from pocketbert.writing import whole

TEMPLATE = "attention.html.jinja"
CELL = 10
"""Side of a cell, in the units of its square."""
STEPS = 12
"""Shades of a cell in a small square."""
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def check_page(path: Path) -> None:
    """Raise ArgumentError for a file that is not to be written over."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise ArgumentError(f"--out {path} is no page; give a name that ends in .html")
    if path.is_dir():
        raise ArgumentError(f"--out {path} is a folder; give the name of a page in it")


def write_page(drawing: Drawing, path: Path) -> None:
    """Write the page.  Raises PocketBertError when the disk refuses it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as partial:
            partial.write_text(render(drawing), encoding="utf-8")
    except OSError as error:
        raise PocketBertError(f"cannot write {path}: {disk_refusal(error)} and try again") from None


def render(drawing: Drawing) -> str:
    """The page as HTML."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pocketbert.distillation.attention_page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"printable": printable, "shade": shade, "shades": shades}
    return environment.get_template(TEMPLATE).render(drawing=drawing, cell=CELL)


def printable(text: str) -> str:
    """The text with U+FFFD for every character that no page may hold."""
    return UNPRINTABLE.sub("\ufffd", text)


def shade(share: float) -> float:
    """How strong a cell's colour is, from 0 to 1; by the root, so that small shares can be seen too."""
    return math.sqrt(share)


def shades(head: Head) -> list[tuple[float, str]]:
    """The cells of a square as one path for each shade, from weak to strong; the weakest are left blank."""
    paths: dict[int, list[str]] = {}
    for row, shares in enumerate(head.shares):
        for column, share in enumerate(shares):
            if step := round(STEPS * shade(share)):
                paths.setdefault(step, []).append(f"M{column * CELL} {row * CELL}h{CELL}v{CELL}h-{CELL}z")
    return [(round(step / STEPS, 2), "".join(paths[step])) for step in sorted(paths)]
