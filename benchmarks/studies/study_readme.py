"""Puts the tables of all that is known into README.md, each part between its marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from adapter_quality import known_cells, quality_table
from deep_shape import deep_table
from lora_remedies import remedy_table
from policy_choice import policy_table
from study_answers import gains_tables, lora_table, read, share_table, whole_tables

README = Path(__file__).with_name("README.md")
PARTS: dict[str, Callable[[], str]] = {
    "policy": lambda: policy_table(read("policy")),
    "gains": gains_tables,
    "whole": whole_tables,
    "shares": share_table,
    "lora": lora_table,
    "remedies": lambda: remedy_table(read("remedies")),
    "quality": lambda: quality_table(known_cells()),
    "deep": lambda: deep_table(read("deep").get("sst2")),
}


def write_readme() -> None:
    text = README.read_text(encoding="utf-8")
    for part, table in PARTS.items():
        begin, end = f"<!-- {part} -->", f"<!-- /{part} -->"
        before, after = text.split(begin)[0], text.split(end)[1]
        text = f"{before}{begin}\n{table()}\n{end}{after}"
    README.write_text(text, encoding="utf-8")
