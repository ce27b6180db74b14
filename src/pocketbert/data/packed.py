"""Text files as they stand or packed with gzip, xz or zstd, in blocks of text."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from pocketbert.errors import PocketBertError

_BLOCK = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def text_blocks(path: Path) -> Iterator[str]:
    """The text of a file, block by block, without a byte order mark.

    Raises:
        PocketBertError: the archive is damaged or cut off, or a byte is no UTF-8 text; it is named.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    for block in _blocks(path):
        if offset == 0 and block.startswith(_UTF16):
            raise PocketBertError(f"{path} is UTF-16; save it as UTF-8")
        pending = len(decoder.getstate()[0])
        nul = block.find(b"\0")
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            bad = error.start - pending
            if nul < 0 or bad < nul:
                byte = error.object[error.start]
                raise _no_text(path, f"byte 0x{byte:02x}, which is not UTF-8,", offset + bad) from None
        if nul >= 0:
            raise _no_text(path, "a NUL byte", offset + nul)
        if text:
            yield text.removeprefix("\ufeff") if offset == 0 else text
        offset += len(block)


def _no_text(path: Path, what: str, offset: int) -> PocketBertError:
    return PocketBertError(
        f"{path} is no text: {what} at byte {offset} of its content; save it as UTF-8, or leave it out"
    )


def _blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, unpacked; an empty block last."""
    import lzma
    import zlib

    try:
        with closing(_opened(path)) as file:
            while block := file.read(_BLOCK):
                yield block
            yield b""
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        cut = isinstance(error, EOFError) or "runcated" in str(error)
        what = "is cut off" if cut else f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise PocketBertError(f"{path} {what}; fetch it again") from None


def _opened(path: Path) -> Any:
    import gzip
    import lzma

    kind = path.suffix.lower()
    if kind == ".gz":
        return gzip.open(path)
    if kind == ".xz":
        return lzma.open(path)
    if kind == ".zst":
        import pyarrow

        return pyarrow.input_stream(str(path), compression="zstd")
    return path.open("rb")
