"""Which rows go where: by the hash of their text, so that equal texts never straddle.

The choice depends on the set of rows alone: not on their order, on the process, or on any state.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 1 << 18


def held_back(
    hashes: "NDArray[np.uint64]",
    labels: "NDArray[np.int16]",
    eligible: "NDArray[np.bool_]",
    share: float,
    *,
    salt: int = 0,
) -> "NDArray[np.bool_]":
    """Marks a share of the eligible rows, of every label alike.

    Of the different texts of a label those with the lowest salted hash are taken: at least one, and never the
    only one.  Every eligible row with a taken text is marked, whatever its label.

    *Shape:* (rows,) each
    """
    import numpy as np

    marked = np.zeros(len(hashes), bool)
    for rows in _by_label(labels, eligible):
        ranks = _salted(hashes[rows], salt)
        bound = _lowest_texts(ranks, share)
        marked[rows[ranks <= bound]] = bound > 0
    taken = np.unique(hashes[marked])
    if len(taken):
        for start in range(0, len(hashes), _BLOCK):
            block = slice(start, start + _BLOCK)
            marked[block] = np.isin(hashes[block], taken) & eligible[block]
    return marked


def sample(
    hashes: "NDArray[np.uint64]",
    labels: "NDArray[np.int16]",
    eligible: "NDArray[np.bool_]",
    size: int,
    *,
    salt: int = 1,
) -> "NDArray[np.bool_]":
    """Marks exactly `size` of the eligible rows (all, if there are fewer), each label in proportion.

    A label gets at least one row where `size` allows it.

    *Shape:* (rows,) each
    """
    import numpy as np

    available = int(eligible.sum())
    if size >= available:
        return eligible.copy()
    _, counts = np.unique(labels[eligible], return_counts=True)
    quotas = _rounded(counts * (size / available), size)
    marked = np.zeros(len(hashes), bool)
    for rows, quota in zip(_by_label(labels, eligible), quotas, strict=True):
        marked[rows[np.argsort(_salted(hashes[rows], salt), kind="stable")[:quota]]] = True
    return marked


def _by_label(labels: "NDArray[np.int16]", eligible: "NDArray[np.bool_]") -> "Iterator[NDArray[np.int64]]":
    """The eligible rows of each label, one label after another: sorting all rows would take more memory."""
    import numpy as np

    for label in np.unique(labels[eligible]):
        yield np.flatnonzero(eligible & (labels == label))


def _lowest_texts(ranks: "NDArray[np.uint64]", share: float) -> int:
    """The highest rank among the lowest share of different ranks; 0 where there are too few."""
    import numpy as np

    ordered = np.sort(ranks)
    new = np.empty(len(ordered), bool)
    new[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    different = int(new.sum())
    if different < 2:
        return 0
    count = min(max(round(different * share), 1), different - 1)
    return int(ordered[np.flatnonzero(new)[count - 1]])


def _salted(hashes: "NDArray[np.uint64]", salt: int) -> "NDArray[np.uint64]":
    """Another order of the same hashes for each salt (the finaliser of SplitMix64)."""
    import numpy as np

    mixed = hashes + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 % 2**64)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _rounded(shares: "NDArray[np.floating[Any]]", total: int) -> list[int]:
    """Whole numbers near `shares` that sum to `total` (largest remainder), each at least one if it can."""
    import numpy as np

    quotas = np.floor(shares).astype(np.int64)
    if total >= len(shares):
        quotas = np.maximum(quotas, 1)
    while (missing := total - int(quotas.sum())) != 0:
        step = 1 if missing > 0 else -1
        order = np.argsort(step * (quotas - shares) if step > 0 else -quotas, kind="stable")
        quotas[order[: abs(missing)]] += step
    return [int(quota) for quota in quotas]
