"""Texts to token ids."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_LONG = 40
"""A text of more characters than this for each token that fits is cut before it is tokenised."""

_BREAK = re.compile(r"[ \t\n]")


class Features(NamedTuple):
    """Token ids and segment ids of one example, without padding.  *Shape:* (tokens,) each."""

    input_ids: list[int]
    token_type_ids: list[int]


def texts_of(rows: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The texts of a slice of a data set: one tuple a row, of one text or two."""
    if "text_pair" in rows:
        return list(zip(rows["text"], rows["text_pair"], strict=True))
    return [(text,) for text in rows["text"]]


class Encoder:
    """Encodes batches of texts as `tokenizer(text, pair, truncation=True, max_length=max_length)` does."""

    def __init__(self, tokenizer: "PreTrainedTokenizerFast", max_length: int) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        # Only WordPiece is known to tokenise each word by itself, so that a cut changes nothing before it.
        backend = getattr(tokenizer, "backend_tokenizer", None)
        self._cuts = type(getattr(backend, "model", None)).__name__ == "WordPiece"

    @property
    def pad_token_id(self) -> int:
        """Id of the token that fills up a batch."""
        return int(self.tokenizer.pad_token_id)

    def __call__(self, texts: Sequence[tuple[str, ...]]) -> list[Features]:
        """Features of each row, cut to `max_length` tokens."""
        if not texts:
            return []
        longest = _LONG * self.max_length
        if self._cuts:
            texts = [
                self._shortened(row) if any(len(text) > longest for text in row) else row for row in texts
            ]
        encoded = self.tokenizer(
            [row[0] for row in texts],
            [row[1] for row in texts] if len(texts[0]) == 2 else None,
            truncation=True,
            max_length=self.max_length,
            return_attention_mask=False,
            return_token_type_ids=True,
        )
        return [Features(*row) for row in zip(encoded["input_ids"], encoded["token_type_ids"], strict=True)]

    def lengths(self, texts: Sequence[tuple[str, ...]]) -> list[int]:
        """Tokens of each row before anything is cut off."""
        encoded = self.tokenizer(
            [row[0] for row in texts],
            [row[1] for row in texts] if len(texts[0]) == 2 else None,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )
        return [len(ids) for ids in encoded["input_ids"]]

    def _shortened(self, row: tuple[str, ...]) -> tuple[str, ...]:
        """The row with its long text cut between words, where truncation would drop the rest anyway.

        Truncation of a pair compares the lengths of its sides, so the cut one must stay the longer one;
        where both are long, nothing is cut.
        """
        longest = _LONG * self.max_length
        long_sides = [side for side, text in enumerate(row) if len(text) > longest]
        if len(long_sides) != 1:
            return row
        side = long_sides[0]
        others = [self._count(text) for other, text in enumerate(row) if other != side]
        needed = max([self.max_length, *others]) + 1
        end = longest
        while end < len(row[side]):
            found = _BREAK.search(row[side], end)
            if found is None:
                break
            start = row[side][: found.start()]
            if self._count(start) >= needed:
                return tuple(start if other == side else text for other, text in enumerate(row))
            end = 4 * found.start()
        return row

    def _count(self, text: str) -> int:
        encoded = self.tokenizer(text, add_special_tokens=False, return_attention_mask=False, verbose=False)
        return len(encoded["input_ids"])
