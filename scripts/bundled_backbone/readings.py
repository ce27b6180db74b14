"""What teacher and student of the bundled backbone read: windows of text, sentences, pairs of sentences.

Everything is drawn by seed and update alone, so a run that was interrupted goes on with the very same text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from pocketbert.data.masking import MaskingSettings, masked
from pocketbert.data.shards import TokenStream
from pocketbert.data.vocabulary import Vocabulary

KINDS = ("pairs", "sentences", "sentences", "windows", "sentences", "sentences")  # of updates, in turn
TOKENS_IN_WINDOWS = 4096
WINDOW_LENGTHS = (64, 64, 64, 128, 64, 64, 256, 64, 64, 512)  # taken in turn, one length an update of windows
SENTENCES, PAIRS = 128, 64
LONGEST_SENTENCE = 48
MULTIPLE = 8  # the length of padded rows


@dataclass(frozen=True)
class Rows:
    """Token ids, what is no padding, and token types.  *Shape:* (rows, length) each, int64"""

    ids: torch.Tensor
    real: torch.Tensor
    types: torch.Tensor

    def to(self, device: torch.device) -> Rows:
        return Rows(self.ids.to(device), self.real.to(device), self.types.to(device))

    @property
    def inputs(self) -> dict[str, torch.Tensor]:
        return {"input_ids": self.ids, "attention_mask": self.real, "token_type_ids": self.types}


@dataclass(frozen=True)
class Reading:
    """One update: the text, how the student reads it, and the two sentences of each pair by themselves.

    *Shape:* read (rows, length), int64; asked the same, bool; is_pair (rows,), bool; apart: all first sentences, then
    all second ones
    """

    text: Rows
    read: torch.Tensor
    asked: torch.Tensor
    is_pair: torch.Tensor
    apart: Rows | None = None

    def to(self, device: torch.device) -> Reading:
        apart = None if self.apart is None else self.apart.to(device)
        tensors = (tensor.to(device) for tensor in (self.read, self.asked, self.is_pair))
        return Reading(self.text.to(device), *tensors, apart)


@dataclass(frozen=True)
class Readings:
    """The text of every update: pairs, sentences twice, windows, sentences twice, and again."""

    stream: TokenStream
    vocabulary: Vocabulary
    words: np.ndarray
    """Tokens that stand for words of two or more letters, or the beginnings of such words."""
    seed: int
    masking: MaskingSettings = field(default_factory=MaskingSettings)

    def __getitem__(self, step: int) -> Reading:
        kind = KINDS[step % len(KINDS)]
        return {"pairs": self.pairs, "sentences": self.sentences, "windows": self.windows}[kind](step)

    def windows(self, step: int) -> Reading:
        """Stretches of text from anywhere.  Every second one is a pair; in every second pair the other segment comes
        from elsewhere.  The first half of the windows is masked.
        """
        length = WINDOW_LENGTHS[step // len(KINDS) % len(WINDOW_LENGTHS)]
        count = TOKENS_IN_WINDOWS // length
        draw = self._draw(step)
        starts = draw.integers(self.stream.tokens, size=count)
        ids, types = self.stream.read(starts, length), np.zeros((count, length), np.int64)
        for row in range(0, count, 2):
            split = int(draw.integers(length // 4, length - length // 4))
            if row % 4:
                elsewhere = draw.integers(self.stream.tokens, size=1)
                ids[row, split:] = self.stream.read(elsewhere, length - split)[0]
            ids[row, split - 1], types[row, split:] = self.vocabulary.sep, 1
        ids[:, 0], ids[:, -1] = self.vocabulary.cls, self.vocabulary.sep
        read, asked = ids.copy(), np.zeros(ids.shape, bool)
        half = count // 2
        read[:half], asked[:half] = masked(
            ids[:half], starts[:half], self.vocabulary, self.masking, seed=self.seed, epoch=step
        )
        rows = Rows(*map(torch.from_numpy, (ids, np.ones_like(ids), types)))
        return Reading(rows, torch.from_numpy(read), torch.from_numpy(asked), rows.types.any(1))

    def sentences(self, step: int) -> Reading:
        """Sentences or parts of them, half of them with other words in places: the teacher knows what they mean."""
        draw = self._draw(step)
        rows = self._rows([self._sentence(draw) for _ in range(SENTENCES)])
        return Reading(
            rows, rows.ids, torch.zeros_like(rows.ids, dtype=torch.bool), torch.zeros(SENTENCES).bool()
        )

    def pairs(self, step: int) -> Reading:
        """Two sentences, alike to any degree: the one is the other's distorted copy, or stands near it, or anywhere."""
        draw = self._draw(step)
        firsts, seconds = zip(*(self._pair(draw) for _ in range(PAIRS)), strict=True)
        rows = self._rows(firsts, seconds)
        nothing = torch.zeros_like(rows.ids, dtype=torch.bool)
        return Reading(rows, rows.ids, nothing, torch.ones(PAIRS).bool(), self._rows(firsts + seconds))

    def _draw(self, step: int) -> np.random.Generator:
        return np.random.Generator(np.random.Philox(key=[self.seed, step]))

    def _sentence(self, draw: np.random.Generator) -> np.ndarray:
        tokens = self._passage(int(draw.integers(self.stream.tokens)))
        most = int(draw.integers(4, LONGEST_SENTENCE))
        if len(tokens) > most:
            first = int(draw.integers(len(tokens) - most + 1)) if draw.random() < 0.5 else 0
            tokens = tokens[first : first + most]
        fate, share = draw.random(2)
        if fate < 0.5:
            tokens = self._with_others(tokens, share, draw, from_text=fate < 0.1)
        return tokens

    def _pair(self, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        place = int(draw.integers(self.stream.tokens))
        first = self._passage(place)
        kind = draw.random()
        if kind < 0.55:
            second = self._distorted(first, place, draw)
        elif kind < 0.85:
            second = self._passage(place, int(draw.integers(1, 2 if kind < 0.7 else 12)))
        else:
            second = self._passage(int(draw.integers(self.stream.tokens)))
        pair = first[:LONGEST_SENTENCE], second[:LONGEST_SENTENCE]
        return pair if draw.random() < 0.5 else pair[::-1]

    def _distorted(self, tokens: np.ndarray, place: int, draw: np.random.Generator) -> np.ndarray:
        """A copy that lost words, has others, is a part, goes on with the next sentence, or is turned round."""
        dropped, replaced = draw.random(2) ** 2 * 0.7
        if draw.random() < 0.5:
            length = int(draw.integers(min(3, len(tokens)), len(tokens) + 1))
            first = int(draw.integers(len(tokens) - length + 1))
            tokens = tokens[first : first + length]
        kept = tokens[draw.random(len(tokens)) >= dropped]
        tokens = self._with_others(kept if len(kept) else tokens, replaced, draw, from_text=True)
        if draw.random() < 0.3:
            following = self._passage(place, int(draw.integers(1, 3)))
            following = following[: int(draw.integers(len(following) + 1))]
            both = (tokens, following) if draw.random() < 0.5 else (following, tokens)
            tokens = np.concatenate(both)
        if draw.random() < 0.3 and len(tokens) > 4:
            tokens = np.roll(tokens, int(draw.integers(1, len(tokens))))
        return tokens

    def _with_others(
        self, tokens: np.ndarray, share: float, draw: np.random.Generator, *, from_text: bool
    ) -> np.ndarray:
        """Some tokens replaced, as often as they occur in the text, or all words alike."""
        tokens = tokens.copy()
        places = np.flatnonzero(draw.random(len(tokens)) < share)
        if from_text:
            tokens[places] = self.stream.read(draw.integers(self.stream.tokens, size=len(places)), 1)[:, 0]
        else:
            tokens[places] = draw.choice(self.words, len(places))
        return tokens

    def _passage(self, place: int, following: int = 0) -> np.ndarray:
        """The first sentence of four tokens or more that begins at or after a place, or one that follows it."""
        while True:
            start = self.stream.next_passage(place)
            stop = self.stream.next_passage((start + 1) % self.stream.tokens)
            place = stop
            if stop - start >= 4:
                if not following:
                    return self.stream.read(np.array([start]), min(stop - start, 2 * LONGEST_SENTENCE))[0]
                following -= 1

    def _rows(self, firsts: tuple | list, seconds: tuple | list = ()) -> Rows:
        """[CLS] first [SEP], or [CLS] first [SEP] second [SEP], padded to one length."""
        opens, ends = [self.vocabulary.cls], [self.vocabulary.sep]
        texts = [np.concatenate([opens, tokens, ends]) for tokens in firsts]
        others = [np.concatenate([tokens, ends]) for tokens in seconds] or [np.empty(0, np.int64)] * len(
            texts
        )
        longest = max(len(text) + len(other) for text, other in zip(texts, others, strict=True))
        shape = len(texts), -(-longest // MULTIPLE) * MULTIPLE
        ids, real, types = (
            np.full(shape, self.vocabulary.pad),
            np.zeros(shape, np.int64),
            np.zeros(shape, np.int64),
        )
        for row, (text, other) in enumerate(zip(texts, others, strict=True)):
            end = len(text) + len(other)
            ids[row, :end], real[row, :end], types[row, len(text) : end] = np.concatenate([text, other]), 1, 1
        return Rows(*map(torch.from_numpy, (ids, real, types)))


def words_of(tokens: dict[str, int]) -> np.ndarray:
    """Ids of tokens that are two letters or more of plain Latin script."""
    return np.array(
        sorted(number for word, number in tokens.items() if (part := word.removeprefix("##")).isascii()
               and part.isalpha() and len(part) > 1)
    )  # fmt: skip
