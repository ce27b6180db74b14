"""Perturbation for robustness suites: one operator, always on, at a severity; held-out operators too."""

from collections.abc import Sequence
from functools import cache, lru_cache

from pocketbert.augmentation.draw import key_of
from pocketbert.augmentation.engine import View, clean_view, view_of
from pocketbert.augmentation.guard import Rules
from pocketbert.augmentation.operator import NOISE
from pocketbert.augmentation.operators import OPERATORS
from pocketbert.augmentation.plan import Plan, plan_of
from pocketbert.augmentation.policy import presets
from pocketbert.augmentation.sampling import draw_edits
from pocketbert.errors import ArgumentError, unknown_name
from pocketbert.text.edits import Span, apply

SEVERITIES = {1: 0.33, 2: 0.66, 3: 1.0}
"""Severity of a suite -> strength of its operator."""

_PLANS_KEPT = 16
_SUITE = -1  # stands where training has its epoch, so that no suite repeats a training view


def perturb(
    texts: tuple[str, ...],
    *,
    operator: str,
    severity: int,
    seed: int,
    row: int,
    preset: str = "default",
    kept: Sequence[tuple[int, Span]] = (),
) -> View:
    """The example perturbed by `operator`; its view is clean only where the operator finds no place.

    `kept`: spans, each after the number of its side, whose text must stand in the view as it is, as in `Engine.view`.
    `preset` names what the task protects.  Raises: ArgumentError for an unknown operator, severity or preset.
    """
    if operator not in OPERATORS:
        raise ArgumentError(unknown_name("augmentation operator", operator, OPERATORS))
    if severity not in SEVERITIES:
        raise ArgumentError(f"severity {severity}: give 1, 2 or 3")
    strength = SEVERITIES[severity]
    sides = []
    made = False
    for side, text in enumerate(texts):
        plan = _plan(text, operator, preset, strength > NOISE)
        key = key_of(seed, _SUITE, row, side)
        spans = [span for of, span in kept if of == side]
        names, edits = draw_edits(plan, {operator: 1.0}, second=0.0, strength=strength, key=key, kept=spans)
        edited = apply(text, edits)
        if not all(edited.keeps(text, span) for span in spans):
            return clean_view(texts)
        made = made or bool(names)
        sides.append(edited)
    return view_of(sides, [operator] if made else [])


@lru_cache(maxsize=_PLANS_KEPT)
def _plan(text: str, operator: str, preset: str, noise: bool) -> Plan:
    """Questions on one context follow each other: it is planned once."""
    return plan_of(text, (OPERATORS[operator],), _rules(preset), noise=noise)


@cache
def _rules(preset: str) -> Rules:
    if preset not in presets():
        raise ArgumentError(unknown_name("augmentation preset", preset, presets()))
    return Rules.of(presets()[preset].protect)
