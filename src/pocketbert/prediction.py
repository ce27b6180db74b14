"""Answers for the rows of a file, written beside the columns it came with."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pocketbert.errors import ArgumentError, PocketBertError, disk_refusal
from pocketbert.runs import Prediction, Run
from pocketbert.writing import whole

if TYPE_CHECKING:
    from pocketbert.reporter import Reporter

ROWS_AT_ONCE = 2048
SUFFIXES = (".csv", ".tsv", ".jsonl")
WriteRow = Callable[[Sequence[Any]], None]


def predict_file(run: Run, file: Path, out: Path, text: Sequence[str], reporter: Reporter) -> int:
    """Answer every row of a file: `out` holds its columns and the answer's.  Returns the number of rows.

    Row n of `out` is row n of `file`; it appears whole or not at all.
    Raises ArgumentError for files and columns that do not fit, PocketBertError when the work fails.
    """
    from pocketbert.data import open_source, read_examples, texts_of

    if out.suffix.lower() not in SUFFIXES:
        raise ArgumentError(f"--out {out}: end its name in one of {', '.join(SUFFIXES)}")
    if out.exists():
        raise ArgumentError(f"--out {out} exists already; name a new file")
    if not out.parent.is_dir():
        raise ArgumentError(f"--out {out}: no folder {out.parent}")
    source = open_source(file)
    examples = read_examples(file, run.task, text=tuple(text), labelled=False)
    added = answer_columns(run)
    if taken := set(added) & set(source.columns):
        raise ArgumentError(f"{file} has a column '{min(taken)}' already; rename it")
    with written_whole(out) as handle:
        write = row_writer(handle, out.suffix.lower(), (*source.columns, *added))
        rows = source.rows(source.columns)
        for start in range(0, len(examples), ROWS_AT_ONCE):
            answers = run.predict(texts_of(examples[start : start + ROWS_AT_ONCE]))
            for (_, values), answer in zip(islice(rows, len(answers)), answers, strict=True):
                write((*values, *answer_values(answer)))
            reporter.progress("predicting", min(start + ROWS_AT_ONCE, len(examples)), len(examples), {})
    return len(examples)


def answer_columns(run: Run) -> tuple[str, ...]:
    """Names of the columns that an answer adds."""
    kinds = {
        "classification": ("predicted_label", "probability"),
        "regression": ("predicted_value",),
        "spans": ("answer", "start", "end", "score"),
    }
    return kinds[run.task.kind]


def answer_values(answer: Prediction) -> tuple[Any, ...]:
    """An answer's values, in the order of `answer_columns`."""
    if answer.answer is not None:
        return (answer.answer, answer.start, answer.end, round(answer.score or 0.0, 6))
    if answer.label is None:
        return (answer.value,)
    return (answer.label, round(answer.probability or 0.0, 6))


def answer_of(run: Run, answer: Prediction) -> dict[str, Any]:
    """An answer by column; that to a question with the next best ones."""
    values = dict(zip(answer_columns(run), answer_values(answer), strict=True))
    if run.task.kind == "spans":
        values["alternatives"] = [
            dict(zip(answer_columns(run), answer_values(other), strict=True)) for other in answer.alternatives
        ]
    return values


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """A text file that takes its name only once it is complete."""
    try:
        with whole(path) as partial, partial.open("w", encoding="utf-8", newline="") as handle:
            yield handle
    except OSError as error:
        raise PocketBertError(f"could not write --out {path}: {disk_refusal(error)} and try again") from None


def row_writer(handle: TextIO, suffix: str, columns: Sequence[str]) -> WriteRow:
    """Writes rows as CSV, TSV or JSON lines, the header first."""
    if suffix == ".jsonl":
        return lambda values: print(
            json.dumps(dict(zip(columns, values, strict=True)), ensure_ascii=False, default=str), file=handle
        )

    def plain(value: Any) -> Any:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value

    writer = csv.writer(handle, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n")
    writer.writerow(columns)
    return lambda values: writer.writerow([plain(value) for value in values])
