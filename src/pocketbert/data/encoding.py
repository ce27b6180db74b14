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
        rows = list(texts)
        joined: dict[int, Features] = {}
        for at, row in enumerate(rows):
            if self._cuts and max(map(len, row)) > _LONG * self.max_length:
                rows[at], features = self._shorten(row)
                if features is not None:
                    joined[at] = features
        encoded = self.tokenizer(
            [row[0] for row in rows],
            [row[1] for row in rows] if len(rows[0]) == 2 else None,
            truncation=True,
            max_length=self.max_length,
            return_attention_mask=False,
            return_token_type_ids=True,
        )
        pairs = zip(encoded["input_ids"], encoded["token_type_ids"], strict=True)
        return [joined.get(at) or Features(*row) for at, row in enumerate(pairs)]

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

    def _shorten(self, row: tuple[str, ...]) -> tuple[tuple[str, ...], Features | None]:
        """The row with its long text cut between words, where truncation would drop the rest anyway.

        Truncation of a pair compares the lengths of its sides, so the cut one must stay the longer one.
        A pair that cannot be cut is encoded here, and stands empty in the row: the tokenizer would also build
        every combination of the parts it drops, and run out of memory.
        """
        lengths = [len(text) for text in row]
        side = lengths.index(max(lengths))
        others = [text for at, text in enumerate(row) if at != side]
        if all(len(text) <= _LONG * self.max_length for text in others):
            needed = max([self.max_length, *(len(self._ids(text)) for text in others)]) + 1
            if (start := self._start(row[side], needed)) is not None:
                return tuple(start if at == side else text for at, text in enumerate(row)), None
        if not others:
            return row, None
        return ("", ""), self._joined(row)

    def _start(self, text: str, tokens: int) -> str | None:
        """Whole words from the start of a long text that make at least so many tokens."""
        end = _LONG * self.max_length
        while (found := _BREAK.search(text, end)) is not None:
            start = text[: found.start()]
            if len(self._ids(start)) >= tokens:
                return start
            end = 4 * found.start()
        return None

    def _joined(self, row: tuple[str, ...]) -> Features:
        """A pair encoded side by side; of two long sides each keeps half, the longer one the odd token."""
        first, second = (self._ids(text) for text in row)
        room = self.max_length - 3
        short = min(len(first), len(second))
        long = min(max(len(first), len(second)), max(short, room - short))
        if short + long > room:
            short, long = room // 2, room - room // 2
        kept = (long, short) if len(first) > len(second) else (short, long)
        begin, end = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        ids = [begin, *first[: kept[0]], end, *second[: kept[1]], end]
        return Features(ids, [0] * (min(kept[0], len(first)) + 2) + [1] * (min(kept[1], len(second)) + 1))

    def _ids(self, text: str) -> list[int]:
        encoded = self.tokenizer(
            text,
            add_special_tokens=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )
        ids: list[int] = encoded["input_ids"]
        return ids
