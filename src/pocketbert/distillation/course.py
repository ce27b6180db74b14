"""What a planned stage comes to: how many updates, which objective, which learning rates."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING

from pocketbert.distillation import losses
from pocketbert.distillation.objectives import (
    LayerTransfer,
    MaskedLM,
    NextSentence,
    Term,
    WeightedTerms,
)
from pocketbert.distillation.reading import Teacher, read_learner, read_masked, read_original
from pocketbert.distillation.schedule import StagePlan
from pocketbert.distillation.settings import DistillationRecipe
from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    import torch

    from pocketbert.distillation.mapping import Mapping

STATE_LOSSES = {
    "feature_maps": losses.feature_map_transfer,
    "means": losses.mean_transfer,
    "variances": losses.variance_transfer,
}


def split_steps(steps: int, plans: tuple[StagePlan, ...]) -> list[tuple[int, int]]:
    """Each stage's first update and how many it has.  Raises ArgumentError when one has none."""
    shares = [plan.share for plan in plans]
    bounds = [round(steps * sum(shares[:stage]) / sum(shares)) for stage in range(len(plans) + 1)]
    for plan, (first, end) in zip(plans, pairwise(bounds), strict=True):
        if first == end:
            least = -(-sum(shares) // min(shares))
            raise ArgumentError(
                f"training.steps = {steps} leaves no update for the {plan.name}; give at least {least:.0f}"
            )
    return [(first, end - first) for first, end in pairwise(bounds)]


def objective_of(
    plan: StagePlan, recipe: DistillationRecipe, teacher: torch.nn.Module | None, mapping: Mapping | None
) -> WeightedTerms:
    """What a stage minimises."""
    masked = recipe.teacher.reads == "masked"

    def term_of(name: str) -> Term:
        if name == "masked_lm":
            return MaskedLM(1.0 if teacher is None else recipe.schedule.true_share)
        if name == "next_sentence":
            return NextSentence()
        layers = plan.layers
        if name == "attention":
            inner = tuple(layer for layer in layers if layer)
            return LayerTransfer(losses.attention_transfer, inner, "attention", asked_too=masked)
        return LayerTransfer(STATE_LOSSES[name], layers, asked_too=masked)

    known = None
    if teacher is not None and mapping is not None:
        known = Teacher(teacher, mapping, read_masked if masked else read_original)
    weighted = {name: (weight, term_of(name)) for name, weight in plan.terms.items()}
    return WeightedTerms(weighted, read_learner, known)


def share_of_rate(plan: StagePlan, parameter: str) -> float:
    """The multiple of the learning rate that a parameter, by name, trains at in a stage."""
    return next((share for pattern, share in plan.multipliers if fnmatchcase(parameter, pattern)), 1.0)
