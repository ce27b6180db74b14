"""The comparison as tables in Markdown, for a paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pocketbert.comparing.content import Input, Row
from pocketbert.comparing.wording import p_value, seeds_in_words
from pocketbert.evaluation.report.content import Interval
from pocketbert.evaluation.report.wording import METRIC_TITLES, SHARES, count, percent, signed_minus
from pocketbert.wording import counted, markdown

if TYPE_CHECKING:
    from pocketbert.comparing.content import ComparisonContent

MEBIBYTE = 2**20


def paper(content: ComparisonContent) -> str:
    """Three tables with their captions: figures, differences, costs."""
    parts = [
        f"# {markdown(content.title)}",
        markdown(" ".join([content.answer, *content.besides])),
        "\n".join(
            f"- **{markdown(answer.asked)}** {markdown(answer.sentence)}" for answer in content.answers
        ),
        _figures(content),
        _differences(content),
        _costs(content),
        _method(content),
    ]
    return "\n\n".join(parts) + "\n"


def _figures(content: ComparisonContent) -> str:
    unit = ", in percent" if content.metric in SHARES else ""
    over = "rows and seeds" if len(content.seeds) > 1 else "rows"
    caption = (
        f"Table 1. {_first_upper(METRIC_TITLES[content.metric])}{unit}, on "
        f"{counted(content.rows, f'{content.split} row')}: mean over {seeds_in_words(content)} with its "
        f"{percent(content.confidence)} interval over {over}."
    )
    header = ["", *(row.title for row in content.variants)]
    lines = [
        [input_title(on), *(value(content.metric, row.figures[on.name]) for row in content.variants)]
        for on in content.inputs
    ]
    return f"{caption}\n\n{table(header, lines)}"


def _differences(content: ComparisonContent) -> str:
    caption = (
        "Table 2. Paired differences. p is the bootstrap's, p (Holm) the same corrected over its family, which alone "
        "decides the verdict; McNemar's exact test, of these seeds, is corrected likewise."
    )
    header = [
        "family",
        "variant",
        "against",
        "on",
        "difference",
        "p",
        "p (Holm)",
        "McNemar (Holm)",
        "verdict",
    ]
    lines = [
        [
            one.family,
            content.row(one.variant).title,
            content.row(one.baseline).title,
            input_title(content.input(one.input)),
            value(content.metric, Interval(one.value, one.low, one.high), signed=True),
            p_value(one.p),
            p_value(one.p_holm),
            p_value(one.mcnemar.p_holm) if one.mcnemar else "",
            one.verdict,
        ]
        for one in content.gains
    ]
    return f"{caption}\n\n{table(header, lines)}"


def _costs(content: ComparisonContent) -> str:
    seeds, threads = seeds_in_words(content), content.environment["threads"]
    caption = (
        f"Table 3. Cost of one run, mean over {seeds}: {counted(threads, 'thread')} shared by "
        f"{counted(content.environment['runs_side_by_side'], 'run')} side by side on "
        f"{content.environment['processor']}; memory is the peak above what importing the libraries takes."
    )
    header = [
        "",
        "seconds",
        "examples/s",
        "memory, MiB",
        "trained parameters",
        "of",
        "on disk for a task, MB",
    ]
    lines = [cost_cells(row) for row in content.variants if row.cost]
    return f"{caption}\n\n{table(header, lines)}"


def cost_cells(row: Row) -> list[str]:
    """A row of the table of costs; what was not measured is left empty."""
    cost = row.cost
    assert cost is not None
    return [
        row.title,
        f"{mean(cost.seconds):.1f}",
        f"{mean(cost.examples_per_second):,.0f}" if cost.examples_per_second else "",
        f"{mean(cost.peak_memory_bytes) / MEBIBYTE:,.0f}" if cost.peak_memory_bytes else "",
        count(cost.trainable),
        count(cost.parameters),
        f"{cost.shipped_bytes / 1e6:.2f}",
    ]


def _method(content: ComparisonContent) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in content.environment["versions"].items())
    lines = [
        f"Intervals and p-values: paired bootstrap over rows, {count(content.bootstrap_samples)} resamples, widened by "
        "Student's t over seeds (seeds are paired). McNemar's test is exact and of these seeds alone; of several "
        "seeds it is the permutation test of the rows' sums. Holm's correction within each family.",
        f"Made with {versions}, Python {content.environment['python']}.",
        *content.notes,
    ]
    return "\n".join(f"- {markdown(line)}" for line in lines)


def table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column holds words."""
    marks = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(map(markdown, line))} |" for line in (header, marks, *lines))


def value(metric: str, measured: Interval, *, signed: bool = False) -> str:
    """`91.3 [89.0, 93.3]`, in percent or points, or for a correlation `0.653 [0.6, 0.7]`."""
    scale, digits = (100, 1) if metric in SHARES else (1, 3)
    sign = "+" if signed else ""
    number, low, high = (
        f"{scale * one:{sign}z.{digits}f}" for one in (measured.value, measured.low, measured.high)
    )
    return signed_minus(f"{number} [{low}, {high}]")


def input_title(on: Input) -> str:
    """An input's title, which says where no training saw its kind."""
    return f"{on.title} (unseen)" if on.kind == "unseen" else on.title


def mean(values: Sequence[float]) -> float:
    """The mean over seeds."""
    return sum(values) / len(values)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
