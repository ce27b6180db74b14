"""The engine: a view of an example, as a pure function of the policy, the seed and the example's place."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pocketbert.augmentation.draw import Draws, key_of
from pocketbert.augmentation.guard import Rules
from pocketbert.augmentation.operator import NOISE, Operator
from pocketbert.augmentation.operators import OPERATORS
from pocketbert.augmentation.plan import Plan, plan_of
from pocketbert.augmentation.policy import Policy, presets
from pocketbert.augmentation.refining import Refiner
from pocketbert.augmentation.sampling import draw_edits
from pocketbert.text.edits import Edit, Edited, Offsets, apply

CHARACTERS_KEPT = 8_000_000
"""Plans are kept for texts of this many characters together, about 150 MB; the rest are planned each time."""

_PLAN_COST = 40  # characters a plan counts for beyond those of its text


@dataclass(frozen=True, slots=True)
class View:
    """One version of an example: a text a side, the operators that made it, and each side's offset map."""

    texts: tuple[str, ...]
    operators: tuple[str, ...]
    offsets: tuple[Offsets, ...]

    @property
    def clean(self) -> bool:
        """Whether the view is the example itself."""
        return not self.operators


class Engine:
    """Draws views of examples: one policy and seed draw the same views in any process and order."""

    def __init__(self, policy: Policy | None = None, *, seed: int = 0) -> None:
        self.policy = policy or Policy()
        self.seed = seed
        self._reset()

    def _reset(self) -> None:
        preset = presets()[self.policy.preset]
        self._weights: Mapping[str, float] = self.policy.weights
        self._operators: tuple[Operator, ...] = tuple(OPERATORS[name] for name in self._weights)
        self._one_side = preset.sides == "one"
        self._rules = Rules.of(preset.protect, self.policy.protected, self.policy.protected_patterns)
        self._plans: dict[str, Plan] = {}
        self._room = CHARACTERS_KEPT

    def __getstate__(self) -> dict[str, Any]:
        return {"policy": self.policy, "seed": self.seed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.policy = state["policy"]
        self.seed = state["seed"]
        self._reset()

    def prepare(
        self,
        texts: Iterable[str],
        *,
        workers: int = 0,
        cache: Path | None = None,
        refiners: Sequence[Refiner] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Plan the distinct ones of `texts` and refine their plans; `progress` hears how many are done, of how many.

        `workers`: processes that plan, besides this one.  `cache`: folder in which plans are kept by content.
        """
        done = [plan for plan in map(self.plan, dict.fromkeys(texts))]
        for refine in refiners:
            done = refine(done)
        self._plans.update((plan.text, plan) for plan in done)

    def plan(self, text: str) -> Plan:
        """The plan of `text`, kept for the next epoch while there is room."""
        plan = self._plans.get(text)
        if plan is None:
            plan = plan_of(text, self._operators, self._rules, noise=self.policy.full_strength > NOISE)
            self._room -= len(text) + _PLAN_COST
            if self._room >= 0:
                self._plans[text] = plan
            else:
                self._room += len(text) + _PLAN_COST
        return plan

    def view(
        self, texts: tuple[str, ...], *, epoch: int, row: int, view: int = 0, progress: float = 1.0
    ) -> View:
        """The view of an example, `texts` being its sides, at a share `progress` of the training."""
        strength = self.policy.strength(progress)
        if not self.policy.enabled or not strength:
            return clean_view(texts)
        place = (self.seed, epoch, row, view)
        draws = Draws(key_of(*place, 0))
        if draws.real() < self.policy.clean_share:
            return clean_view(texts)
        chosen = draws.below(len(texts)) if self._one_side and len(texts) > 1 else None
        found: list[str] = []
        sides: list[Edited] = []
        for side, text in enumerate(texts):
            edits: list[Edit] = []
            if chosen is None or side == chosen:
                names, edits = draw_edits(
                    self.plan(text),
                    self._weights,
                    second=self.policy.second * strength,
                    strength=strength,
                    key=key_of(*place, 1 + side),
                )
                found += [name for name in names if name not in found]
            sides.append(apply(text, edits))
        return view_of(sides, found)


def clean_view(texts: tuple[str, ...]) -> View:
    """The example itself, as a view."""
    return View(texts, (), tuple(Offsets(len(text), ()) for text in texts))


def view_of(sides: list[Edited], operators: list[str]) -> View:
    """The view whose sides were edited by these operators."""
    return View(tuple(side.text for side in sides), tuple(operators), tuple(side.offsets for side in sides))
