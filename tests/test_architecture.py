"""docs/architecture.md and its figures are what the code's configs and settings say."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import make_architecture  # noqa: E402


@pytest.fixture(scope="module")
def figures() -> dict[str, str]:
    return make_architecture.figures()


def test_the_figures_are_made_from_the_code(figures: dict[str, str]) -> None:
    committed = {
        path.name: path.read_text(encoding="utf-8") for path in make_architecture.FIGURES.glob("*.svg")
    }
    assert committed == figures


def test_the_table_is_made_from_the_code() -> None:
    page = make_architecture.PAGE.read_text(encoding="utf-8")
    assert make_architecture.page(page) == page
    assert "| MobileBERT | 24 | 512, 128 | 4 | NoNorm, ReLU | 24,581,888 | 25.3 M | 2.69 G |" in page


def test_the_page_shows_every_figure(figures: dict[str, str]) -> None:
    page = make_architecture.PAGE.read_text(encoding="utf-8")
    assert all(f"](figures/{name})" in page for name in figures)


def test_the_block_figure_tells_each_models_widths(figures: dict[str, str]) -> None:
    words = [element.text for element in ElementTree.fromstring(figures["blocks.svg"]).iter() if element.text]
    for label in (
        "512 → 1,024",
        "1,024 → 4,096 → 1,024",
        "4 × 128 → 512 → 128",
        "4 heads × 32",
        "V  512 → 128",
    ):
        assert label in words
    assert {"attention transfer", "feature-map transfer"} <= set(words)


def test_the_schedules_are_the_packages_own(figures: dict[str, str]) -> None:
    words = [
        element.text for element in ElementTree.fromstring(figures["schedules.svg"]).iter() if element.text
    ]
    assert [word for word in words if word.isdecimal()] == ["1", "2", "3", "4", "5", "6"]
    assert words.count("all layers") == 2
