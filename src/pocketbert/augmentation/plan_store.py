"""Plans by the content of their texts: in memory, or in a folder of Arrow files that are mapped when they are read.

A file is written whole or not at all and is never changed: a killed process costs the plans it had not written,
and several may fill one folder at a time.
"""

import os
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from zlib import crc32

from typing_extensions import Buffer

from pocketbert.writing import whole

_KEY = 16  # bytes
_HEAD = 8  # bytes of a key by which it is looked up
_ROW = (1 << 32) - 1
_CHECKSUM = b"checksum"


def key_of_text(text: str) -> bytes:
    """What a text is known by."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY).digest()


@dataclass(frozen=True)
class Segment:
    """Some records and their keys.  `path`: the file that holds them, from which another process maps them."""

    keys: memoryview
    starts: memoryview
    records: memoryview
    path: Path | None = None

    @classmethod
    def of(cls, keys: Sequence[bytes], records: Sequence[bytes]) -> "Segment":
        """A segment in memory."""
        import numpy as np

        starts = np.fromiter(accumulate(map(len, records), initial=0), np.int64, len(records) + 1)
        return cls(memoryview(b"".join(keys)), starts.data, memoryview(b"".join(records)))

    @classmethod
    def read(cls, path: Path) -> "Segment":
        """A segment mapped from its file.  Raises: ValueError or OSError where the file is damaged."""
        import numpy as np
        import pyarrow

        with pyarrow.memory_map(str(path)) as source:
            batch = pyarrow.ipc.open_file(source).get_batch(0)
        rows = batch.num_rows
        _, keys = batch.column("key").buffers()
        _, starts, records = batch.column("plan").buffers()
        keys, starts = keys[: rows * _KEY], starts[: (rows + 1) * _HEAD]  # Arrow may pad them
        told = (batch.schema.metadata or {}).get(_CHECKSUM, b"")
        if told != _checksum(keys, starts, records):
            raise ValueError(f"{path} is damaged")
        return cls(memoryview(keys), np.frombuffer(starts, np.int64).data, memoryview(records), path)

    def write(self, folder: Path) -> "Segment":
        """The same segment, mapped from a new file in `folder`.  Raises: OSError."""
        import pyarrow

        starts, records = pyarrow.py_buffer(self.starts), pyarrow.py_buffer(self.records)
        rows, keys = len(self), pyarrow.py_buffer(self.keys)
        batch = pyarrow.record_batch(
            [
                pyarrow.Array.from_buffers(pyarrow.binary(_KEY), rows, [None, keys]),
                pyarrow.Array.from_buffers(pyarrow.large_binary(), rows, [None, starts, records]),
            ],
            names=["key", "plan"],
        )
        batch = batch.replace_schema_metadata({_CHECKSUM: _checksum(keys, starts, records)})
        path = folder / f"{blake2b(self.keys, digest_size=8).hexdigest()}-{os.getpid()}.arrow"
        with whole(path) as partial, pyarrow.ipc.new_file(str(partial), batch.schema) as writer:
            writer.write_batch(batch)
        return Segment.read(path)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def key(self, row: int) -> bytes:
        return self.keys[row * _KEY : (row + 1) * _KEY].tobytes()

    def record(self, row: int) -> bytes:
        return self.records[self.starts[row] : self.starts[row + 1]].tobytes()

    def __reduce__(self) -> tuple[object, ...]:
        if self.path is not None:
            return Segment.read, (self.path,)
        rows = range(len(self))
        return Segment.of, ([self.key(row) for row in rows], [self.record(row) for row in rows])


def _checksum(*buffers: Buffer) -> bytes:
    total = 0
    for buffer in buffers:
        total = crc32(buffer, total)
    return str(total).encode()


class PlanStore:
    """Records of plans by the keys of their texts.  `folder`: where they are kept; None, in memory alone.

    A damaged file is taken away, and its plans are missing again; a disk that refuses a file leaves its plans in
    memory, since nothing but time is lost.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._segments: list[Segment] = []
        if folder is not None:
            for path in sorted(folder.glob("*.arrow")):
                try:
                    self._segments.append(Segment.read(path))
                except (ValueError, OSError):  # Arrow's own errors are ValueErrors
                    with suppress(OSError):
                        path.unlink()
        self._index()

    def add(self, keys: Sequence[bytes], records: Sequence[bytes]) -> None:
        """Keep some records."""
        segment = Segment.of(keys, records)
        if self._folder is not None:
            with suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                segment = segment.write(self._folder)
        self._segments.append(segment)
        self._index()

    def get(self, text: str) -> bytes | None:
        """The record kept for a text."""
        return self._find(key_of_text(text))

    def missing(self, texts: Iterable[str]) -> dict[bytes, str]:
        """The texts of which nothing is kept, each once, by their keys."""
        found = {key_of_text(text): text for text in texts}
        return {key: text for key, text in found.items() if self._find(key) is None}

    def _find(self, key: bytes) -> bytes | None:
        head = int.from_bytes(key[:_HEAD], "little")
        at = bisect_left(self._heads, head)
        if at == len(self._heads) or self._heads[at] != head:
            return None
        segment, row = self._segments[self._places[at] >> 32], self._places[at] & _ROW
        return segment.record(row) if segment.key(row) == key else None

    def _index(self) -> None:
        """Eight bytes of every key, in order, and where the key stands: 16 bytes a text."""
        import numpy as np

        heads = [np.frombuffer(segment.keys, np.dtype("<u8"))[:: _KEY // _HEAD] for segment in self._segments]
        places = [np.arange(len(segment)) + (at << 32) for at, segment in enumerate(self._segments)]
        every = np.concatenate([np.empty(0, np.uint64), *heads])
        order = np.argsort(every, kind="stable")
        self._heads = every[order].data
        self._places = np.concatenate([np.empty(0, np.int64), *places])[order].data

    def __getstate__(self) -> dict[str, object]:
        return {"_folder": self._folder, "_segments": self._segments}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._index()
