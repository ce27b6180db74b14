"""The text of a run: the part that trains, the stretch of it for each stage, the part held out."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.data.pretraining import PretrainingBatch, PretrainingData
from pocketbert.data.shards import TokenStream
from pocketbert.wording import counted

if TYPE_CHECKING:
    import torch

    from pocketbert.data.vocabulary import Vocabulary
    from pocketbert.distillation.settings import DistillationRecipe

WINDOWS_AT_ONCE = 8


@dataclass(frozen=True)
class PartOfStream:
    """A stretch of a stream of tokens, read as a stream of its own: after its last token comes its first."""

    stream: TokenStream
    first: int
    tokens: int

    @property
    def where(self) -> str:
        """The stream's own, and how much of it is not in this part."""
        left_out = counted(self.stream.tokens - self.tokens, "token")
        return f"{self.stream.where}, less {left_out} held out"

    def read(self, starts: np.ndarray, length: int) -> np.ndarray:
        """Tokens from each start on.  *Shape:* starts (windows,) -> (windows, length), int64"""
        found = self.stream.read(self.first + starts, length)
        for row in np.flatnonzero(starts + length > self.tokens):
            own = int(self.tokens - starts[row])
            found[row, own:] = self.read(np.array([0]), length - own)[0]
        return found

    def breaks(self, start: int, stop: int) -> np.ndarray:
        """Places from `start` to before `stop` where a passage begins.  *Shape:* (breaks,)"""
        return self.stream.breaks(self.first + start, self.first + min(stop, self.tokens)) - self.first

    def next_passage(self, place: int) -> int:
        """Where the first passage at or after a place begins."""
        return (self.stream.next_passage(self.first + place) - self.first) % self.tokens


@dataclass(frozen=True)
class Stretch:
    """Some consecutive updates of the text, as the data of one stage."""

    data: PretrainingData
    first: int
    count: int
    epochs: int = 1

    @property
    def updates_per_epoch(self) -> int:
        return self.count

    @property
    def sample(self) -> PretrainingBatch:
        """A single window of it."""
        whole: PretrainingBatch = next(self.data.updates(self.first))[0]
        return whole.select(slice(0, 1))

    def updates(self, start: int = 0) -> Generator[list[PretrainingBatch], None, None]:
        """Updates from number `start` of the stage on."""
        yield from islice(self.data.updates(self.first + start), self.count - start)


@dataclass(frozen=True)
class Texts:
    """Training windows and held-out windows of one stream."""

    recipe: DistillationRecipe
    stream: TokenStream
    vocabulary: Vocabulary

    @property
    def held_out_tokens(self) -> int:
        """At the end of the stream: the windows asked for, at most a tenth of the text, at least one window."""
        window = max(self.recipe.training.lengths)
        wanted = self.recipe.training.held_out_windows * window
        return max(window, min(wanted, self.stream.tokens // 10))

    def check(self) -> None:
        """Raise PocketBertError when the text is shorter than one update."""
        self.training(1)

    @property
    def fingerprint(self) -> str:
        """What tells this text, cut by this tokenizer, from another."""
        return sha256(self.stream.manifest.model_dump_json().encode()).hexdigest()

    def frequencies(self, tokens: int) -> torch.Tensor:
        """How often each token occurs among so many of the first.  *Shape:* (vocabulary,)"""
        import torch

        read = self.stream.read(np.array([0]), min(tokens, self.stream.tokens))[0]
        return torch.from_numpy(np.bincount(read, minlength=self.vocabulary.size))

    def training(self, steps: int) -> PretrainingData:
        """So many updates of training.  Raises PocketBertError when the text is shorter than one of them."""
        training = self.recipe.training
        tokens = max(0, self.stream.tokens - self.held_out_tokens)
        return self._data(0, tokens, training.batch_size, training.lengths, steps)

    def held_out(self) -> PretrainingData:
        """The held-out windows, each once, under masks that never change."""
        tokens, window = self.held_out_tokens, max(self.recipe.training.lengths)
        at_once = min(WINDOWS_AT_ONCE, tokens // window)
        return self._data(self.stream.tokens - tokens, tokens, at_once, (window,), None)

    def _data(
        self, first: int, tokens: int, batch_size: int, lengths: tuple[int, ...], steps: int | None
    ) -> PretrainingData:
        return PretrainingData(
            stream=PartOfStream(self.stream, first, tokens),
            vocabulary=self.vocabulary,
            seed=self.recipe.training.seed,
            batch_size=batch_size,
            steps=steps,
            lengths=lengths,
            token_budget=self.recipe.training.token_budget,
            masking=self.recipe.masking,
            next_sentence=self.recipe.schedule.next_sentence > 0,
        )
