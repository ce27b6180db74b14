"""Masked language modelling: which places of a window are asked for, and what is read there.

Masking is dynamic: other places every epoch (RoBERTa, section 4.1).  It is a pure function of the seed, the
epoch and the window, so it is the same for any batch size, in any process and after a resume.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pocketbert.augmentation.draw import key_of, number_of
from pocketbert.data.vocabulary import Vocabulary

BECOMES_MASK, BECOMES_OTHER = 0.8, 0.1  # of the places asked for; the rest stay as they are
_NAME = number_of("masking")
_HALF = np.uint64(32)


class MaskingSettings(BaseModel):
    """Which tokens of a text a masked language model is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(0.15, gt=0, lt=1, description="Share of the tokens that the model is asked for.")
    whole_words: bool = Field(
        False, description="Ask for all pieces of a word or for none (needs a WordPiece vocabulary)."
    )


class Masked(NamedTuple):
    """Windows as the model reads them, and the places it is asked for.  *Shape:* (windows, length) each"""

    input_ids: np.ndarray
    asked: np.ndarray


def masked(
    ids: np.ndarray,
    windows: np.ndarray,
    vocabulary: Vocabulary,
    settings: MaskingSettings,
    *,
    seed: int,
    epoch: int,
) -> Masked:
    """Mask windows of tokens; 80 % of the places asked for become [MASK], 10 % any token (BERT, section 3.1).

    Each token, or each whole word, is asked for with probability `share`; special tokens never are.

    *Shape:* ids (windows, length); windows (windows,), the number by which each is known in its epoch
    """
    length = ids.shape[1]
    bits = _bits(seed, epoch, windows, 2 * length)
    lots, fates = bits[:, :length], bits[:, length:]
    askable = vocabulary.is_ordinary[ids]
    if settings.whole_words:
        lots = np.take_along_axis(lots, first_places(ids, vocabulary), axis=1)
    asked = askable & (lots < _threshold(settings.share))
    rows, columns = np.nonzero(asked)
    fate = (fates[rows, columns] >> _HALF) / 2.0**32
    pick = ((fates[rows, columns] & np.uint64(0xFFFFFFFF)) * np.uint64(len(vocabulary.ordinary))) >> _HALF
    others = np.where(
        fate < BECOMES_MASK + BECOMES_OTHER, vocabulary.ordinary[pick.astype(np.int64)], ids[rows, columns]
    )
    read = ids.copy()
    read[rows, columns] = np.where(fate < BECOMES_MASK, vocabulary.mask, others)
    return Masked(read, asked)


def first_places(ids: np.ndarray, vocabulary: Vocabulary) -> np.ndarray:
    """For each token the column at which its word begins, or the window where it cuts into the word.

    *Shape:* (windows, length) -> the same
    """
    begins = ~vocabulary.continues_word[ids]
    begins[:, 0] = True
    # After a special token a piece begins a word of its own: what precedes it is not in the window.
    begins[:, 1:] |= ~vocabulary.is_ordinary[ids[:, :-1]]
    columns = np.where(begins, np.arange(ids.shape[1]), 0)
    return np.maximum.accumulate(columns, axis=1)


def _bits(seed: int, epoch: int, windows: np.ndarray, count: int) -> np.ndarray:
    """Random bits of each window, from Philox with a key of its own.  *Shape:* (windows, count), uint64"""
    common = key_of(seed, _NAME, epoch)
    return np.stack(
        [
            np.random.Philox(key=np.array([common, window], np.uint64)).random_raw(count)
            for window in windows.tolist()
        ]
    )


def _threshold(share: float) -> np.uint64:
    return np.uint64(int(share * 2.0**64))
