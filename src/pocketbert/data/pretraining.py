"""Updates of pre-training: windows of a tokenised corpus, masked afresh every epoch, in a reproducible order."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.data.masking import MaskingSettings, masked
from pocketbert.data.sentence_pairs import paired
from pocketbert.data.shards import Stream
from pocketbert.data.vocabulary import Vocabulary
from pocketbert.data.windows import Windows
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.wording import counted

if TYPE_CHECKING:
    import torch


SHORTEST = 8


@dataclass(frozen=True)
class PretrainingBatch:
    """Windows that go through the model at once, as the student reads them and as they were.

    *Shape:* every tensor of `inputs`, `original_ids` and `asked` (rows, length); `places` (asked places,),
    counted through rows x length; `next_sentence` (rows,), 0 where the second part follows the first, else 1
    """

    inputs: dict[str, torch.Tensor]
    original_ids: torch.Tensor
    asked: torch.Tensor
    places: torch.Tensor
    next_sentence: torch.Tensor | None = None

    @classmethod
    def of(
        cls,
        inputs: dict[str, torch.Tensor],
        original_ids: torch.Tensor,
        asked: torch.Tensor,
        next_sentence: torch.Tensor | None = None,
    ) -> PretrainingBatch:
        """A batch whose `places` are those that `asked` marks."""
        return cls(inputs, original_ids, asked, asked.flatten().nonzero().squeeze(1), next_sentence)

    @property
    def rows(self) -> int:
        return len(self.original_ids)

    @property
    def tokens(self) -> int:
        """Tokens of all windows; none is padding."""
        return self.original_ids.numel()

    @property
    def asked_ids(self) -> torch.Tensor:
        """The tokens that are asked for.  *Shape:* (asked places,)"""
        return self.original_ids.flatten()[self.places]

    @property
    def original_inputs(self) -> dict[str, torch.Tensor]:
        """Inputs of a teacher that reads the text unmasked."""
        return {**self.inputs, "input_ids": self.original_ids}

    def select(self, rows: slice) -> PretrainingBatch:
        """Some rows of the batch."""
        return PretrainingBatch.of(
            {name: tensor[rows] for name, tensor in self.inputs.items()},
            self.original_ids[rows],
            self.asked[rows],
            None if self.next_sentence is None else self.next_sentence[rows],
        )

    def to(self, device: torch.device) -> PretrainingBatch:
        def moved(tensor: torch.Tensor) -> torch.Tensor:
            return tensor.to(device, non_blocking=True)

        return PretrainingBatch(
            {name: moved(tensor) for name, tensor in self.inputs.items()},
            moved(self.original_ids),
            moved(self.asked),
            moved(self.places),
            None if self.next_sentence is None else moved(self.next_sentence),
        )


@dataclass(frozen=True)
class PretrainingData:
    """What a stage of pre-training reads: every epoch the whole corpus, cut, ordered and masked anew.

    An update holds `batch_size` windows of the longest of `lengths`, or as many tokens in more windows of a
    shorter one; the lengths are taken in turn.  What is over `token_budget` comes as several batches.

    Give `epochs`, or `steps` to stop after so many updates, however many epochs that takes: all of them then
    count as one epoch, so that `updates_per_epoch` x `epochs` is the number of updates either way.

    Raises:
        ArgumentError: a window is too short, or whole words are wanted and the vocabulary tells none.
        PocketBertError: the corpus has less text than one update.
    """

    stream: Stream
    vocabulary: Vocabulary
    seed: int
    batch_size: int
    epochs: int = 1
    steps: int | None = None
    lengths: tuple[int, ...] = (128,)
    token_budget: int = 8192
    masking: MaskingSettings = field(default_factory=MaskingSettings)
    next_sentence: bool = False

    def __post_init__(self) -> None:
        if min(self.lengths) < SHORTEST:
            raise ArgumentError(
                f"windows of {min(self.lengths)} tokens are too short; choose {SHORTEST} or more"
            )
        if self.masking.whole_words and not self.vocabulary.continues_word.any():
            raise ArgumentError(
                "the tokenizer does not mark pieces of words with ##; set masking.whole_words to false"
            )
        if self.windows.updates_per_epoch == 0:
            needed = self.windows.cell * self.batch_size
            raise PocketBertError(
                f"{self.stream.where}: the text has {counted(self.stream.tokens, 'token')} to learn from, fewer "
                f"than the {needed:,} of one update; add text, or choose a smaller batch size or shorter windows"
            )
        if self.steps is not None:
            object.__setattr__(self, "epochs", 1)

    @property
    def windows(self) -> Windows:
        """Where each epoch cuts the stream; [CLS] and one or two [SEP] stand around the text of a window."""
        special = 3 if self.next_sentence else 2
        return Windows(self.stream.tokens, self.lengths, special, self.batch_size, self.seed)

    @property
    def updates_per_epoch(self) -> int:
        return self.windows.updates_per_epoch if self.steps is None else self.steps

    def updates(self, start: int = 0) -> Generator[list[PretrainingBatch], None, None]:
        """Updates from number `start` of the whole stage on: the same ones whatever came before."""
        for step in range(start, self.epochs * self.updates_per_epoch):
            whole = self.update(*divmod(step, self.windows.updates_per_epoch))
            at_once = max(1, self.token_budget // whole.original_ids.shape[1])
            yield [whole.select(slice(row, row + at_once)) for row in range(0, whole.rows, at_once)]

    def update(self, epoch: int, number: int) -> PretrainingBatch:
        """One update of an epoch, whole."""
        import torch

        starts, length = self.windows.update(epoch, number)
        inputs: dict[str, np.ndarray] = {}
        labels: np.ndarray | None = None
        if self.next_sentence:
            ids, types, labels = paired(
                self.stream, starts, length, self.vocabulary, seed=self.seed, epoch=epoch
            )
            inputs["token_type_ids"] = types
        else:
            ids = np.empty((len(starts), length), np.int64)
            ids[:, 0], ids[:, -1] = self.vocabulary.cls, self.vocabulary.sep
            ids[:, 1:-1] = self.stream.read(starts, length - 2)
        read, asked = masked(ids, starts, self.vocabulary, self.masking, seed=self.seed, epoch=epoch)
        inputs["input_ids"] = read
        return PretrainingBatch.of(
            {name: torch.from_numpy(values) for name, values in inputs.items()},
            torch.from_numpy(ids),
            torch.from_numpy(asked),
            None if labels is None else torch.from_numpy(labels),
        )
