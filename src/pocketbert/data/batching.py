"""Updates for the training loop: length buckets, a token budget, fresh views, a reproducible order."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import numpy as np

from pocketbert.augmentation import Engine, View, permutation
from pocketbert.augmentation.agreement import RETRY, Agreement, agreed
from pocketbert.augmentation.draw import key_of
from pocketbert.augmentation.engine import clean_view
from pocketbert.augmentation.pools import Pools
from pocketbert.data.batches import Batch, EncodedRows, split_by_budget
from pocketbert.data.encoding import Encoder, texts_of
from pocketbert.text.edits import Span

if TYPE_CHECKING:
    from datasets import Dataset
    from torch.utils.data import DataLoader

UPDATES_PER_CHUNK = 64
PREFETCHED_CHUNKS = 2


@lru_cache(maxsize=1)
def epoch_order(rows: int, seed: int, epoch: int) -> np.ndarray:
    """The order of rows in an epoch, kept while the epoch lasts: 8 bytes a row.  *Shape:* (rows,)"""
    return permutation(rows, seed=seed, epoch=epoch)


def labels_of(dataset: Dataset) -> np.ndarray:
    """The labels of a data set without its texts.  *Shape:* (rows,)"""
    labels: np.ndarray = dataset.select_columns(["label"]).with_format("numpy")[:]["label"]
    return labels


Kept = Sequence[tuple[int, Span]]
"""Spans of an example that stand in every view of it as they are, each after the number of its side."""


class ReadRows(NamedTuple):
    """Rows as the model reads them: one encoded row each or, of a long context, one for each of its windows.

    *Shape:* labels (encoded rows, ...); owners (encoded rows,): the row that each belongs to, in ascending order
    """

    encoded: EncodedRows
    labels: np.ndarray
    owners: np.ndarray


class LearnedWeights(Protocol):
    """The weights of the epoch at hand."""

    @property
    def current(self) -> Mapping[str, float]: ...


class RowReader(Protocol):
    """Makes of rows what a model is trained on."""

    def kept(self, rows: Mapping[str, Any]) -> Sequence[Kept]:
        """What views of each row keep."""

    def __call__(self, rows: Mapping[str, Any], views: Sequence[View]) -> ReadRows:
        """The rows encoded, as their views show them."""


@dataclass(frozen=True)
class LabelledRows:
    """Reads rows of texts with a label: one encoded row each, and nothing that views must keep."""

    encoder: Encoder

    def kept(self, rows: Mapping[str, Any]) -> Sequence[Kept]:
        return [()] * len(rows["label"])

    def __call__(self, rows: Mapping[str, Any], views: Sequence[View]) -> ReadRows:
        encoded = EncodedRows.of(self.encoder([view.texts for view in views]))
        return ReadRows(encoded, np.asarray(rows["label"]), np.arange(len(views)))


@dataclass(frozen=True)
class Chunk:
    """Some consecutive updates of an epoch, encoded but not yet padded.

    `updates` holds for each update its batches, each as numbers of encoded rows within the chunk.
    """

    rows: EncodedRows
    labels: np.ndarray
    updates: list[list[np.ndarray]]
    clean: EncodedRows | None = None
    """The same rows as clean text, one for one."""


class Chunks:
    """A map from (epoch, chunk) to the updates of that chunk: a pure function, so any worker may answer it.

    The epoch travels with the index, because persistent workers hold a copy of this object.
    """

    def __init__(self, data: TrainingData) -> None:
        self.data = data

    def __getitem__(self, key: tuple[int, int]) -> Chunk:
        return self.data.chunk(*key)


@dataclass(frozen=True)
class TrainingData:
    """What a stage trains on: every epoch in a new order and, with an engine, in new words.

    An update holds `batch_size` rows of similar length.  One whose padded size is over `token_budget`
    comes as several batches whose gradients are to be added up.
    """

    dataset: Dataset
    encoder: Encoder
    engine: Engine | Pools | None
    seed: int
    epochs: int
    batch_size: int
    token_budget: int
    workers: int = 0
    first_epoch: int = 0
    """Epochs of the stages before: each epoch of a run has an order and views of its own."""
    reader: RowReader | None = None
    """What makes encoded rows of rows; left out, one for texts with a label."""
    agreement: Agreement | None = None
    """What must agree with a view; a view that it rejects is drawn again, then left out."""
    with_clean: bool = False
    """Whether each row comes as clean text too, beside its view."""
    operator_weights: LearnedWeights | None = None
    """What operators are drawn by where that changes from epoch to epoch; left out, by the policy's own weights."""

    @property
    def updates_per_epoch(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def updates(self, start: int = 0) -> Generator[list[Batch], None, None]:
        """Updates from number `start` of the whole stage on: the same ones whatever came before."""
        chunks_per_epoch = -(-self.updates_per_epoch // UPDATES_PER_CHUNK)
        epoch, within = divmod(start, self.updates_per_epoch)
        first, skipped = divmod(within, UPDATES_PER_CHUNK)
        keys = [(epoch, chunk) for epoch in range(self.epochs) for chunk in range(chunks_per_epoch)]
        for chunk in self._chunks(keys[epoch * chunks_per_epoch + first :]):
            for batches in chunk.updates[skipped:]:
                yield [self._batch(chunk, members) for members in batches]
            skipped = 0

    def _chunks(self, keys: list[tuple[int, int]]) -> Iterator[Chunk]:
        """The chunks with these keys; where weights change between epochs, none is made before its epoch begins."""
        if self.engine is None or self.operator_weights is None:
            yield from self._loader(keys)
            return
        for _, of_epoch in groupby(keys, itemgetter(0)):
            engine = self.engine.weighted(dict(self.operator_weights.current))
            yield from replace(self, engine=engine, operator_weights=None)._loader(list(of_epoch))

    def chunk(self, epoch: int, index: int) -> Chunk:
        """The updates of one chunk."""
        size = UPDATES_PER_CHUNK * self.batch_size
        first = index * size
        number = self.first_epoch + epoch
        order = epoch_order(len(self.dataset), self.seed, number)[first : first + size]
        examples = self.dataset[order.tolist()]
        reader = self.reader or LabelledRows(self.encoder)
        views = self._views(examples, reader, order, epoch, first)
        read = reader(examples, views)
        rows, labels = read.encoded, read.labels
        longest = np.maximum.reduceat(rows.lengths, np.flatnonzero(np.diff(read.owners, prepend=-1)))
        by_length = np.argsort(longest, kind="stable")
        updates = [by_length[at : at + self.batch_size] for at in range(0, len(by_length), self.batch_size)]
        shuffled = permutation(len(updates), seed=key_of(self.seed, 1 + index), epoch=number)
        members = [self._split(_owned(updates[at], read), rows) for at in shuffled]
        if not self.with_clean:
            return Chunk(rows, labels, members)
        clean = reader(examples, [clean_view(texts) for texts in texts_of(examples)])
        return Chunk(rows, labels, members, clean.encoded)

    def _views(
        self, examples: Mapping[str, Any], reader: RowReader, order: np.ndarray, epoch: int, first: int
    ) -> list[View]:
        """The texts as this epoch shows them; `first` is the rank of the first of them in the epoch's order."""
        texts = texts_of(examples)
        if self.engine is None:
            return [clean_view(text) for text in texts]
        engine, kept = self.engine, reader.kept(examples)

        def draw(place: int, view: int = 0) -> View:
            return engine.view(
                texts[place],
                epoch=self.first_epoch + epoch,
                row=int(order[place]),
                view=view,
                progress=(epoch + (first + place) / len(self.dataset)) / self.epochs,
                kept=kept[place],
            )

        views = [draw(place) for place in range(len(texts))]
        if self.agreement is None:
            return views
        return agreed(texts, views, partial(draw, view=RETRY), self.agreement)

    def _split(self, update: np.ndarray, rows: EncodedRows) -> list[np.ndarray]:
        return [update[part] for part in split_by_budget(rows.lengths[update].tolist(), self.token_budget)]

    def _batch(self, chunk: Chunk, members: np.ndarray) -> Batch:
        import torch

        inputs = chunk.rows.padded(members, self.encoder.pad_token_id)
        labels = torch.from_numpy(chunk.labels[members])
        tokens = int(chunk.rows.lengths[members].sum())
        if chunk.clean is None:
            return Batch(inputs, labels, tokens)
        clean = chunk.clean.padded(members, self.encoder.pad_token_id)
        return Batch(inputs, labels, tokens + int(chunk.clean.lengths[members].sum()), clean)

    def _loader(self, keys: list[tuple[int, int]]) -> DataLoader[Chunk]:
        from torch.utils.data import DataLoader

        parallel: dict[str, Any] = {}
        if self.workers:
            parallel = {"prefetch_factor": PREFETCHED_CHUNKS, "worker_init_fn": leave_signals_to_the_loop}
        return DataLoader(
            cast("Dataset[Chunk]", Chunks(self)),  # which needs no length, as its keys are given
            sampler=keys,  # pairs in place of row numbers
            batch_size=None,
            num_workers=self.workers,
            **parallel,
        )


def _owned(rows: np.ndarray, read: ReadRows) -> np.ndarray:
    """The encoded rows of some rows, short ones first.  *Shape:* (rows,) -> (encoded rows,)"""
    first = np.searchsorted(read.owners, rows)
    beyond = np.searchsorted(read.owners, rows, side="right")
    owned = np.concatenate([np.arange(*ends) for ends in zip(first, beyond, strict=True)])
    return owned[np.argsort(read.encoded.lengths[owned], kind="stable")]


def leave_signals_to_the_loop(worker: int) -> None:
    """Ctrl-C reaches every process of the terminal: only the training loop answers it, and it ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
