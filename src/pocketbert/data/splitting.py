"""Which rows go where: by the hash of their text, so that equal texts never straddle."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def held_back(
    hashes: "NDArray[np.uint64]", strata: "NDArray[np.int32]", share: float, *, salt: int = 0
) -> "NDArray[np.bool_]":
    """Marks a share of the rows, of every label alike.

    The different texts of a label (of one of them, where a text has several) are ranked by their salted hash,
    and the lowest are taken: the choice depends on the set of rows, not on their order or on any state.

    *Shape:* (rows,) each
    """
    import numpy as np

    order = np.lexsort((strata, hashes))
    first = np.empty(len(order), bool)
    first[:1] = True
    np.not_equal(hashes[order[1:]], hashes[order[:-1]], out=first[1:])
    representatives = order[first]
    del order, first
    texts = hashes[representatives]
    text_strata = strata[representatives]
    del representatives
    taken = _lowest(_salted(texts, salt), text_strata, share)
    chosen = np.sort(texts[taken])
    positions = np.searchsorted(chosen, hashes)
    np.minimum(positions, max(len(chosen) - 1, 0), out=positions)
    return chosen[positions] == hashes if len(chosen) else np.zeros(len(hashes), bool)


def sample(
    hashes: "NDArray[np.uint64]", strata: "NDArray[np.int32]", size: int, *, salt: int = 1
) -> "NDArray[np.bool_]":
    """Marks exactly `size` rows (all, if there are fewer), each label in proportion, always the same ones.

    *Shape:* (rows,) each
    """
    import numpy as np

    if size >= len(hashes):
        return np.ones(len(hashes), bool)
    return _lowest(_salted(hashes, salt), strata, size / len(hashes), exactly=size)


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


def _lowest(
    ranks: "NDArray[np.uint64]", strata: "NDArray[np.int32]", share: float, *, exactly: int | None = None
) -> "NDArray[np.bool_]":
    """Marks the share of each stratum with the lowest ranks; a stratum of one stays unmarked.

    With `exactly`, quotas are rounded to sum to it (largest remainder), and each stratum gets one if it can.
    """
    import numpy as np

    order = np.lexsort((ranks, strata))
    begins = np.flatnonzero(np.r_[True, np.diff(strata[order]) != 0]) if len(order) else np.zeros(0, int)
    sizes = np.diff(np.r_[begins, len(order)])
    if exactly is None:
        quotas = np.where(sizes > 1, np.maximum(np.rint(sizes * share), 1), 0).astype(int)
        quotas = np.minimum(quotas, np.maximum(sizes - 1, 0))
    else:
        quotas = _rounded(sizes * share, exactly)
    marked = np.zeros(len(order), bool)
    for begin, quota in zip(begins, quotas, strict=True):
        marked[order[begin : begin + quota]] = True
    return marked


def _rounded(shares: "NDArray[np.float64]", total: int) -> "NDArray[np.int64]":
    import numpy as np

    quotas = np.floor(shares).astype(np.int64)
    if total >= len(shares):
        quotas = np.maximum(quotas, 1)
    missing = total - int(quotas.sum())
    order = np.argsort(quotas - shares, kind="stable")
    if missing >= 0:
        quotas[order[:missing]] += 1
    else:
        for stratum in np.argsort(-quotas, kind="stable")[:-missing]:
            quotas[stratum] -= 1
    return quotas
