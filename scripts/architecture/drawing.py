"""Colours and strokes of the figures."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

INK, QUIET, RULE, PAPER = "#17202a", "#556270", "#c9d0d8", "#ffffff"
STREAM, NARROW, ATTENTION, FEED = "#3d4a58", "#8b98a7", "#c8772a", "#0b6e8f"
ANSWERS = "#7a3fa0"
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, sans-serif"


def svg(width: float, height: float, title: str, parts: Iterator[str]) -> str:
    """A figure on a sheet of its own colour, so that it can be read on dark pages too."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" font-family="{FONT}" font-size="13">\n<title>{escape(title)}</title>\n'
        f'<rect width="{width:g}" height="{height:g}" rx="10" fill="{PAPER}"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def text(x: float, y: float, words: str, colour: str = INK, anchor: str = "start", more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}" text-anchor="{anchor}"{more}>{escape(words)}</text>'


def line(
    points: list[tuple[float, float]],
    colour: str = RULE,
    *,
    arrow: bool = False,
    width: float = 1.6,
    dashes: str = "",
) -> str:
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    drawn = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"{dashed}/>'
    if arrow:
        (before, _), (x, y) = points[-2], points[-1]
        back = -6 if x > before else 6 if x < before else 0
        head = f"M{x + back:g} {y - 4:g}L{x:g} {y:g}L{x + back:g} {y + 4:g}z" if back else ""
        head = head or f"M{x - 4:g} {y - 6:g}L{x:g} {y:g}L{x + 4:g} {y - 6:g}z"
        drawn += f'<path d="{head}" fill="{colour}"/>'
    return drawn
