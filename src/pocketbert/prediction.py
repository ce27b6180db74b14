"""Answers for the rows of a file, written beside the columns it came with."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.data.row_files import TEXT_SUFFIXES, require_new_file, row_writer, written_text
from pocketbert.errors import ArgumentError
from pocketbert.evaluation.predictions import Prediction
from pocketbert.runs import Run

if TYPE_CHECKING:
    from pocketbert.reporter import Reporter

ROWS_AT_ONCE = 2048


def predict_file(
    run: Run, file: Path, out: Path, text: Sequence[str], reporter: Reporter, accuracy: float | None = None
) -> int:
    """Answer every row of a file: `out` holds its columns and the answer's.  Returns the number of rows.

    Row n of `out` is row n of `file`; it appears whole or not at all.  `accuracy`: what sure answers should reach.
    Raises ArgumentError for files and columns that do not fit, PocketBertError when the work fails.
    """
    from pocketbert.data import open_source, read_examples, texts_of

    require_new_file(out, TEXT_SUFFIXES)
    source = open_source(file)
    examples = read_examples(file, run.task, text=tuple(text), labelled=False)
    added = answer_columns(run, asked=accuracy is not None)
    if taken := set(added) & set(source.columns):
        raise ArgumentError(f"{file} has a column '{min(taken)}' already; rename it")
    with written_text(out) as handle:
        write = row_writer(handle, out.suffix.lower(), (*source.columns, *added))
        rows = source.rows(source.columns)
        for start in range(0, len(examples), ROWS_AT_ONCE):
            answers = run.predict(texts_of(examples[start : start + ROWS_AT_ONCE]), accuracy=accuracy)
            for (_, values), answer in zip(islice(rows, len(answers)), answers, strict=True):
                write((*values, *answer_values(answer)))
            reporter.progress("predicting", min(start + ROWS_AT_ONCE, len(examples)), len(examples), {})
    return len(examples)


def answer_columns(run: Run, *, asked: bool = False) -> tuple[str, ...]:
    """Names of the columns that an answer adds; `asked`: whether an accuracy was asked for."""
    kinds = {
        "classification": ("predicted_label", "probability"),
        "multilabel": ("predicted_labels", "probabilities"),
        "regression": ("predicted_value",),
        "spans": ("answer", "start", "end", "score"),
    }
    doubts = (*(("sure",) if asked else ()), *(("familiar",) if run.familiarity else ()))
    return (*kinds[run.task.kind], *doubts)


def answer_values(answer: Prediction) -> tuple[Any, ...]:
    """An answer's values, in the order of `answer_columns`."""
    if answer.answer is not None:
        return (answer.answer, answer.start, answer.end, round(answer.score or 0.0, 6))
    doubts = tuple(one for one in (answer.sure, answer.familiar) if one is not None)
    if answer.labels is not None:
        shares = {name: round(share, 6) for name, share in (answer.probabilities or {}).items()}
        return (list(answer.labels), shares, *doubts)
    if answer.label is None:
        return (answer.value, *doubts)
    return (answer.label, round(answer.probability or 0.0, 6), *doubts)


def answer_of(run: Run, answer: Prediction) -> dict[str, Any]:
    """An answer by column; that to a question with the next best ones."""
    columns = answer_columns(run, asked=answer.sure is not None)
    values = dict(zip(columns, answer_values(answer), strict=True))
    if run.task.kind == "spans":
        values["alternatives"] = [
            dict(zip(columns, answer_values(other), strict=True)) for other in answer.alternatives
        ]
    return values
