"""Token ids of a text from the pieces of its words, kept from the texts before it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

CHARACTERS_KEPT = 4_000_000
"""Pieces are kept of words with this many characters together, about 20 MB; then all are forgotten and soon back."""

_WORD_COST = 40  # characters a word counts for beyond its own

_WHITE_SPACE = " \t\n\r"


class WordPieces:
    """BERT's WordPiece ids, word by word: what stands between white space.

    White space bounds whatever the tokenizer looks at: it cleans, splits at marks and CJK letters, strips accents
    and cuts into pieces within those bounds.  So these are the ids of the whole text, whatever edits did to it, and
    only words never met before are tokenised.
    """

    def __init__(self, backend: Tokenizer) -> None:
        self._backend = backend
        self._known: dict[str, tuple[int, ...]] = {}
        self._room = CHARACTERS_KEPT

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> WordPieces | None:
        """The pieces of a tokenizer, if it works as BERT's does; None for any other."""
        if not getattr(tokenizer, "is_fast", False) or tokenizer.truncation_side != "right":
            return None
        backend: Tokenizer = tokenizer.backend_tokenizer
        parts = [type(part).__name__ for part in (backend.normalizer, backend.pre_tokenizer, backend.model)]
        if parts != ["BertNormalizer", "BertPreTokenizer", "WordPiece"]:
            return None
        begin, end = tokenizer.cls_token_id, tokenizer.sep_token_id
        if (tokenizer([""]).input_ids, tokenizer([""], [""]).input_ids) != (
            [[begin, end]],
            [[begin, end, end]],
        ):
            return None
        if any(space in token for token in tokenizer.get_added_vocab() for space in _WHITE_SPACE):
            return None
        return cls(backend)

    def __call__(self, texts: Sequence[str], most: int | None = None) -> list[list[int]]:
        """The ids of each text, without special tokens: all, or at least the first `most`."""
        words = [_words(text, most) for text in texts]
        self._learn(words)
        found = [list(chain.from_iterable(map(self._known.__getitem__, of))) for of in words]
        for at, (of, ids) in enumerate(zip(words, found, strict=True)):
            if (
                most is not None and len(of) == 2 * most and len(ids) < most
            ):  # words of control characters alone
                found[at] = self([texts[at]])[0]
        return found

    def _learn(self, words: list[list[str]]) -> None:
        """Tokenise the words not known yet, all at once."""
        if self._room < 0:
            self._known.clear()
            self._room = CHARACTERS_KEPT
        new = [word for word in dict.fromkeys(chain.from_iterable(words)) if word not in self._known]
        self._backend.no_truncation()  # the tokenizer leaves it as its last call set it
        self._backend.no_padding()
        encoded = self._backend.encode_batch(new, add_special_tokens=False)
        self._known.update((word, tuple(pieces.ids)) for word, pieces in zip(new, encoded, strict=True))
        self._room -= sum(map(len, new)) + _WORD_COST * len(new)

    def __getstate__(self) -> dict[str, object]:
        return {"_backend": self._backend, "_known": {}, "_room": CHARACTERS_KEPT}


def _words(text: str, most: int | None) -> list[str]:
    """What stands between white space: all, or the first words that will mostly make as many tokens."""
    for space in _WHITE_SPACE[1:]:
        text = text.replace(space, " ")
    if most is None:
        return text.split(" ")
    return text.split(" ", 2 * most)[: 2 * most]
