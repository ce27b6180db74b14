"""A difference in words, derived from its interval alone."""

from __future__ import annotations

BETTER = "better"
WORSE = "worse"
NO_DIFFERENCE = "no difference shown"


def verdict(low: float, high: float) -> str:
    """`better` or `worse` where the interval of a gain lies to one side of 0, else `no difference shown`."""
    if low > 0:
        return BETTER
    if high < 0:
        return WORSE
    return NO_DIFFERENCE
