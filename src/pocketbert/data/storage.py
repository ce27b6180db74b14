"""Rows on disk: examples are written to Arrow files and mapped into memory when they are read."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pocketbert.data.answers import Answer
from pocketbert.data.stored import quiet_datasets
from pocketbert.errors import PocketBertError, disk_refusal

if TYPE_CHECKING:
    from datasets import Dataset

Example = tuple[tuple[str, ...], float | tuple[int, ...] | tuple[Answer, ...] | None]
"""Texts, and a class number, 0 or 1 for each label, a measurement, the answers to a question, or nothing where there
are no labels."""
LabelType = Literal["int", "float", "set", "answers"]

_BATCH = 2000
_LAYOUT = "1"  # changes when what is written changes


def prepared_folder(cache_dir: Path | None, *identity: object) -> Path:
    """Folder for the prepared rows of one data set under one set of settings."""
    key = blake2b(repr((_LAYOUT, *identity)).encode("utf-8", "replace"), digest_size=10).hexdigest()
    return (cache_dir or _usual_folder()) / key


def plans_folder(cache_dir: Path | None) -> Path:
    """Folder for the plans of augmentation, of all data sets: they are known by the text they were made of."""
    return (cache_dir or _usual_folder()) / "plans"


def models_folder(cache_dir: Path | None) -> Path:
    """Folder for what models said of texts: scores of words, words that fit, translations."""
    return (cache_dir or _usual_folder()) / "models"


def _usual_folder() -> Path:
    return Path(quiet_datasets().config.HF_DATASETS_CACHE) / "pocketbert"


class ExampleWriter:
    """Writes the examples of several splits in one reading of their source, a batch at a time."""

    def __init__(self, folder: Path, splits: Sequence[str], *, pair: bool, label: LabelType | None) -> None:
        import pyarrow

        answer = pyarrow.struct([("text", pyarrow.string()), ("start", pyarrow.int64())])
        types = {
            "int": pyarrow.int64(),
            "float": pyarrow.float64(),
            "set": pyarrow.list_(pyarrow.int8()),
            "answers": pyarrow.list_(answer),
        }
        fields = [("text", pyarrow.string()), *([("text_pair", pyarrow.string())] if pair else [])]
        if label is not None:
            fields.append(("label", types[label]))
        self._schema = pyarrow.schema(fields)
        self._folder = folder
        self._splits = tuple(splits)
        self._pair = pair
        self._label = label

    def write(self, examples: Iterable[tuple[str, Example]]) -> dict[str, "Dataset"]:
        """Data sets of (split, example) items, each in its own file.

        Raises:
            PocketBertError: the disk refuses.
        """
        import pyarrow

        datasets = quiet_datasets()
        unfinished = {split: self._folder / f".{split}-{os.getpid()}.arrow" for split in self._splits}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            writers = {
                split: pyarrow.ipc.new_stream(str(path), self._schema) for split, path in unfinished.items()
            }
            try:
                self._fill(writers, examples)
            finally:
                for writer in writers.values():
                    writer.close()
            result = {}
            for split, path in unfinished.items():
                # Readers of an earlier file keep it until they close: the new one takes only its name.
                final = path.replace(self._folder / f"{split}.arrow")
                result[split] = datasets.Dataset.from_file(str(final))
            return result
        except OSError as error:
            raise PocketBertError(
                f"cannot write prepared rows to {self._folder}: {disk_refusal(error)}, "
                "or name another folder with HF_DATASETS_CACHE or data.cache_dir"
            ) from None
        finally:
            for path in unfinished.values():
                with suppress(OSError):
                    path.unlink()

    def _fill(self, writers: dict[str, Any], examples: Iterable[tuple[str, Example]]) -> None:
        pending: dict[str, list[Example]] = {split: [] for split in writers}
        for split, example in examples:
            batch = pending[split]
            batch.append(example)
            if len(batch) == _BATCH:
                writers[split].write_batch(self._batch(batch))
                batch.clear()
        for split, batch in pending.items():
            if batch:
                writers[split].write_batch(self._batch(batch))

    def _batch(self, examples: list[Example]) -> Any:
        import pyarrow

        columns = [[texts[0] for texts, _ in examples]]
        if self._pair:
            columns.append([texts[1] for texts, _ in examples])
        labels: list[Any] = [label for _, label in examples]
        arrays = [pyarrow.array(column, pyarrow.string()) for column in columns]
        if self._label == "answers":
            records = [[answer._asdict() for answer in answers] for answers in labels]
            arrays.append(pyarrow.array(records, self._schema.field("label").type))
        elif self._label == "set":
            arrays.append(pyarrow.array(labels, self._schema.field("label").type))
        elif self._label is not None:
            arrays.append(pyarrow.array(labels, pyarrow.float64()).cast(self._schema.field("label").type))
        return pyarrow.record_batch(arrays, schema=self._schema)
