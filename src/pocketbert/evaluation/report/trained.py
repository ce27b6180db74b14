"""What a report says of training: its curves and its cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pocketbert.evaluation.report.content import Cost, Curves, Line
from pocketbert.evaluation.report.wording import METRIC_TITLES

POINTS_A_LINE = 240


def curves_of(
    histories: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]], metric: str
) -> tuple[Curves, ...]:
    """Training loss and validation metric over epochs, from the lines of `history.jsonl` by variant and seed.

    Stages follow each other on the horizontal axis.
    """
    losses, scores = [], []
    for (variant, seed), history in histories.items():
        loss, score = [], []
        for epoch, line in _over_stages(history):
            if "loss" in line:
                loss.append((epoch, float(line["loss"])))
            if metric in line.get("validation", {}):
                score.append((epoch, float(line["validation"][metric])))
        losses.append(Line(variant, seed, _thinned(loss)))
        scores.append(Line(variant, seed, _thinned(score)))
    curves = (
        Curves("Training loss", tuple(line for line in losses if len(line.points) > 1)),
        Curves(f"Validation {METRIC_TITLES[metric]}", tuple(line for line in scores if line.points), metric),
    )
    return tuple(one for one in curves if one.lines)


def costs_of(stages: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]]) -> tuple[Cost, ...]:
    """What each stage cost: the `stages` of `metrics.json`, by variant and seed, averaged over the seeds."""
    costs = []
    for variant, runs in stages.items():
        for stage in zip(*runs, strict=True):
            mean = {
                key: float(np.mean([one[key] for one in stage]))
                for key in ("seconds", "examples_per_second", "tokens_per_second", "peak_memory_bytes")
            }
            counts = stage[0]["parameters"]
            costs.append(
                Cost(
                    variant,
                    str(stage[0]["name"]),
                    str(stage[0]["method"]),
                    parameters=int(counts["total"]),
                    trainable=int(counts["trainable"]),
                    **mean,
                )
            )
    return tuple(costs)


def _over_stages(history: Sequence[Mapping[str, Any]]) -> list[tuple[float, Mapping[str, Any]]]:
    """Lines with their epoch counted from the start of the first stage."""
    lengths: dict[Any, float] = {}
    for line in history:
        lengths[line.get("stage", 0)] = max(lengths.get(line.get("stage", 0), 0.0), float(line["epoch"]))
    starts = dict(zip(lengths, np.cumsum([0.0, *lengths.values()]).tolist(), strict=False))
    return [(starts[line.get("stage", 0)] + float(line["epoch"]), line) for line in history]


def _thinned(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    if len(points) <= POINTS_A_LINE:
        return tuple(points)
    kept = np.unique(np.linspace(0, len(points) - 1, POINTS_A_LINE).round().astype(int))
    return tuple(points[at] for at in kept)
