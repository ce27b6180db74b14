"""Write the figures and the table of docs/architecture.md from the code's own configs and settings.

python scripts/make_architecture.py
"""

from pathlib import Path

from architecture.blocks import blocks
from architecture.transfer import schedules, transfer
from pocketbert.backbone.family import count_family

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"
FIGURES = PAGE.parent / "figures"
BEGIN, END = "<!-- family -->\n", "<!-- /family -->"


def table() -> str:
    """The family as `pocketbert models` counts it."""
    headings = (
        "model", "blocks", "width between, within", "heads", "norm, activation", "parameters", "published",
        "multiply-adds",
    )  # fmt: skip
    lines = [row(*headings), "|---|--:|--:|--:|---|--:|--:|--:|"]
    for model in count_family():
        published = f"{model.published_millions:g} M" if model.published_millions else ""
        widths = f"{model.hidden:,}, {model.inner:,}"
        shape = (model.name, model.layers, widths, model.heads, f"{model.norm}, {model.activation}")
        lines.append(row(*shape, f"{model.parameters:,}", published, f"{model.multiply_adds / 1e9:.2f} G"))
    return "\n".join(lines) + "\n"


def row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def page(content: str) -> str:
    """The page with its table made anew."""
    before, _, rest = content.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


def figures() -> dict[str, str]:
    """The figures by file name."""
    return {"blocks.svg": blocks(), "transfer.svg": transfer(), "schedules.svg": schedules()}


if __name__ == "__main__":
    FIGURES.mkdir(exist_ok=True)
    for name, content in figures().items():
        (FIGURES / name).write_text(content, encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
