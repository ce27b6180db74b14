"""What the student learns from its teacher, and when."""

from __future__ import annotations

from collections.abc import Iterator

from architecture.drawing import ANSWERS, ATTENTION, FEED, PAPER, QUIET, RULE, STREAM, line, svg, text
from pocketbert.backbone.family import MOBILEBERT
from pocketbert.distillation.schedule import plan_stages
from pocketbert.distillation.settings import ScheduleSettings

TERMS = {"attention": ("attention transfer", ATTENTION), "feature_maps": ("feature-map transfer", FEED)}


def transfer() -> str:
    """Teacher and student over the same text, and what goes from one to the other."""
    teacher, student, wide, width = 190, 640, 230, 150
    settings = ScheduleSettings()
    layers = MOBILEBERT.config().num_hidden_layers
    rows = ["embeddings", "block 1", "block 2", "…", f"block {layers}", "masked-LM head"]
    heights = {"embeddings": 40, "…": 22, "masked-LM head": 40}

    def parts() -> Iterator[str]:
        for x, name, note in (
            (teacher, "IB-BERT", "teacher, frozen"), (student, "MobileBERT", "student")
        ):  # fmt: skip
            yield text(x, 34, name, anchor="middle", more=' font-size="18" font-weight="650"')
            yield text(x, 54, note, QUIET, "middle")
        y = 96.0
        yield text((teacher + student) / 2, 84, "the same text, with the same tokens masked", anchor="middle")
        for x in (teacher, student):
            yield line(
                [((teacher + student) / 2 + (-156 if x == teacher else 156), 80), (x, 80), (x, y)], arrow=True
            )
        for row in rows:
            height = heights.get(row, 66)
            for x, size in ((teacher, wide), (student, width)):
                if row == "…":
                    yield line([(x, y), (x, y + height)])
                    yield text(x + 14, y + 15, "…", QUIET)
                elif row.startswith("block"):
                    yield sheet(x, y, size, height)
                    yield text(x - size / 2 + 10, y + 15, row, QUIET, more=' font-size="11"')
                    for name, down, colour in (("attention", 21, ATTENTION), ("feed-forward", 42, FEED)):
                        yield pill(x, y + down, size - 20, name, colour)
                else:
                    yield sheet(x, y, size, height)
                    yield text(x, y + 25, row, anchor="middle")
                if row != rows[-1] and row != "…":
                    yield line([(x, y + height), (x, y + height + 14)])
            start, end = teacher + wide / 2 + 4, student - width / 2 - 6
            if row == "embeddings":
                yield from given(start, end, y + 20, "the student starts from them", STREAM)
            elif row == "masked-LM head":
                share = f"{1 - settings.true_share:.0%} of the target"
                yield from given(start, end, y + 20, f"soft targets, {share}", ANSWERS)
            elif row != "…":
                for (name, (words, colour)), down in zip(TERMS.items(), (30, 54), strict=True):
                    weight = f"{words}, × {getattr(settings, name):g}"
                    yield from given(start, end, y + down, weight if row == "block 1" else "", colour)
            y += height + (14 if row != "…" else 0)
        note = (
            "× is the weight in the loss, spread over the blocks; "
            "soft targets are the teacher's own guesses at the masked tokens."
        )
        yield text(24, y + 22, note, QUIET, more=' font-size="12"')

    height = 96 + sum(heights.get(row, 66) + (0 if row == "…" else 14) for row in rows) + 36
    return svg(760, height, "What MobileBERT learns from IB-BERT", parts())


def sheet(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x - width / 2:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="#f3f5f7" '
        f'stroke="{RULE}"/>'
    )


def pill(x: float, y: float, width: float, words: str, colour: str) -> str:
    box = f'<rect x="{x - width / 2:g}" y="{y:g}" width="{width:g}" height="18" rx="4" fill="{colour}"/>'
    return box + text(x, y + 13, words, PAPER, "middle", ' font-size="11"')


def given(start: float, end: float, y: float, words: str, colour: str) -> Iterator[str]:
    """An arrow from the teacher to the student."""
    yield line([(start, y), (end, y)], colour, arrow=True, width=2, dashes="5 4")
    if words:
        yield text((start + end) / 2, y - 6, words, colour, "middle", ' font-weight="600" font-size="12"')


def schedules(layers: int = 6) -> str:
    """When a student of six layers learns what, by the package's own plans."""
    left, width, height = 130, 600, 34
    taught = 1 - ScheduleSettings().true_share

    def parts() -> Iterator[str]:
        for number, kind in enumerate(("auxiliary", "joint", "progressive")):
            y = 26 + number * (height + 18)
            plans = plan_stages(ScheduleSettings(kind=kind), layers)
            whole, x = sum(plan.share for plan in plans), float(left)
            yield text(20, y + 22, kind, more=' font-weight="600"')
            for plan in plans:
                size = width * plan.share / whole
                transfers, pretrains = bool(plan.layers), "masked_lm" in plan.terms
                halves = 2 if transfers and pretrains else 1
                for half, colour in enumerate([FEED] * transfers + [ANSWERS] * pretrains):
                    top, tall = y + half * height / halves, height / halves
                    yield f'<rect x="{x + 1:g}" y="{top:g}" width="{size - 2:.2f}" height="{tall:g}" fill="{colour}"/>'
                    single = f"{plan.layers[0]}" if len(plan.layers) == 1 else "all layers"
                    words = single if colour == FEED else f"masked LM, {taught:.0%} by the teacher's guesses"
                    size_of_words = 11 if halves == 2 else 12
                    yield text(
                        x + size / 2,
                        top + tall / 2 + 4,
                        words,
                        PAPER,
                        "middle",
                        f' font-size="{size_of_words}"',
                    )
                x += size
        y = 26 + 3 * (height + 18) + 8
        for x, words, colour in (
            (left, "transfer of attention and feature maps", FEED),
            (left + 290, "pre-training distillation", ANSWERS),
        ):
            yield f'<rect x="{x:g}" y="{y - 11:g}" width="12" height="12" fill="{colour}"/>'
            yield text(x + 18, y, words, QUIET)
        yield text(left + width, y, "updates →", QUIET, "end")

    return svg(760, 26 + 3 * (height + 18) + 26, "Three schedules", parts())
