"""A corpus as token ids on disk: tokenised once, mapped into memory, read as one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pocketbert.data.corpus import Corpus, Passage
from pocketbert.data.manifest import ANEW, Manifest, Shard
from pocketbert.data.vocabulary import fingerprint_of_tokenizer
from pocketbert.errors import ArgumentError, PocketBertError, disk_refusal
from pocketbert.writing import PARTIAL

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TOKENS_PER_SHARD = 1 << 22
PASSAGES_AT_ONCE = 4096

Progress = Callable[[int], None]
"""Hears how many tokens are on disk."""


class Stream(Protocol):
    """Tokens of a corpus, end to end: all of them or a part."""

    @property
    def tokens(self) -> int: ...
    @property
    def where(self) -> str:
        """The texts, for people."""

    def read(self, starts: np.ndarray, length: int) -> np.ndarray:
        """Tokens from each start on; after the last token comes the first.

        *Shape:* starts (windows,) -> (windows, length), int64
        """

    def breaks(self, start: int, stop: int) -> np.ndarray:
        """Places from `start` to before `stop` where a passage begins within its document.  *Shape:* (breaks,)"""

    def next_passage(self, place: int) -> int:
        """Where the first passage at or after a place begins."""


class TokenStream:
    """The tokens of all shards of a folder, end to end, and where the passages of the corpus begin.

    Mapped into memory: reading costs what is read.  A copy in another process maps the files again.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        dtype = np.dtype(manifest.dtype)
        self._tokens = [_mapped(folder / shard.file, dtype, shard.tokens) for shard in manifest.shards]
        self._passages = [
            _mapped(_passage_file(folder / shard.file), np.dtype("<u4"), shard.passages)
            for shard in manifest.shards
        ]
        self._ends = np.cumsum([shard.tokens for shard in manifest.shards])

    def __reduce__(self) -> tuple[Any, ...]:
        return TokenStream, (self.folder, self.manifest)

    @property
    def tokens(self) -> int:
        return int(self._ends[-1])

    @property
    def where(self) -> str:
        """The texts, for people."""
        names = [source["name"] for source in self.manifest.sources]
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"

    def read(self, starts: np.ndarray, length: int) -> np.ndarray:
        """Tokens from each start on; after the last token of the corpus comes its first.

        *Shape:* starts (windows,) -> (windows, length), int64
        """
        found = np.empty((len(starts), length), np.int64)
        for row, start in enumerate(starts.tolist()):
            filled = 0
            while filled < length:
                shard, place = self._locate((start + filled) % self.tokens)
                part = self._tokens[shard][place : place + length - filled]
                found[row, filled : filled + len(part)] = part
                filled += len(part)
        return found

    def breaks(self, start: int, stop: int) -> np.ndarray:
        """Places from `start` to before `stop` where a passage begins within its document, all in one shard.

        *Shape:* (breaks,)
        """
        if start >= self.tokens:
            return np.empty(0, np.int64)
        shard, place = self._locate(start)
        passages = self._passages[shard]
        first, last = np.searchsorted(passages, [place << 1, (place + stop - start) << 1])
        inside = np.asarray(passages[first:last], np.int64)
        found: np.ndarray = (inside[(inside & 1) == 0] >> 1) + (start - place)
        return found

    def next_passage(self, place: int) -> int:
        """Where the first passage at or after a place begins; the start of the next shard where there is none."""
        shard, within = self._locate(place)
        passages = self._passages[shard]
        at = int(np.searchsorted(passages, within << 1))
        if at < len(passages):
            return place - within + (int(passages[at]) >> 1)
        return int(self._ends[shard]) % self.tokens

    def _locate(self, place: int) -> tuple[int, int]:
        shard = int(np.searchsorted(self._ends, place, side="right"))
        return shard, place - (int(self._ends[shard - 1]) if shard else 0)


def open_shards(folder: Path, tokenizer: PreTrainedTokenizerBase) -> TokenStream:
    """The stream of finished shards.

    Raises:
        ArgumentError: there are none, they are not finished, or another tokenizer made them.
        PocketBertError: a file is damaged.
    """
    manifest = Manifest.read(folder)
    if manifest is None or not manifest.finished:
        raise ArgumentError(f"{folder} holds no finished shards; name the corpus to make them from")
    manifest.require_tokenizer(folder, fingerprint_of_tokenizer(tokenizer))
    return TokenStream(folder, manifest)


def prepare_shards(
    corpus: Corpus,
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    *,
    tokens_per_shard: int = TOKENS_PER_SHARD,
    progress: Progress | None = None,
) -> TokenStream:
    """Tokenise a corpus into shards, or go on where a killed process stopped, or open what is there.

    A shard and the manifest that lists it appear whole or not at all; only one process may write a folder.

    Raises:
        ArgumentError: the folder holds shards of another corpus or another tokenizer.
        PocketBertError: the corpus cannot be read or has no text, or the disk refuses.
    """
    sources, fingerprint = corpus.sources(), fingerprint_of_tokenizer(tokenizer)
    manifest = Manifest.read(folder)
    if manifest is None or not manifest.shards:
        largest = max(tokenizer.get_vocab().values())
        manifest = Manifest(
            tokenizer=fingerprint, sources=sources, dtype="<u2" if largest < 1 << 16 else "<u4"
        )
    manifest.require_tokenizer(folder, fingerprint)
    manifest.require_sources(folder, sources)
    if not manifest.finished:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            manifest.write(folder)  # says whose the folder is, should the first shard be cut short
            for written in grown(manifest, corpus, tokenizer, folder, tokens_per_shard):
                written.write(folder)
                manifest = written
                if progress is not None:
                    progress(manifest.tokens)
        except OSError as error:
            raise PocketBertError(
                f"cannot write tokens to {folder}: {disk_refusal(error)}, then the same command goes on"
            ) from None
    return TokenStream(folder, manifest)


def grown(
    manifest: Manifest,
    corpus: Corpus,
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    tokens_per_shard: int,
) -> Iterator[Manifest]:
    """The manifest after each shard that is written, the last time as finished."""
    passages = islice(corpus.passages(), sum(shard.read for shard in manifest.shards), None)
    while (shard := _write_shard(passages, tokenizer, folder, manifest, tokens_per_shard)) is not None:
        manifest = manifest.with_shard(shard)
        yield manifest
    if not manifest.shards:
        raise PocketBertError(f"{corpus.where} has no text that the tokenizer knows")
    yield manifest.model_copy(update={"finished": True})


def _write_shard(
    passages: Iterator[Passage],
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    manifest: Manifest,
    tokens_wanted: int,
) -> Shard | None:
    """Write the next shard; None where no text is left."""
    final = folder / f"{len(manifest.shards):05d}.tokens"
    files = final, _passage_file(final)
    partial = tuple(file.with_name(f"{PARTIAL}{file.name}") for file in files)
    tokens = read = begun = 0
    with partial[0].open("wb") as token_file, partial[1].open("wb") as passage_file:
        while tokens < tokens_wanted and (batch := list(islice(passages, PASSAGES_AT_ONCE))):
            encoded = token_ids(tokenizer, batch)
            lengths = np.array([len(ids) for ids in encoded])
            starts = tokens + np.cumsum(lengths) - lengths
            marks = (starts << 1 | [passage.opens for passage in batch])[lengths > 0]
            token_file.write(np.fromiter(chain.from_iterable(encoded), manifest.dtype).tobytes())
            passage_file.write(marks.astype("<u4").tobytes())
            tokens, read, begun = tokens + int(lengths.sum()), read + len(batch), begun + len(marks)
    if not tokens:
        for path in partial:
            path.unlink()
        return None
    for path, target in zip(partial, files, strict=True):
        path.replace(target)
    return Shard(file=final.name, tokens=tokens, passages=begun, read=read)


def token_ids(tokenizer: PreTrainedTokenizerBase, passages: Iterable[Passage]) -> list[list[int]]:
    """Token ids of each passage; what looks like a special token in the text is text."""
    encoded = tokenizer(
        [passage.text for passage in passages],
        add_special_tokens=False,
        split_special_tokens=True,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )
    ids: list[list[int]] = encoded["input_ids"]
    return ids


def _passage_file(tokens: Path) -> Path:
    return tokens.with_suffix(".passages")


def _mapped(path: Path, dtype: np.dtype[Any], count: int) -> np.ndarray:
    size = path.stat().st_size if path.is_file() else -1
    if size != count * dtype.itemsize:
        problem = "is missing" if size < 0 else f"has {size:,} bytes, not {count * dtype.itemsize:,}"
        raise PocketBertError(f"{path} {problem}; {ANEW}")
    return np.memmap(path, dtype, "r", shape=(count,))
