"""Refiners: what looks at plans again once they are made, many at a time, such as a model that reads sentences."""

from collections.abc import Sequence
from typing import Protocol

from pocketbert.augmentation.plan import Plan


class Refiner(Protocol):
    """Takes plans and gives as many, in their order, with fewer proposals or more.

    What it does to a plan hangs on that plan alone, not on those beside it: plans are refined in any batches.
    """

    @property
    def fingerprint(self) -> str:
        """Changes when its answers would: plans on disk are known by it."""

    def __call__(self, plans: Sequence[Plan]) -> list[Plan]: ...
