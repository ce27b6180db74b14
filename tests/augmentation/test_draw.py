from collections import Counter

import numpy as np

from pocketbert.augmentation import permutation
from pocketbert.augmentation.draw import Draws, key_of


def test_draws_are_a_function_of_their_key() -> None:
    assert [Draws(key_of(1, 2, 3)).bits() for _ in range(2)] == [Draws(key_of(1, 2, 3)).bits()] * 2
    assert key_of(0, 1) != key_of(1, 0) != key_of(1) != key_of(-1)
    # Fixed values: a change here changes every trained model.
    assert key_of(1, 2, 3) == 12_096_571_958_832_185_870
    assert Draws(7).bits() == 7_191_089_600_892_374_487


def test_draws_cover_their_range_evenly() -> None:
    draws = Draws(key_of(5))
    counts = Counter(draws.below(4) for _ in range(4000))
    assert all(900 < counts[value] < 1100 for value in range(4))
    picks = Counter(draws.weighted("ab", (3, 1)) for _ in range(4000))
    assert 2800 < picks["a"] < 3200
    assert sorted(draws.some(range(5), 9)) == [0, 1, 2, 3, 4]
    assert len(set(draws.some(range(100), 10))) == 10


def test_permutation_is_counted_by_seed_and_epoch() -> None:
    order = permutation(1000, seed=3, epoch=1)
    assert sorted(order) == list(range(1000))
    assert np.array_equal(order, permutation(1000, seed=3, epoch=1))
    assert not np.array_equal(order, permutation(1000, seed=3, epoch=2))
    assert not np.array_equal(order, permutation(1000, seed=4, epoch=1))
    assert list(permutation(8, seed=0, epoch=0)) == [0, 2, 1, 5, 4, 3, 6, 7]
    assert len(permutation(0, seed=0, epoch=0)) == 0
    assert len(permutation(3, seed=-1, epoch=0)) == 3
