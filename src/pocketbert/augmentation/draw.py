"""Counted randomness: every draw is a pure function of its key, so nothing depends on order or process.

The key is (seed, epoch, row, view, operator, draw).  Mixing is SplitMix64's finaliser (Steele, Lea and
Flood 2014, "Fast splittable pseudorandom number generators", section 4).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

if TYPE_CHECKING:
    import numpy as np

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15

Item = TypeVar("Item")


def mix(value: int) -> int:
    """Spread `value` over 64 bits, one to one."""
    value &= _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def key_of(*parts: int) -> int:
    """One 64-bit key from the integers that name a draw; their order counts."""
    return continued(0, *parts)


def continued(key: int, *parts: int) -> int:
    """The key of a draw whose first parts made `key`: `continued(key_of(1), 2) == key_of(1, 2)`."""
    for part in parts:
        key += _GOLDEN + (_SPREAD[part] if 0 <= part < len(_SPREAD) else mix(part + _GOLDEN))
        key = mix(key)
    return key


_SPREAD = tuple(mix(part + _GOLDEN) for part in range(64))  # most parts of keys are small


def number_of(name: str) -> int:
    """A name as an integer for a key, the same in every process."""
    return crc32(name.encode())


class Draws:
    """The draws that follow one key, counted from 0."""

    __slots__ = ("_key",)

    def __init__(self, key: int) -> None:
        self._key = key

    def below(self, bound: int) -> int:
        """The next integer in [0, bound): its share of the 64 bits that `mix`, written out here, makes of a count."""
        self._key = value = (self._key + _GOLDEN) & _MASK
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((value ^ (value >> 31)) * bound) >> 64

    def bits(self) -> int:
        """The next 64 bits."""
        return self.below(1 << 64)

    def real(self) -> float:
        """The next number in [0, 1)."""
        return self.below(1 << 53) * 2.0**-53

    def choose(self, items: Sequence[Item]) -> Item:
        """One of `items`, all alike likely."""
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[Item], weights: Sequence[float]) -> Item:
        """One of `items`, in proportion to its weight."""
        left = self.real() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def some(self, items: Sequence[Item], count: int) -> list[Item]:
        """`count` different items in drawn order; all of them, shuffled, where there are fewer."""
        size = len(items)
        if count == 1 and size:
            return [items[self.below(size)]]
        moved: dict[int, int] = {}
        drawn = []
        for place in range(min(count, size)):
            other = place + self.below(size - place)
            drawn.append(items[moved.get(other, other)])
            moved[other] = moved.get(place, place)
        return drawn


def permutation(count: int, *, seed: int, epoch: int) -> "np.ndarray":
    """The order of `count` rows in an epoch, shape (count,), int64; the same on every machine.

    From Philox's raw bits (Salmon et al. 2011), which numpy keeps stable between releases.
    """
    import numpy as np

    bits = np.random.Philox(key=np.array([seed & _MASK, epoch & _MASK], dtype=np.uint64)).random_raw(count)
    return np.argsort(bits, kind="stable")
