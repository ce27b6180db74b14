"""Answers of the scripts that ask one question each, in a JSON file beside them with when and where it was measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from measured_on import git, measured_on

FOLDER = Path(__file__).parent
PACKAGES = ("textblob", "lemminflect", "numpy")


def record(question: str, answer: dict[str, Any]) -> None:
    """Write the answer to `QUESTION.json`."""
    path = FOLDER / f"{question}.json"
    results = {"schema": 1, "setting": measured_on(FOLDER, PACKAGES), **answer}
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path}")


def commit() -> str:
    """The commit that is checked out."""
    return git("rev-parse", "HEAD")
