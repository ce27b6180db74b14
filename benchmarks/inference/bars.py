"""What the project promises of the 24-layer shape's speed and size, and tables of all that was measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from models import ANY, EAGER, INT8, OTHERS, STOCK
from models import FP32 as EXACT

from pocketbert.deployment.benchmark import Benchmark, Cell
from pocketbert.wording import counted


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
        verdict = {None: "open", True: "met", False: "**missed**"}[self.met]
        bound = f"at least {self.at_least:g}" if self.at_least is not None else f"at most {self.at_most:g}"
        aim = "" if self.aim is None else f", aim {self.aim:g}"
        return f"{verdict}: {self.name}: {'not measured' if self.found is None else f'{self.found:.2f}'} ({bound}{aim})"

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def bars(found: Benchmark, sst2: Benchmark, seconds: float | None) -> list[Bar]:
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


def tables(found: Benchmark) -> str:
    """Markdown: a table for each number of texts and threads, a row for each contestant, a column for each length."""
    lengths = sorted({cell.tokens for cell in found.cells})
    sizes = {one.name: one for one in found.footprints}
    places = dict.fromkeys((cell.rows, cell.threads) for cell in found.cells)
    parts = []
    for rows, threads in sorted(places):
        names = dict.fromkeys(
            cell.name for cell in found.cells if (cell.rows, cell.threads) == (rows, threads)
        )
        lines = [
            f"{counted(rows, 'text')}, {counted(threads, 'thread')}, milliseconds, median (95th percentile):",
            "",
            f"| | {' | '.join(f'{length} tokens' for length in lengths)} | file | memory |",
            "|---|" + "--:|" * (len(lengths) + 2),
        ]
        for name in names:
            cells = {cell.tokens: cell for cell in found.cells if of(cell) == (name, rows, threads)}
            times = [
                f"{cells[length].median:,.1f} ({cells[length].p95:,.1f})" if length in cells else ""
                for length in lengths
            ]
            size = sizes.get(name)
            times += [f"{size.file / 1e6:.1f} MB", f"{size.memory / 1e6:.0f} MB"] if size else ["", ""]
            lines.append(f"| {name} | {' | '.join(times)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def of(cell: Cell) -> tuple[str, int, int]:
    """All that tells a cell from others but its length."""
    return cell.name, cell.rows, cell.threads


def lost(found: Benchmark) -> str:
    """In how many cells each of the other shapes, in fp32, answers sooner than ours in fp32 and in int8."""
    cells = {(cell.name, cell.tokens, cell.rows, cell.threads): cell.median for cell in found.cells}
    told = []
    for other in OTHERS:
        places = [place for name, *place in cells if name == other]
        for own in (EXACT, INT8):
            pairs = [(cells[other, *place], cells[own, *place]) for place in places if (own, *place) in cells]
            sooner = sum(theirs < ours for theirs, ours in pairs)
            if pairs:
                told.append(
                    f"- {other} in fp32 is faster than {own} in {sooner} of {counted(len(pairs), 'cell')}, and takes "
                    f"{median(theirs / ours for theirs, ours in pairs):.2f} of its time in the median"
                )
    return "\n".join(told)
