"""What the project promises of the 24-layer shape's speed and size, and a table of all that was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from models import ANY, EAGER, INT8, STOCK
from models import FP32 as EXACT

from pocketbert.deployment.benchmark import Benchmark, Cell


@dataclass(frozen=True)
class Bar:
    """One promise, and what was found; None where nothing was measured that tells."""

    name: str
    found: float | None
    at_least: float | None = None
    at_most: float | None = None
    aim: float | None = None

    @property
    def met(self) -> bool | None:
        if self.found is None:
            return None
        return (self.at_least is None or self.found >= self.at_least) and (
            self.at_most is None or self.found <= self.at_most
        )

    def __str__(self) -> str:
        verdict = {None: "OPEN  ", True: "met   ", False: "MISSED"}[self.met]
        bound = f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"
        aim = "" if self.aim is None else f", aim {self.aim:g}"
        return f"{verdict} {self.name}: {'not measured' if self.found is None else f'{self.found:.2f}'} ({bound}{aim})"

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def bars(found: Benchmark, sst2: Benchmark, seconds: float) -> list[Bar]:
    """Of one text at a time on one thread, where nothing else is said.

    `sst2`: the same text by text, for lengths as SST-2's are.  `seconds`: of folding and exporting.
    """
    cells = {(cell.name, cell.tokens, cell.threads, cell.rows): cell.median for cell in found.cells}
    sizes = {one.name: one.file / 1e6 for one in found.footprints}

    def times_faster(tokens: int) -> float | None:
        eager, int8 = (cells.get((name, tokens, 1, 1)) for name in (EAGER, INT8))
        return eager / int8 if eager and int8 else None

    same = [
        value / cells[ANY, *place]
        for (name, *place), value in cells.items()
        if name == EXACT and (ANY, *place) in cells
    ]
    whole = {name: sum(cell.median for cell in sst2.cells if cell.name == name) for name in (STOCK, INT8)}
    return [
        Bar("folded int8 against PyTorch, 128 tokens", times_faster(128), at_least=1.9, aim=2.4),
        Bar("folded int8 against PyTorch, 32 tokens", times_faster(32), at_least=2.9, aim=3.6),
        Bar(
            "folded int8 against the stock export at 128 tokens, texts as long as SST-2's",
            whole[STOCK] / whole[INT8] if whole[INT8] else None,
            at_least=4,
        ),
        Bar(
            "folded fp32 beside the stock export of any length, median of all cells",
            median(same) if same else None,
            at_most=1.03,
        ),
        Bar("folded int8, MB of its file", sizes.get(INT8), at_most=27),
        Bar("folding and exporting to fp32 and int8, seconds", seconds, at_most=60),
    ]


def table(found: Benchmark) -> str:
    """Markdown: a row for each contestant and number of threads and rows, a column for each length."""
    lengths = sorted({cell.tokens for cell in found.cells})
    sizes = {one.name: one for one in found.footprints}
    groups: dict[tuple[int, int, str], dict[int, Cell]] = {}
    for cell in found.cells:
        groups.setdefault((cell.rows, cell.threads, cell.name), {})[cell.tokens] = cell
    lines = [
        f"| texts | threads | model | {' | '.join(f'{length} tokens' for length in lengths)} | file | memory |",
        "|--:|--:|---|" + "--:|" * (len(lengths) + 2),
    ]
    for (rows, threads, name), cells in groups.items():
        times = " | ".join(
            f"{cells[length].median:.1f} ({cells[length].p95:.1f})" if length in cells else ""
            for length in lengths
        )
        size = (
            f"{sizes[name].file / 1e6:.1f} MB | {sizes[name].memory / 1e6:.0f} MB" if name in sizes else " | "
        )
        lines.append(f"| {rows} | {threads} | {name} | {times} | {size} |")
    return "\n".join(lines)
