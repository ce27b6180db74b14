"""What was measured of inference, as the page that stands in README.md between its marks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bars import bars, lost, tables

from pocketbert.deployment.benchmark import NOTHING, Benchmark

README = Path(__file__).with_name("README.md")
MATRIX, SHORT = "matrix", "lengths_as_of_sst2"
BEGIN, END = "<!-- tables -->", "<!-- /tables -->"


def page(content: Mapping[str, Any]) -> str:
    """Bars, where other shapes are faster, and all cells, of what `results.json` holds."""
    matrix, short = (
        Benchmark.read(content[part]) if part in content else NOTHING for part in (MATRIX, SHORT)
    )
    last = content["settings"][-1]
    promised = "\n".join(f"- {bar}" for bar in bars(matrix, short, content.get("fold_and_export_seconds")))
    where = (
        f"{last['processor']}, {last['cores']} cores, torch {last['versions']['torch']}, "
        f"onnxruntime {last['versions']['onnxruntime']}"
    )
    return "\n\n".join([f"On {where}:", promised, lost(matrix), tables(matrix)])


def write_readme(content: Mapping[str, Any]) -> None:
    text = README.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{page(content)}\n{END}{after}", encoding="utf-8")
