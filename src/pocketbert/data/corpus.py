"""Plain text for pre-training: files, packed or not, JSONL, folders and hub sets, read as a stream of passages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from pocketbert.data.json_records import parsed_lines
from pocketbert.data.packed import text_blocks
from pocketbert.data.settings import CorpusSettings
from pocketbert.data.stored import hub_stream
from pocketbert.errors import ArgumentError, PocketBertError, unknown_name

HUB = "hub:"
PACKED = (".gz", ".xz", ".zst")
RECORDS = (".jsonl", ".ndjson")
LONGEST_PASSAGE = 1 << 16  # characters; a longer line comes in parts
_SAMPLES, _SAMPLE = 8, 1 << 18


class Passage(NamedTuple):
    """A line of text, and whether it opens a document."""

    text: str
    opens: bool


@dataclass(frozen=True)
class Corpus:
    """The texts that settings name, in their order, the files of a folder in the order of their names."""

    settings: CorpusSettings

    @property
    def where(self) -> str:
        """The corpus, for people."""
        names = self.settings.sources
        return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"

    def passages(self) -> Iterator[Passage]:
        """Every line that is not blank; a blank line, a new file and a new record end a document.

        Raises:
            ArgumentError: a source does not exist, or a record lacks the field of the text.
            PocketBertError: a source is empty, damaged or no text.
        """
        for source in self.settings.sources:
            if source.startswith(HUB):
                yield from self._of_hub(source)
            else:
                for path in files_of(source):
                    yield from self._of_file(path)

    def documents(self) -> Iterator[str]:
        """Every document, its passages on a line each; one document is held in memory."""
        lines: list[str] = []
        for passage in self.passages():
            if passage.opens and lines:
                yield "\n".join(lines)
                lines = []
            lines.append(passage.text)
        if lines:
            yield "\n".join(lines)

    def sources(self) -> list[dict[str, Any]]:
        """What tells one state of each source from another: names and contents, not places and times."""
        described: list[dict[str, Any]] = []
        for source in self.settings.sources:
            if source.startswith(HUB):
                described.append(
                    {
                        "name": source,
                        "split": self.settings.split,
                        "field": self.settings.field,
                        "revision": self.settings.revision,
                    }
                )
                continue
            for path in files_of(source):
                entry: dict[str, Any] = {"name": path.name, "bytes": path.stat().st_size}
                if _kind(path) in RECORDS:
                    entry["field"] = self.settings.field
                described.append({**entry, "sample": hash_of_sample(path)})
        return described

    def _of_file(self, path: Path) -> Iterator[Passage]:
        if path.stat().st_size == 0:
            raise PocketBertError(f"{path} is empty")
        found = self._of_records(path) if _kind(path) in RECORDS else _passages(text_lines(path))
        first = next(found, None)
        if first is None:
            raise PocketBertError(f"{path} has no text")
        yield first
        yield from found

    def _of_records(self, path: Path) -> Iterator[Passage]:
        field = self.settings.field
        for number, record in parsed_lines(str(path), text_lines(path, longest=None)):
            if field not in record:
                raise ArgumentError(f"{path}: line {number}: {unknown_name('field', field, record)}")
            text = record[field]
            if text is not None and not isinstance(text, str):
                raise PocketBertError(f"{path}: line {number}: the field '{field}' is not text")
            yield from _document(text or "")

    def _of_hub(self, source: str) -> Iterator[Passage]:
        name, _, config = source.removeprefix(HUB).partition(":")
        field = self.settings.field
        empty = True
        for text in hub_stream(name, config or None, self.settings.split, self.settings.revision, field):
            for passage in _document(text):
                empty = False
                yield passage
        if empty:
            raise PocketBertError(f"{source} has no text in split '{self.settings.split}'")


def files_of(source: str) -> list[Path]:
    """The file that a source names, or all files of a folder and the folders in it, in the order of their names.

    Raises:
        ArgumentError: there is no such file or folder, or it is a folder without files.
    """
    path = Path(source).expanduser()
    try:
        if path.is_file():
            path.open("rb").close()
            return [path]
        if not path.is_dir():
            names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
            nearest = get_close_matches(path.name, names, n=1)
            hint = unknown_name("file", path.name, nearest) if nearest else "no such file or folder"
            raise ArgumentError(f"{source}: {hint}")
        files = sorted(
            file
            for file in path.rglob("*")
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
        )
    except OSError as error:
        raise ArgumentError(f"{source[:200]} cannot be read: {error.strerror or error}") from None
    if not files:
        raise ArgumentError(f"{source} is a folder without files")
    return files


def text_lines(path: Path, longest: int | None = LONGEST_PASSAGE) -> Iterator[str]:
    """The lines of a text file, without their ends; one over `longest` characters in parts, cut at a space.

    Raises:
        PocketBertError: the file is no UTF-8 text, or its archive is damaged.
    """
    rest = ""
    for block in text_blocks(path):
        *lines, rest = (rest + block).split("\n")
        for line in lines:
            yield from _parts_of_line(line, longest)
        if longest is not None and len(rest) > longest:
            *parts, rest = _parts_of_line(rest, longest)
            yield from parts
    yield from _parts_of_line(rest, longest)


def _parts_of_line(line: str, longest: int | None) -> Iterator[str]:
    while longest is not None and len(line) > longest:
        cut = line.rfind(" ", 1, longest + 1)
        cut = longest if cut < 0 else cut
        yield line[:cut]
        line = line[cut:]
    yield line.rstrip("\r")


def _passages(lines: Iterator[str]) -> Iterator[Passage]:
    opens = True
    for line in lines:
        if line := line.strip():
            yield Passage(line, opens)
            opens = False
        else:
            opens = True


def _document(text: str) -> Iterator[Passage]:
    lines = (part for line in text.split("\n") for part in _parts_of_line(line, LONGEST_PASSAGE))
    for number, passage in enumerate(_passages(lines)):
        yield Passage(passage.text, number == 0)


def hash_of_sample(path: Path) -> str:
    """Hash of a file's content: all of it up to 2 MiB, and of more 8 parts of 256 KiB, evenly spread."""
    size = path.stat().st_size
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        for part in range(_SAMPLES):
            file.seek(max(part * _SAMPLE, part * (size - _SAMPLE) // (_SAMPLES - 1)))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


def _kind(path: Path) -> str:
    """The ending that tells the format, beneath the one of an archive."""
    inner = path.with_suffix("") if path.suffix.lower() in PACKED else path
    return inner.suffix.lower()
