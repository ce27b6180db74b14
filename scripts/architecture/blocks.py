"""The block of each model, from above to below, side by side, its matrices to scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from architecture.drawing import ATTENTION, FEED, NARROW, PAPER, QUIET, STREAM, line, svg, text
from pocketbert.backbone.family import BERT_LARGE, IB_BERT_LARGE, MOBILEBERT, Counted, count

PIXELS = 160 / 4096
"""On paper, of one unit of width."""
COLUMN, LEFT, TOP, BESIDE = 362, 162, 92, 100
ROWS = {
    "stream": 0, "bottleneck": 40, "read": 106, "attention": 168, "output": 214, "sum": 264, "feed": 290,
    "back": 492, "end": 546, "next": 570,
}  # fmt: skip
NAMES = {
    "stream": "from the block before", "bottleneck": "bottleneck", "read": "query, key, value",
    "attention": "attention", "output": "output", "feed": "feed-forward", "back": "bottleneck",
    "next": "to the next block",
}  # fmt: skip
MIDDLES = {
    "stream": 5, "bottleneck": 20, "read": 17, "attention": 13, "output": 14, "sum": 0, "feed": 88, "back": 17,
    "end": 0, "next": 5,
}  # fmt: skip
"""Of what is drawn in each row, below its beginning."""
FEED_HEIGHT = 180


def top(row: str) -> float:
    return TOP + ROWS[row]


def middle(row: str) -> float:
    return top(row) + MIDDLES[row]


def weights(x: float, y: float, height: float, widths: Sequence[int], colour: str) -> str:
    """Layers of weights one below the other, as wide above as what they read and below as what they write."""
    halves = [max(3, width * PIXELS) / 2 for width in widths]
    step = height / (len(widths) - 1)
    left = [f"{x - half:g},{y + step * number:g}" for number, half in enumerate(halves)]
    right = [f"{x + half:g},{y + step * number:g}" for number, half in enumerate(halves)]
    return f'<polygon points="{" ".join([*left, *reversed(right)])}" fill="{colour}"/>'


def stream(x: float, y: float, width: int) -> str:
    return f'<rect x="{x - width * PIXELS / 2:g}" y="{y:g}" width="{width * PIXELS:g}" height="10" fill="{STREAM}"/>'


def plus(x: float, y: float) -> str:
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="7" fill="{PAPER}" stroke="{QUIET}" stroke-width="1.4"/>'
        f'<path d="M{x - 4:g} {y:g}h8M{x:g} {y - 4:g}v8" stroke="{QUIET}" stroke-width="1.4"/>'
    )


def beside(x: float, row: str, *lines: str, lower: float = 0) -> Iterator[str]:
    """Words on the right of a row."""
    for number, words in enumerate(lines):
        yield text(x + BESIDE, middle(row) + lower + 5 - 9 * (len(lines) - 1) + 18 * number, words, QUIET)


def block(model: Counted, x: float, config: Any) -> Iterator[str]:
    """One block around the vertical `x`."""
    narrows = getattr(config, "use_bottleneck", False)
    yield text(x, 36, model.name, anchor="middle", more=' font-size="18" font-weight="650"')
    yield text(x, 57, f"{model.layers} blocks, {model.parameters / 1e6:.1f} M parameters", QUIET, "middle")
    yield stream(x, top("stream"), model.hidden)
    yield from beside(x, "stream", f"{model.hidden:,} wide")
    yield from attention(
        model, x, narrows=narrows, shared=getattr(config, "key_query_shared_bottleneck", False)
    )
    yield from feed_forward(model, x)
    yield line([(x, top("back") - 20), (x, top("next"))])
    if narrows:
        around = x - 96
        yield line(
            [
                (x, top("stream") + 22),
                (around, top("stream") + 22),
                (around, middle("end")),
                (x - 7, middle("end")),
            ],
            arrow=True,
        )
        yield weights(x, top("back"), 34, (model.inner, model.hidden), NARROW)
        yield from beside(x, "back", f"{model.inner:,} → {model.hidden:,}")
        yield plus(x, middle("end"))
        yield from beside(x, "end", model.norm)
    yield stream(x, top("next"), model.hidden)
    yield from beside(x, "next", f"{model.hidden:,} wide")


def attention(model: Counted, x: float, *, narrows: bool, shared: bool) -> Iterator[str]:
    """From the stream to the sum after attention."""
    hidden, inner = model.hidden, model.inner
    fork, residual = top("stream") + 22, x + 76
    heads = (
        (x - 46, x - 4, x + 32) if shared else (x - 60, x - 12, x + 36) if narrows else (x - 48, x, x + 48)
    )
    source = (heads[0] + heads[1]) / 2
    yield line([(x, top("stream") + 10), (x, fork)])
    if narrows:
        yield line(
            [(x, fork), (residual, fork), (residual, middle("sum")), (x + 7, middle("sum"))], arrow=True
        )
        yield weights(residual, top("bottleneck"), 40, (hidden, inner), NARROW)
        yield from beside(x, "bottleneck", f"{hidden:,} → {inner:,}", model.norm)
    else:
        around = x - 88
        yield line([(x, fork), (around, fork), (around, middle("sum")), (x - 7, middle("sum"))], arrow=True)
    if shared:
        yield line([(x, fork), (source, fork), (source, top("read") - 12)])
        yield weights(source, top("bottleneck"), 40, (hidden, inner), NARROW)
    for name, head in zip("QKV", heads, strict=True):
        narrowed = shared and name != "V"
        start = (source, top("read") - 12) if narrowed else (x, fork)
        width = inner if narrowed else hidden
        under = top("attention") - 9
        yield line([start, (head, start[1]), (head, under), (x, under), (x, top("attention"))])
        yield weights(head, top("read"), 34, (width, inner), ATTENTION)
        yield text(head + 4, top("read") - 3, name, ATTENTION, more=' font-size="11" font-weight="650"')
    if shared:
        yield from beside(x, "read", f"Q, K  {inner:,} → {inner:,}", f"V  {hidden:,} → {inner:,}")
    else:
        yield from beside(x, "read", f"{hidden:,} → {inner:,}")
    yield line([(x, top("attention") + 26), (x, middle("sum"))])
    yield (
        f'<rect x="{x - 56:g}" y="{top("attention"):g}" width="112" height="26" rx="6" fill="{PAPER}" '
        f'stroke="{ATTENTION}" stroke-width="1.8"/>'
    )
    yield text(
        x, middle("attention") + 5, f"{model.heads} heads × {inner // model.heads}", ATTENTION, "middle"
    )
    yield weights(x, top("output"), 28, (inner, inner), ATTENTION)
    yield from beside(x, "output", f"{inner:,} → {inner:,}")
    yield plus(x, middle("sum"))
    yield from beside(x, "sum", model.norm)


def feed_forward(model: Counted, x: float) -> Iterator[str]:
    """The feed-forward networks, one below the other, each with its sum."""
    inner, inside, networks = model.inner, model.feed_forward, model.feed_forward_networks
    each = FEED_HEIGHT / networks
    height = min(each - 20, 92)
    around = x - max(inside * PIXELS / 2 + 7, 24)
    yield line([(x, middle("sum") + 7), (x, top("back"))])
    for number in range(networks):
        y = top("feed") + number * each
        yield weights(x, y, height, (inner, inside, inner), FEED)
        yield line(
            [(x, y - 4), (around, y - 4), (around, y + height + 10), (x - 7, y + height + 10)], arrow=True
        )
        yield plus(x, y + height + 10)
    times = f"{networks} × " if networks > 1 else ""
    shape = f"{times}{inner:,} → {inside:,} → {inner:,}"
    lower = top("feed") + (FEED_HEIGHT - each + height) / 2 - middle("feed")
    yield from beside(x, "feed", shape, f"{model.activation}, {model.norm}", lower=lower)


def blocks() -> str:
    """BERT, IB-BERT and MobileBERT, block beside block, and what goes from one to the next."""
    members = (BERT_LARGE, IB_BERT_LARGE, MOBILEBERT)
    places = [LEFT + 110 + COLUMN * number for number in range(len(members))]
    _, teacher, student = places

    def parts() -> Iterator[str]:
        for row, name in NAMES.items():
            yield text(18, middle(row) + 5, name)
        for member, x in zip(members, places, strict=True):
            yield from block(count(member), x, member.config())
        for row, start, end, words, colour in (
            ("attention", teacher + 56, student - 56, "attention transfer", ATTENTION),
            ("next", teacher + BESIDE + 64, student - 20, "feature-map transfer", FEED),
        ):
            yield line(
                [(start, middle(row)), (end - 2, middle(row))], colour, arrow=True, width=2, dashes="5 4"
            )
            yield text((start + end) / 2, middle(row) - 7, words, colour, "middle", ' font-weight="600"')

    return svg(student + 258, top("next") + 40, "The block of BERT, IB-BERT and MobileBERT", parts())
