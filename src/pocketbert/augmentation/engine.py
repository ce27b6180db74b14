"""The engine: a view of an example, as a pure function of the policy, the seed and the example's place."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pocketbert.augmentation.draw import Draws, continued, key_of
from pocketbert.augmentation.plan import Plan
from pocketbert.augmentation.plan_record import plan_from
from pocketbert.augmentation.plan_store import PlanStore
from pocketbert.augmentation.planning import Planner, Progress, fill, refined
from pocketbert.augmentation.policy import Policy, presets
from pocketbert.augmentation.refining import Refiner
from pocketbert.augmentation.sampling import draw_edits
from pocketbert.errors import PocketBertError
from pocketbert.text.edits import Edit, Edited, Offsets, Span, apply

CHARACTERS_KEPT = 4_000_000
"""Plans are kept in memory for texts of this many characters together, about 75 MB; others are read, or made, anew."""

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


class KeptPlans(dict[str, Plan]):
    """Plans by their texts, as long as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._room = CHARACTERS_KEPT

    def keep(self, plan: Plan) -> None:
        cost = len(plan.text) + _PLAN_COST
        if cost <= self._room:
            self._room -= cost
            self[plan.text] = plan


class Engine:
    """Draws views of examples: one policy and seed draw the same views in any process and order."""

    def __init__(self, policy: Policy | None = None, *, seed: int = 0) -> None:
        self.policy = policy or Policy()
        self.seed = seed
        self.weights: Mapping[str, float] = self.policy.weights
        self._store: PlanStore | None = None
        self._stored_as: tuple[str, Path | None] | None = None
        self._refiners: tuple[Refiner, ...] | None = ()
        self._begin()

    def _begin(self) -> None:
        self._one_side = presets()[self.policy.preset].sides == "one"
        self._planner = Planner.of(self.policy)
        self._plans = KeptPlans()

    def __getstate__(self) -> dict[str, Any]:
        """All but the refiners: models stay in the process that loaded them."""
        kept = ("policy", "seed", "weights", "_store", "_stored_as")
        return {name: getattr(self, name) for name in kept} | {"_refiners": None if self._refiners else ()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()

    def weighted(self, weights: Mapping[str, float]) -> "Engine":
        """The same engine, with the same plans, that draws operators by other weights."""
        other = copy(self)
        other.weights = weights
        return other

    def prepare(
        self,
        texts: Collection[str],
        *,
        workers: int = 0,
        cache: Path | None = None,
        refiners: Sequence[Refiner] = (),
        progress: Progress | None = None,
    ) -> None:
        """Plan the distinct ones of `texts` and refine their plans, all before the first view is drawn.

        `workers`: processes that plan.  `cache`: folder that keeps plans by content, for other runs as well; without
        it they are in memory.  `progress` hears how many texts are done, of how many.
        """
        stored_as = self._planner.fingerprint(refiner.fingerprint for refiner in refiners), cache
        if self._store is None or stored_as != self._stored_as:
            self._store = PlanStore(cache / stored_as[0] if cache else None)
            self._stored_as = stored_as
            self._begin()
        self._refiners = tuple(refiners)
        fill(self._store, texts, self._planner, refiners=refiners, workers=workers, progress=progress)

    def plan(self, text: str) -> Plan:
        """The plan of `text`: the one prepared, or one made now; kept for the next epoch while there is room.

        Raises PocketBertError for a text that must be refined first, in a process that has no refiners.
        """
        plan = self._plans.get(text)
        if plan is None:
            plan = self._stored(text) or self._planned(text)
            self._plans.keep(plan)
        return plan

    def _stored(self, text: str) -> Plan | None:
        record = self._store.get(text) if self._store else None
        return None if record is None else plan_from(text, record)

    def _planned(self, text: str) -> Plan:
        if self._refiners is None:
            raise PocketBertError(f"prepare this text before views are drawn elsewhere: {text!r:.80}")
        (plan,) = refined([self._planner(text)], self._refiners)
        return plan

    def view(
        self,
        texts: tuple[str, ...],
        *,
        epoch: int,
        row: int,
        view: int = 0,
        progress: float = 1.0,
        kept: Sequence[tuple[int, Span]] = (),
    ) -> View:
        """The view of an example, `texts` being its sides, at a share `progress` of the training.

        `kept`: spans, each after the number of its side, whose text must stand in the view as it is, such as an
        answer; where one does not, the view is the example itself.
        """
        strength = self.policy.strength(progress)
        if not self.policy.enabled or not strength:
            return clean_view(texts)
        place = continued(_key_of_epoch(self.seed, epoch), row, view)
        draws = Draws(continued(place, 0))
        if draws.real() < self.policy.clean_share:
            return clean_view(texts)
        chosen = draws.below(len(texts)) if self._one_side and len(texts) > 1 else None
        found: list[str] = []
        sides: list[Edited] = []
        for side, text in enumerate(texts):
            edits: list[Edit] = []
            spans = [span for of, span in kept if of == side] if kept else []
            if chosen is None or side == chosen:
                names, edits = draw_edits(
                    self.plan(text),
                    self.weights,
                    second=self.policy.second * strength,
                    strength=strength,
                    key=continued(place, 1 + side),
                    kept=spans,
                )
                found += [name for name in names if name not in found]
            edited = apply(text, edits)
            if spans and not all(edited.keeps(text, span) for span in spans):
                return clean_view(texts)
            sides.append(edited)
        return view_of(sides, found)


_key_of_epoch = lru_cache(maxsize=16)(key_of)


def clean_view(texts: tuple[str, ...]) -> View:
    """The example itself, as a view."""
    return View(texts, (), tuple(Offsets(len(text), ()) for text in texts))


def view_of(sides: list[Edited], operators: list[str]) -> View:
    """The view whose sides were edited by these operators."""
    texts, offsets = zip(*sides, strict=True)
    return View(texts, tuple(operators), offsets)
