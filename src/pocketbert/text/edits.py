"""Edits of a text, and `apply()`, which turns them into a new text and a map of its offsets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple, overload


@dataclass(frozen=True, slots=True)
class Span:
    """The characters from `start` up to, not including, `end`."""

    start: int
    end: int

    def overlaps(self, start: int, end: int) -> bool:
        """Whether a change of `start..end` touches this span; an insertion touches it only from within."""
        return start < self.end and end > self.start


class Edit(NamedTuple):
    """Put `replacement` in the place of the characters `start..end`.

    `moved_from` is the old offset of the text that the replacement carries to a new place; the text must
    be deleted there by another edit.  None when the replacement is new text.
    """

    start: int
    end: int
    replacement: str
    moved_from: int | None = None


class Offsets(Sequence[int]):
    """Old character offset -> new character offset, for 0 to the old length inclusive.

    An offset inside replaced text maps into its replacement; moved text maps to where it stands now.
    """

    __slots__ = ("_edits", "_length")

    def __init__(self, length: int, edits: tuple[Edit, ...]) -> None:
        self._length = length
        self._edits = edits

    def __len__(self) -> int:
        return self._length + 1

    @overload
    def __getitem__(self, old: int) -> int: ...
    @overload
    def __getitem__(self, old: slice) -> list[int]: ...
    def __getitem__(self, old: int | slice) -> int | list[int]:
        if isinstance(old, slice):
            return [self._new(place) for place in range(len(self))[old]]
        if not -len(self) <= old < len(self):
            raise IndexError(old)
        return self._new(old if old >= 0 else old + len(self))

    def __iter__(self) -> Iterator[int]:
        return (self._new(old) for old in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Offsets) and (self._length, self._edits) == (other._length, other._edits)

    def __hash__(self) -> int:
        return hash((self._length, self._edits))

    def __repr__(self) -> str:
        return f"Offsets({self._length}, {self._edits!r})"

    def __reduce__(self) -> tuple[type["Offsets"], tuple[int, tuple[Edit, ...]]]:
        return Offsets, (self._length, self._edits)

    def span(self, span: Span) -> Span | None:
        """Where the text of `span` stands now; None if an edit changed or tore it."""
        if span.start >= span.end:
            return Span(self._new(span.start), self._new(span.start))
        if (carried := self._carried(span)) is not None:
            return carried
        if any(span.overlaps(edit.start, edit.end) for edit in self._edits):
            return None
        return Span(self._new(span.start), self._new(span.end - 1) + 1)

    def follow(self, span: Span) -> Span | None:
        """Where what became of `span` stands now: its text, moved or not, or what replaced it; None if it is gone.

        So a label stays with its word when the word becomes another.
        """
        whole = self.span(span)
        if whole is not None or any(
            edit.moved_from is not None
            and span.overlaps(edit.moved_from, edit.moved_from + len(edit.replacement))
            for edit in self._edits
        ):
            return whole
        start, end = self._became(span.start).start, self._became(span.end - 1).end
        return Span(start, end) if start < end else None

    def _became(self, old: int) -> Span:
        """What stands now for the character at `old`: itself, or all of its replacement."""
        for edit in self._edits:
            if edit.start <= old < edit.end:
                start = self._new(edit.start)
                return Span(start, start + len(edit.replacement))
        return Span(self._new(old), self._new(old) + 1)

    def _carried(self, span: Span) -> Span | None:
        """Where the span stands if one edit carries all of it."""
        for edit in self._edits:
            source = edit.moved_from
            if source is not None and source <= span.start and span.end <= source + len(edit.replacement):
                start = self._new(span.start)
                return Span(start, start + span.end - span.start)
        return None

    def _new(self, old: int) -> int:
        shift = 0
        place: int | None = None
        for edit in self._edits:
            source = edit.moved_from
            if source is not None and source <= old < source + len(edit.replacement):
                return edit.start + shift + old - source
            if place is None and old < edit.end:
                inside = min(old - edit.start, len(edit.replacement))
                place = edit.start + shift + inside if old >= edit.start else old + shift
            shift += len(edit.replacement) - (edit.end - edit.start)
        return old + shift if place is None else place


class Edited(NamedTuple):
    """A text after its edits, with the map from old to new offsets."""

    text: str
    offsets: Offsets

    def keeps(self, original: str, span: Span) -> bool:
        """Whether the text of a span of the `original` still stands, letter for letter."""
        place = self.offsets.span(span)
        return place is not None and self.text[place.start : place.end] == original[span.start : span.end]


def apply(text: str, edits: Iterable[Edit]) -> Edited:
    """Apply edits that do not overlap; insertions at one place keep their given order.

    Raises: ValueError where two edits overlap or one lies outside the text.
    """
    ordered = tuple(sorted(edits, key=_PLACE))
    pieces = []
    done = 0
    for edit in ordered:
        if edit.start < done or edit.end < edit.start or edit.end > len(text):
            raise ValueError(f"edit {edit.start}..{edit.end} overlaps another or leaves the text")
        pieces.append(text[done : edit.start])
        pieces.append(edit.replacement)
        done = edit.end
    pieces.append(text[done:])
    return Edited("".join(pieces), Offsets(len(text), ordered))


_PLACE = itemgetter(0, 1)  # start and end
