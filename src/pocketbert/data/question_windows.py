"""Questions with windows of their contexts: token ids, and which characters each token covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pocketbert.data.encoding import Encoder, Features
from pocketbert.text.edits import Span

if TYPE_CHECKING:
    from transformers import BatchEncoding

_AT_ONCE = 64  # rows: offsets take a hundred bytes a token until they are an array
_OUTSIDE = -1


class Window(NamedTuple):
    """A question with a part of its context.

    *Shape:* offsets (tokens, 2): the characters of the context that a token covers, -1 outside the context
    """

    row: int
    features: Features
    offsets: np.ndarray

    def places(self, span: Span) -> tuple[int, int] | None:
        """The first and the last token of a span of the context; None where the window does not hold all of it."""
        starts, ends = self.offsets[:, 0], self.offsets[:, 1]
        inside = np.flatnonzero(starts != _OUTSIDE)
        if not len(inside) or span.start < starts[inside[0]] or span.end > ends[inside[-1]]:
            return None
        touching = inside[(ends[inside] > span.start) & (starts[inside] < span.end)]
        return (int(touching[0]), int(touching[-1])) if len(touching) else None

    @property
    def context(self) -> np.ndarray:
        """Which tokens are the context's.  *Shape:* (tokens,) of bool"""
        return np.asarray(self.offsets[:, 0] != _OUTSIDE)


class QuestionWindows:
    """Encodes pairs of question and context as `tokenizer(..., truncation="only_second", stride=...)` does.

    The question stands in every window; it is cut only where it and its context do not fit together and it takes
    more than half of the room.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.tokenizer = encoder.tokenizer
        self.max_length = encoder.max_length
        self.stride = encoder.stride
        self._room = encoder.max_length - encoder.tokenizer.num_special_tokens_to_add(pair=True)

    def __call__(self, texts: Sequence[tuple[str, ...]]) -> Iterator[Window]:
        """The windows of every row, in the order of the rows and of their contexts; at least one each."""
        for first in range(0, len(texts), _AT_ONCE):
            some = texts[first : first + _AT_ONCE]
            windows = [
                window for stride, rows in self._strides(some) for window in self._windows(rows, stride)
            ]
            for window in sorted(
                windows, key=lambda window: window.row
            ):  # of a row they are in order already
                yield window._replace(row=first + window.row)

    def _strides(self, texts: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, dict[int, tuple[str, str]]]]:
        """Rows that share a stride, each with its question cut; a row's stride hangs on no other row."""
        questions = self._tokens([question for question, _ in texts])
        by_stride: dict[int, dict[int, tuple[str, str]]] = {}
        for row, (question, context) in enumerate(texts):
            ends = [end for _, end in questions["offset_mapping"][row]]
            if len(ends) > self._room // 2:
                (needed,) = self._tokens([context])["input_ids"]
                kept = max(self._room // 2, self._room - len(needed))
                question = question[: ends[kept - 1]] if len(ends) > kept else question
                ends = ends[:kept]
            stride = min(self.stride, (self._room - len(ends)) // 2)
            by_stride.setdefault(stride, {})[row] = question, context
        yield from by_stride.items()

    def _tokens(self, texts: list[str]) -> BatchEncoding:
        return self.tokenizer(
            texts, add_special_tokens=False, truncation=False, return_offsets_mapping=True, verbose=False
        )

    def _windows(self, rows: dict[int, tuple[str, str]], stride: int) -> Iterator[Window]:
        encoded = self.tokenizer(
            [question for question, _ in rows.values()],
            [context for _, context in rows.values()],
            truncation="only_second",
            max_length=self.max_length,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_token_type_ids=True,
            return_attention_mask=False,
        )
        numbers = list(rows)
        for at, own in enumerate(encoded["overflow_to_sample_mapping"]):
            offsets = np.array(encoded["offset_mapping"][at], np.int32)
            offsets[np.array(encoded.sequence_ids(at), object) != 1] = _OUTSIDE
            features = Features(encoded["input_ids"][at], encoded["token_type_ids"][at])
            yield Window(numbers[own], features, offsets)
