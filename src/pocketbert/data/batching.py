"""Updates for the training loop: length buckets, a token budget, fresh views, a reproducible order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pocketbert.augmentation import Engine, permutation
from pocketbert.augmentation.draw import key_of
from pocketbert.data.encoding import Encoder, Features, texts_of

if TYPE_CHECKING:
    import torch
    from datasets import Dataset

UPDATES_PER_CHUNK = 64
PREFETCHED_CHUNKS = 2


@dataclass(frozen=True)
class Batch:
    """Rows that go through the model at once.

    *Shape:* every tensor of `inputs` (rows, length); `labels` (rows,)
    """

    inputs: dict[str, torch.Tensor]
    labels: torch.Tensor

    @property
    def rows(self) -> int:
        return len(self.labels)

    @property
    def tokens(self) -> int:
        """Tokens that are not padding."""
        mask = self.inputs.get("attention_mask")
        return self.inputs["input_ids"].numel() if mask is None else int(mask.sum())

    def to(self, device: torch.device) -> Batch:
        inputs = {name: tensor.to(device, non_blocking=True) for name, tensor in self.inputs.items()}
        return Batch(inputs, self.labels.to(device, non_blocking=True))


def pad(features: list[Features], pad_token_id: int) -> dict[str, torch.Tensor]:
    """Inputs of a batch, padded to its longest row.  Without padding there is no mask to compute.

    *Shape:* (rows, length)
    """
    import torch

    lengths = np.array([len(row.input_ids) for row in features])
    shape = (len(features), int(lengths.max()))
    input_ids = np.full(shape, pad_token_id, np.int64)
    token_type_ids = np.zeros(shape, np.int64)
    for row, length, one in zip(range(len(features)), lengths, features, strict=True):
        input_ids[row, :length] = one.input_ids
        token_type_ids[row, :length] = one.token_type_ids
    inputs = {"input_ids": torch.from_numpy(input_ids), "token_type_ids": torch.from_numpy(token_type_ids)}
    if lengths.min() < shape[1]:
        mask = np.arange(shape[1]) < lengths[:, None]
        inputs["attention_mask"] = torch.from_numpy(mask.astype(np.int64))
    return inputs


def split_by_budget(lengths: list[int], token_budget: int) -> list[slice]:
    """Cut rows into slices of at most `token_budget` padded tokens (at least one row each), in their order."""
    slices, start, longest = [], 0, 0
    for row, length in enumerate(lengths):
        longest = max(longest, length)
        if row > start and (row + 1 - start) * longest > token_budget:
            slices.append(slice(start, row))
            start, longest = row, length
    slices.append(slice(start, len(lengths)))
    return slices


@lru_cache(maxsize=1)
def epoch_order(rows: int, seed: int, epoch: int) -> np.ndarray:
    """The order of rows in an epoch, kept while the epoch lasts: 8 bytes a row.  *Shape:* (rows,)"""
    return permutation(rows, seed=seed, epoch=epoch)


def labels_of(dataset: Dataset) -> np.ndarray:
    """The labels of a data set without its texts.  *Shape:* (rows,)"""
    labels: np.ndarray = dataset.select_columns(["label"]).with_format("numpy")[:]["label"]
    return labels


class Chunks:
    """A map from (epoch, chunk) to the updates of that chunk: a pure function, so any worker may answer it.

    The epoch travels with the index, because persistent workers hold a copy of this object.
    """

    def __init__(self, data: TrainingData) -> None:
        self.data = data

    def __getitem__(self, key: tuple[int, int]) -> list[list[Batch]]:
        return self.data.chunk(*key)


@dataclass(frozen=True)
class TrainingData:
    """What a stage trains on: every epoch in a new order and, with an engine, in new words.

    An update holds `batch_size` rows of similar length.  One whose padded size is over `token_budget`
    comes as several batches whose gradients are to be added up.
    """

    dataset: Dataset
    encoder: Encoder
    engine: Engine | None
    seed: int
    epochs: int
    batch_size: int
    token_budget: int
    workers: int = 0

    @property
    def updates_per_epoch(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def chunk(self, epoch: int, index: int) -> list[list[Batch]]:
        """The updates of one chunk, each a list of batches."""
        size = UPDATES_PER_CHUNK * self.batch_size
        first = index * size
        order = epoch_order(len(self.dataset), self.seed, epoch)[first : first + size]
        rows = self.dataset[order.tolist()]
        texts = texts_of(rows)
        if self.engine is not None:
            texts = [
                self.engine.view(
                    text, epoch=epoch, row=int(row), progress=(epoch + rank / len(self.dataset)) / self.epochs
                ).texts
                for rank, (row, text) in enumerate(zip(order, texts, strict=True), start=first)
            ]
        features, labels = self.encoder(texts), np.asarray(rows["label"])
        lengths = np.array([len(one.input_ids) for one in features])
        by_length = np.argsort(lengths, kind="stable")
        updates = [by_length[at : at + self.batch_size] for at in range(0, len(by_length), self.batch_size)]
        shuffled = permutation(len(updates), seed=key_of(self.seed, 1 + index), epoch=epoch)
        return [self._batches(updates[at], features, labels, lengths) for at in shuffled]

    def _batches(
        self, members: np.ndarray, features: list[Features], labels: np.ndarray, lengths: np.ndarray
    ) -> list[Batch]:
        import torch

        return [
            Batch(
                pad([features[at] for at in members[part]], self.encoder.pad_token_id),
                torch.from_numpy(labels[members[part]]),
            )
            for part in split_by_budget(lengths[members].tolist(), self.token_budget)
        ]

    def updates(self, start: int = 0) -> Iterator[list[Batch]]:
        """Updates from number `start` of the whole stage on: the same ones whatever came before."""
        from torch.utils.data import DataLoader

        chunks_per_epoch = -(-self.updates_per_epoch // UPDATES_PER_CHUNK)
        epoch, within = divmod(start, self.updates_per_epoch)
        first, skipped = divmod(within, UPDATES_PER_CHUNK)
        keys = [(epoch, chunk) for epoch in range(self.epochs) for chunk in range(chunks_per_epoch)]
        parallel: dict[str, Any] = {}
        if self.workers:
            parallel = {"prefetch_factor": PREFETCHED_CHUNKS, "worker_init_fn": leave_interrupts_to_the_loop}
        loader = DataLoader(
            Chunks(self),  # type: ignore[arg-type]  # a map-style data set needs no length when its keys are given
            sampler=keys[epoch * chunks_per_epoch + first :],
            batch_size=None,
            num_workers=self.workers,
            **parallel,
        )
        for chunk in loader:
            yield from chunk[skipped:]
            skipped = 0


def leave_interrupts_to_the_loop(worker: int) -> None:
    """Ctrl-C reaches every process of the terminal; only the training loop may answer it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
