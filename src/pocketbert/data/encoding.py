"""Texts to token ids."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pocketbert.data.word_pieces import WordPieces

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerFast


_SLICE = 1_000  # rows


class Features(NamedTuple):
    """Token ids and segment ids of one example, without padding.  *Shape:* (tokens,) each."""

    input_ids: list[int]
    token_type_ids: list[int]


def texts_of(rows: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The texts of a slice of a data set: one tuple a row, of one text or two."""
    if "text_pair" in rows:
        return list(zip(rows["text"], rows["text_pair"], strict=True))
    return [(text,) for text in rows["text"]]


class EveryText(Collection[str]):
    """The texts of all rows of a data set, all sides, a slice in memory at a time."""

    def __init__(self, dataset: "Dataset") -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset) * (1 + ("text_pair" in self._dataset.column_names))

    def __iter__(self) -> Iterator[str]:
        for at in range(0, len(self._dataset), _SLICE):
            for texts in texts_of(self._dataset[at : at + _SLICE]):
                yield from texts

    def __contains__(self, text: object) -> bool:
        return any(text == other for other in self)


class Encoder:
    """Encodes batches of texts as `tokenizer(text, pair, truncation=True, max_length=max_length)` does."""

    def __init__(self, tokenizer: "PreTrainedTokenizerFast", max_length: int, stride: int = 0) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.stride = stride  # of windows; only questions about long contexts have several
        self._pieces = WordPieces.of(tokenizer)
        self._begin, self._end = tokenizer.cls_token_id, tokenizer.sep_token_id

    @property
    def pad_token_id(self) -> int:
        """Id of the token that fills up a batch."""
        return int(self.tokenizer.pad_token_id)

    def __call__(self, texts: Sequence[tuple[str, ...]]) -> list[Features]:
        """Features of each row, cut to `max_length` tokens."""
        if not texts:
            return []
        if self._pieces is None:
            encoded = self._tokenized(texts, truncation=True, max_length=self.max_length)
            return list(map(Features, encoded["input_ids"], encoded["token_type_ids"]))
        most = self.max_length
        first = self._pieces([row[0] for row in texts], most)
        if len(texts[0]) == 1:
            return [self._single(ids) for ids in first]
        second = self._pieces([row[1] for row in texts], most)
        for at, row in enumerate(texts):
            if min(len(first[at]), len(second[at])) >= most:  # which side is longer decides what is cut off
                first[at], second[at] = self._pieces(row)
        return list(map(self._pair, first, second))

    def lengths(self, texts: Sequence[tuple[str, ...]]) -> list[int]:
        """Tokens of each row before anything is cut off."""
        return [len(ids) for ids in self._tokenized(texts, verbose=False)["input_ids"]]

    def _tokenized(self, texts: Sequence[tuple[str, ...]], **options: Any) -> Mapping[str, list[list[int]]]:
        encoded: Mapping[str, list[list[int]]] = self.tokenizer(
            [row[0] for row in texts],
            [row[1] for row in texts] if len(texts[0]) == 2 else None,
            return_attention_mask=False,
            return_token_type_ids=True,
            **options,
        )
        return encoded

    def _single(self, ids: list[int]) -> Features:
        """`[CLS] text [SEP]`"""
        ids = [self._begin, *ids[: self.max_length - 2], self._end]
        return Features(ids, [0] * len(ids))

    def _pair(self, first: list[int], second: list[int]) -> Features:
        """`[CLS] text [SEP] text [SEP]`; of two long sides each keeps half, the longer one the odd token."""
        room = self.max_length - 3
        short = min(len(first), len(second))
        long = min(max(len(first), len(second)), max(short, room - short))
        if short + long > room:
            short, long = room // 2, room - room // 2
        kept = (long, short) if len(first) > len(second) else (short, long)
        first, second = first[: kept[0]], second[: kept[1]]
        ids = [self._begin, *first, self._end, *second, self._end]
        return Features(ids, [0] * (len(first) + 2) + [1] * (len(second) + 1))
