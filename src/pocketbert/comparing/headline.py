"""The sentences on top of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pocketbert.comparing.claims import MESSY, NOT_ASKED, NOT_SIMPLER
from pocketbert.comparing.content import CLEAN, UNSEEN
from pocketbert.comparing.grid import AUGMENTED
from pocketbert.comparing.wording import METHOD_PROSE, figures_of, first_upper, prose

if TYPE_CHECKING:
    from pocketbert.comparing.content import ComparisonContent, Gain, Question


def headline(content: ComparisonContent) -> tuple[str, ...]:
    """The sentence on top, on what augmentation bought, and those that a reader must not miss besides: what training
    less of the model costs, and where something simpler would do.
    """
    told = {answer.question: answer for answer in content.answers}
    bought, cost, simpler = _bought(content), told["cost"], told["simpler"]
    besides = [cost.sentence] if cost.verdict != NOT_ASKED else []
    if simpler.verdict not in (NOT_ASKED, NOT_SIMPLER):
        besides.append(simpler.sentence)
    return (*bought, *besides) or (simpler.sentence,)


def _bought(content: ComparisonContent) -> tuple[str, ...]:
    """What the featured variant is worth on messy and on clean text, in a sentence."""
    asked: tuple[tuple[Question, str, str], ...] = (
        ("robustness", UNSEEN, MESSY),
        ("generalisation", CLEAN, "clean text"),
    )
    named, parts = "", []
    for question, on, where in asked:
        gains = [one for one in content.gains if one.question == question and one.input == on]
        for one in [one for one in gains if one.variant == content.featured] or gains[-1:]:
            named = _pair(content, one)
            parts.append(f"{one.verdict} on {where} ({figures_of(content, one)})")
    return (f"{first_upper(named)}: {'; '.join(parts)}.",) if parts else ()


def _pair(content: ComparisonContent, one: Gain) -> str:
    """`LoRA trained on augmented rather than clean text`, or the names of two recipes."""
    old, new = content.row(one.baseline), content.row(one.variant)
    if new.role == "grid" and (old.method, old.augmented, new.augmented) == (new.method, False, True):
        return f"{METHOD_PROSE[new.method]} trained on {AUGMENTED} rather than {CLEAN} text"
    return f"{prose(new)} against {prose(old)}"
