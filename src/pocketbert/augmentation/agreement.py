"""The agreement guard: a view must get the answer that its text gets, from a model that someone trusts."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pocketbert.augmentation.engine import View, clean_view

RETRY = -1
"""Number of the view that is drawn in the place of one that was rejected; other views count from 0."""


class Agreement(Protocol):
    """Says of views whether they still are what their texts were, by a model's answers or otherwise.

    What it says of a view hangs on that view and its text alone.
    """

    def __call__(
        self, texts: Sequence[tuple[str, ...]], views: Sequence[tuple[str, ...]]
    ) -> Sequence[bool]: ...


def agreed(
    texts: Sequence[tuple[str, ...]],
    views: Sequence[View],
    redraw: Callable[[int], View],
    agrees: Agreement,
) -> list[View]:
    """The views, those rejected drawn once more; what is rejected twice is the clean text.

    `redraw` gives another view of the text at a place of the list.
    """
    kept = list(views)
    left = [place for place, view in enumerate(kept) if not view.clean]
    for again in (redraw, lambda place: clean_view(texts[place])):
        if not left:
            break
        verdicts = agrees([texts[place] for place in left], [kept[place].texts for place in left])
        left = [place for place, agreed in zip(left, verdicts, strict=True) if not agreed]
        for place in left:
            kept[place] = again(place)
        left = [place for place in left if not kept[place].clean]
    return kept
