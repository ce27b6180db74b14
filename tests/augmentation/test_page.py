"""docs/augmentation.md is what the operators, their cases and the presets say."""

import sys
from pathlib import Path

from pocketbert.augmentation import OPERATORS

ROOT = Path(__file__).parents[2]


def test_the_page_of_operators_is_what_the_code_says() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    import make_augmentation

    page = make_augmentation.PAGE.read_text(encoding="utf-8")
    assert page == make_augmentation.page(), "run python scripts/make_augmentation.py"
    assert all(f"\n## {name}\n" in page for name in OPERATORS)
    assert "| The cat sat on the mat. | The cat **is** sat on the mat. (as noise) |" in page
