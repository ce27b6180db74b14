"""A tokenizer's vocabulary as arrays: which tokens are special, which go on with a word; its fingerprint."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_SETTINGS = ("normalizer", "pre_tokenizer", "model", "decoder", "added_tokens")
"""What a tokenizer's file says of the way from text to ids; padding and truncation are a batch's affair."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """What pre-training needs to know of a tokenizer.

    *Shape:* `ordinary` (tokens,): ids that stand for text; `is_ordinary` and `continues_word` (vocabulary,)
    """

    pad: int
    cls: int
    sep: int
    mask: int
    ordinary: np.ndarray = field(repr=False)
    is_ordinary: np.ndarray = field(repr=False)
    continues_word: np.ndarray = field(repr=False)
    """Tokens that go on with the word of the token before them (WordPiece's `##`); nowhere true elsewhere."""
    fingerprint: str

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerBase) -> Vocabulary:
        """The vocabulary of a tokenizer.

        Raises:
            ArgumentError: it lacks one of the tokens that masked language modelling needs.
        """
        names = ("pad", "cls", "sep", "mask")
        ids = {name: getattr(tokenizer, f"{name}_token_id") for name in names}
        lacking = [name for name, number in ids.items() if number is None]
        if lacking:
            raise ArgumentError(
                f"the tokenizer has no {lacking[0]} token; pre-training needs one with "
                "[PAD], [CLS], [SEP] and [MASK], such as BERT's"
            )
        words = tokenizer.get_vocab()
        size = max(words.values()) + 1
        special = {*tokenizer.all_special_ids}
        is_ordinary, continues_word = np.zeros(size, bool), np.zeros(size, bool)
        for word, number in words.items():
            is_ordinary[number] = number not in special and not word.startswith("[unused")
            continues_word[number] = word.startswith("##") and len(word) > 2
        return cls(
            **ids,
            ordinary=np.flatnonzero(is_ordinary),
            is_ordinary=is_ordinary,
            continues_word=continues_word,
            fingerprint=fingerprint_of_tokenizer(tokenizer),
        )

    @property
    def size(self) -> int:
        """One more than the largest id."""
        return len(self.is_ordinary)


def fingerprint_of_tokenizer(tokenizer: PreTrainedTokenizerBase) -> str:
    """Hash of a tokenizer's vocabulary and of its settings: equal where texts become the same ids."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        content: object = [type(tokenizer).__name__, sorted(tokenizer.get_vocab().items())]
    else:
        settings = json.loads(backend.to_str())
        content = {name: settings.get(name) for name in _SETTINGS}
    written = json.dumps(content, sort_keys=True, default=str)
    return blake2b(written.encode("utf-8", "replace"), digest_size=16).hexdigest()
