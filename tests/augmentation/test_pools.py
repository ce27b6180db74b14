"""Pools take turns every few epochs, and each draws as its own engine does."""

import pickle

import pytest

from pocketbert.augmentation import Engine, Policy
from pocketbert.augmentation.plan import Plan
from pocketbert.augmentation.pools import POOLS, Pools, pools_for

TEXT = "The old man walked slowly along the quiet river and watched the boats."


class Leaving:
    """A refiner that leaves the slots of one operator."""

    def __init__(self, name: str) -> None:
        self.fingerprint = self._name = name

    def __call__(self, plans: list[Plan]) -> list[Plan]:
        return [Plan(plan.text, plan.words, {self._name: plan.slots[self._name]}) for plan in plans]


@pytest.fixture
def pools() -> Pools:
    engines = []
    for name in ("typo", "casing"):
        engine = Engine(Policy(operators=["typo", "casing"], clean_share=0, warm_up=0), seed=3)
        engine.prepare([TEXT], refiners=[Leaving(name)])
        engines.append(engine)
    return Pools(tuple(engines), 3)


def test_pools_take_turns(pools: Pools) -> None:
    first, second = pools.engines
    for epoch in range(12):
        turn = second if epoch in (3, 4, 5, 9, 10, 11) else first
        assert pools.view((TEXT,), epoch=epoch, row=7) == turn.view((TEXT,), epoch=epoch, row=7)
    assert [pools.view((TEXT,), epoch=epoch, row=7).operators for epoch in (2, 3)] == [("typo",), ("casing",)]


def test_pools_reach_other_processes_and_take_other_weights(pools: Pools) -> None:
    for other in (pickle.loads(pickle.dumps(pools)), pools.weighted({"typo": 1.0, "casing": 5.0})):
        for epoch in (0, 3):
            assert other.view((TEXT,), epoch=epoch, row=0) == pools.view((TEXT,), epoch=epoch, row=0)
    assert pools.weighted({"typo": 2.0, "casing": 1.0}).engines[1].weights == {"typo": 2.0, "casing": 1.0}


@pytest.mark.parametrize(
    ("epochs", "refresh", "pools"),
    [(1, 3, 1), (3, 3, 1), (4, 3, 2), (12, 3, 4), (99, 3, POOLS), (9, 0, 1), (0, 3, 1)],
)
def test_as_many_pools_as_epochs_ask_for(epochs: int, refresh: int, pools: int) -> None:
    assert pools_for(epochs, refresh) == pools
