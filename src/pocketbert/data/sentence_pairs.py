"""Next-sentence prediction: the second half of a window is what follows the first, or text from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pocketbert.augmentation.draw import Draws, key_of, number_of

if TYPE_CHECKING:
    from pocketbert.data.shards import Stream
    from pocketbert.data.vocabulary import Vocabulary

_NAME = number_of("next sentence")


def paired(
    stream: Stream, starts: np.ndarray, length: int, vocabulary: Vocabulary, *, seed: int, epoch: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows [CLS] first [SEP] second [SEP], their segment ids, and whether the second part is from elsewhere.

    The first part ends where a passage does, in the middle half of the window and within a document; where
    there is no such place it is half of the window.  In half of the windows another place of the corpus goes on
    (BERT, section 3.1).  Both depend on the seed, the epoch and the window's start alone.

    *Shape:* starts (windows,) -> (windows, length), (windows, length), (windows,)
    """
    text = length - 3
    ids = np.empty((len(starts), length), np.int64)
    types = np.zeros((len(starts), length), np.int64)
    labels = np.zeros(len(starts), np.int64)
    common = key_of(seed, _NAME, epoch)
    for row, start in enumerate(starts.tolist()):
        draws = Draws(key_of(common, start))
        ends = stream.breaks(start + text // 4, start + text - text // 4) - start
        first = draws.choose(ends.tolist()) if len(ends) else text // 2
        second = start + first
        if draws.below(2):
            labels[row] = 1
            second = stream.next_passage(draws.below(stream.tokens))
        middle = 1 + first
        ids[row, 0], ids[row, middle], ids[row, -1] = vocabulary.cls, vocabulary.sep, vocabulary.sep
        ids[row, 1:middle] = stream.read(np.array([start]), first)[0]
        ids[row, middle + 1 : -1] = stream.read(np.array([second]), text - first)[0]
        types[row, middle + 1 :] = 1
    return ids, types, labels
