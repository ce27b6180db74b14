"""How a comparison's rows and figures are worded, wherever they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pocketbert.comparing.grid import AUGMENTED, CLEAN
from pocketbert.evaluation.report.content import Interval
from pocketbert.evaluation.report.wording import between, gain
from pocketbert.wording import counted

if TYPE_CHECKING:
    from pocketbert.comparing.content import ComparisonContent, Gain, Row

METHOD_PROSE = {"full": "full tuning", "lora": "LoRA", "norms": "norm tuning"}


def prose(row: Row) -> str:
    """A variant within a sentence: `augmented LoRA`, `clean full tuning`."""
    if row.role != "grid":
        return row.title
    return f"{AUGMENTED if row.augmented else CLEAN} {METHOD_PROSE[row.method]}"


def figures_of(content: ComparisonContent, one: Gain) -> str:
    """`+1.2 points, +0.3 to +2.1`"""
    ends = between(content.metric, Interval(one.value, one.low, one.high), signed=True)
    return f"{gain(content.metric, one.value)}, {ends}"


def p_value(p: float) -> str:
    """Two digits; what is smaller than one in a thousand is only said to be."""
    return "< 0.001" if p < 0.001 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def seeds_in_words(content: ComparisonContent) -> str:
    return counted(len(content.seeds), "seed")
