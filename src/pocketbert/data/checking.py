"""What is wrong with the data before anything is trained on it."""

from array import array
from collections.abc import Callable, Sized
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from pocketbert.data.answers import ANSWERED, UNANSWERED, holds_questions
from pocketbert.data.encoding import Encoder, texts_of
from pocketbert.data.splits import Splits
from pocketbert.data.splitting import sample
from pocketbert.data.survey import text_hash
from pocketbert.tasks import Task
from pocketbert.wording import counted

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerFast

_BATCH = 2000
_SAMPLED = 10_000  # rows whose lengths and language are looked at
_PERCENTILES = (50, 90, 95, 99, 100)
_TRUNCATED = 0.05
_WINDOWED = 0.3
_FOREIGN = 0.05
_RARE = 5
_UNBALANCED = 20
_SHOWN = 60


@dataclass(frozen=True)
class CheckReport:
    """Findings on the splits of a task.  Shares are of the `sampled` rows of the training split."""

    rows: dict[str, int]
    empty: dict[str, int]
    duplicates: dict[str, int]
    shared: dict[str, int]
    conflicting: int
    conflicting_example: str | None
    label_counts: dict[str, dict[str, int]]
    labels_alike: tuple[tuple[str, str], ...]
    max_length: int
    sampled: int
    truncated_share: float
    length_percentiles: dict[str, int]
    not_english_share: float
    windowed_share: float = 0.0
    """Of questions with a context: those read in several windows, as they are longer than `max_length`."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"schema": 1, **asdict(self), "warnings": self.warnings}

    @property
    def warnings(self) -> list[str]:
        """What the user should know, one line each; none when all is well."""
        return [*self._on_texts(), *self._on_labels(), *self._on_lengths()]

    def without_texts(self) -> "CheckReport":
        """The same with none of the texts shown."""
        return replace(self, conflicting_example=None)

    def _on_texts(self) -> list[str]:
        lines = [
            f"{split}: {counted(count, 'row')} without text left out"
            for split, count in self.empty.items()
            if count
        ]
        lines += [
            f"{split}: {count:,} of {counted(self.rows[split], 'text')} repeated from an earlier row"
            for split, count in self.duplicates.items()
            if count
        ]
        for pair, count in self.shared.items():
            first, second = pair.split(" and ")
            if count:
                lines.append(
                    f"{second}: {count:,} of {counted(self.rows[second], 'text')} also in {first}: "
                    f"the {second} result will look better than it is"
                )
        if self.conflicting:
            example = f", such as '{self.conflicting_example}'" if self.conflicting_example else ""
            lines.append(f"train: {counted(self.conflicting, 'text')} with more than one label{example}")
        return lines

    def _on_labels(self) -> list[str]:
        lines = [
            f"labels '{first}' and '{second}' differ only in case or spaces; are they the same?"
            for first, second in self.labels_alike
        ]
        counts = self.label_counts.get("train", {})
        missing = [name for name, count in counts.items() if count == 0]
        rare = [name for name, count in counts.items() if 0 < count < _RARE]
        if missing:
            lines.append(f"train: no row has the label {_listed(missing)}")
        if rare:
            lines.append(f"train: fewer than {_RARE} rows have the label {_listed(rare)}")
        present = sorted((count, name) for name, count in counts.items() if count)
        if present and present[-1][0] >= _UNBALANCED * present[0][0]:
            (least, rarest), (most, commonest) = present[0], present[-1]
            lines.append(
                f"train: '{commonest}' has {most:,} rows and '{rarest}' {least:,}; "
                "consider --class-weights and judge by macro F1"
            )
        return lines

    def _on_lengths(self) -> list[str]:
        lines = []
        if self.truncated_share > _TRUNCATED:
            lines.append(
                f"{self.truncated_share:.0%} of the texts are longer than {self.max_length} tokens: cut off "
                f"(19 of 20 fit into {self.length_percentiles['95']}); --max-length sets another length"
            )
        if self.windowed_share > _WINDOWED:
            lines.append(
                f"{self.windowed_share:.0%} of the questions are read in several windows, as their contexts are longer "
                f"than {self.max_length} tokens leave room for (19 of 20 fit into {self.length_percentiles['95']}): "
                "--max-length sets another length"
            )
        if self.not_english_share > _FOREIGN:
            lines.append(
                f"{self.not_english_share:.0%} of the texts do not look English: the backbone knows English "
                "best, and operators that need a lexicon leave such texts alone"
            )
        return lines


@dataclass(frozen=True)
class _Read:
    """Hash and label of every row; of answers, whether there is none; of several labels, the number of their set.

    *Shape:* hashes and labels (rows,); counts (labels,): rows of each
    """

    hashes: "NDArray[np.uint64]"
    labels: "NDArray[np.float32]"
    counts: "NDArray[np.int64]"


def check(splits: Splits, tokenizer: "PreTrainedTokenizerFast | None", max_length: int) -> CheckReport:
    """Looks for duplicates, leakage, contradictions, imbalance, truncation and other languages.

    Lengths are counted in tokens (in words where there is no tokenizer).  Lengths and language are those of a
    fixed sample of at most 10,000 training rows.
    """
    import numpy as np

    task, windowed, names = splits.task, splits.task.kind == "spans", _names(splits.task)
    reads = {name: _read(dataset, task) for name, dataset in splits.named.items()}
    pairs = [("train", "validation"), ("train", "test"), ("validation", "test")]
    conflicting = _conflicting(reads["train"]) if names else np.empty(0, np.int64)
    rows = np.flatnonzero(
        sample(
            reads["train"].hashes,
            np.zeros(len(splits.train), np.int16),
            np.ones(len(splits.train), bool),
            _SAMPLED,
        )
    )
    lengths, foreign = _sampled_rows(splits.train, rows, _measure(tokenizer, max_length))
    return CheckReport(
        rows={name: len(dataset) for name, dataset in splits.named.items()},
        empty={name: count for name, count in splits.left_out.items() if count},
        duplicates={name: _repeated(read.hashes) for name, read in reads.items()},
        shared={
            f"{first} and {second}": _present(reads[second].hashes, reads[first].hashes)
            for first, second in pairs
            if second in reads
        },
        conflicting=len(conflicting),
        conflicting_example=_shown(splits.train[int(conflicting[0])]["text"]) if len(conflicting) else None,
        label_counts={
            name: dict(zip(names, read.counts.tolist(), strict=True)) for name, read in reads.items() if names
        },
        labels_alike=_alike(task.labels),
        max_length=max_length,
        sampled=len(rows),
        truncated_share=0.0 if windowed else float((lengths > max_length).mean()),
        windowed_share=float((lengths > max_length).mean()) if windowed else 0.0,
        length_percentiles={
            str(percent): int(np.percentile(lengths, percent, method="higher")) for percent in _PERCENTILES
        },
        not_english_share=foreign / len(rows),
    )


def _read(dataset: "Dataset", task: Task) -> _Read:
    import numpy as np

    hashes, labels, sets = array("Q"), array("f"), dict[tuple[int, ...], int]()
    several, names = task.kind == "multilabel", _names(task)
    for batch in dataset.with_format("arrow").iter(_BATCH):
        columns = {name: batch[name].to_pylist() for name in batch.column_names}
        hashes.extend(text_hash(texts) for texts in texts_of(columns))
        if several:
            labels.extend(sets.setdefault(tuple(given), len(sets)) for given in columns["label"])
        else:
            labels.extend(
                map(_is_unanswered, columns["label"]) if holds_questions(dataset) else columns["label"]
            )
    numbers = np.frombuffer(labels, np.float32)
    counts = (
        np.bincount(numbers.astype(int), minlength=len(sets if several else names)) if names else numbers[:0]
    )
    if several:
        counts = counts @ np.array(list(sets), np.int64).reshape(len(sets), len(names))
    return _Read(np.frombuffer(hashes, np.uint64), numbers, counts.astype(np.int64))


def _is_unanswered(answers: Sized) -> bool:
    return not len(answers)


def _names(task: Task) -> tuple[str, ...]:
    if task.kind == "spans":
        return (ANSWERED, UNANSWERED) if task.unanswerable else (ANSWERED,)
    return task.labels


def _repeated(hashes: "NDArray[np.uint64]") -> int:
    """Rows whose text an earlier row has."""
    import numpy as np

    ordered = np.sort(hashes)
    return int((ordered[1:] == ordered[:-1]).sum())


def _present(hashes: "NDArray[np.uint64]", others: "NDArray[np.uint64]") -> int:
    """Rows whose text stands among the others."""
    import numpy as np

    ordered = np.sort(others)
    positions = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
    return int((ordered[positions] == hashes).sum())


def _conflicting(read: _Read) -> "NDArray[np.int64]":
    """A row of each text that has more than one label."""
    import numpy as np

    order = np.lexsort((read.labels, read.hashes))
    hashes, labels = read.hashes[order], read.labels[order]
    differs = (hashes[1:] == hashes[:-1]) & (labels[1:] != labels[:-1])
    _, first = np.unique(hashes[1:][differs], return_index=True)
    return np.sort(order[1:][differs][first])


def _measure(
    tokenizer: "PreTrainedTokenizerFast | None", max_length: int
) -> Callable[[list[tuple[str, ...]]], list[int]]:
    if tokenizer is not None:
        return Encoder(tokenizer, max_length).lengths
    return lambda texts: [sum(len(text.split()) for text in row) for row in texts]


def _sampled_rows(
    dataset: "Dataset", rows: "NDArray[np.int64]", measure: Callable[[list[tuple[str, ...]]], list[int]]
) -> "tuple[NDArray[np.int64], int]":
    """Length of each row, and how many are not English."""
    import numpy as np

    from pocketbert.text.language import is_english

    lengths: list[int] = []
    foreign = 0
    for start in range(0, len(rows), _BATCH):
        texts = texts_of(dataset[rows[start : start + _BATCH].tolist()])
        lengths.extend(measure(texts))
        foreign += sum(not all(is_english(text) for text in row) for row in texts)
    return np.array(lengths), foreign


def _alike(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    folded: dict[str, str] = {}
    pairs = []
    for name in names:
        first = folded.setdefault(" ".join(name.casefold().split()), name)
        if first != name:
            pairs.append((first, name))
    return tuple(pairs)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"'{name}'" for name in names[:3]) + more


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
