"""Answers as files hold them: spans of a context, read, checked and surveyed."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pocketbert.data.columns import VIEW_NUMBER
from pocketbert.data.source import Source
from pocketbert.data.survey import Columns, Survey, row_hashes, text_hash, text_of, well_formed
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.text.edits import Span

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset

QUESTION, CONTEXT, ANSWERS, ID = "question", "context", "answers", "id"
"""Columns of a question in SQuAD, in its own JSON and on the hub."""

ANSWERED, UNANSWERED = "answered", "no answer"

_STARTS = "answer_start"
_PEEKED = 1 << 16  # characters
_SHOWN = 60
_NEAR = 3
"""Characters that an answer may stand beside its start, as where a space was cut off a context after it was counted."""


class Answer(NamedTuple):
    """A right answer: its text, and the character of the context that it starts at."""

    text: str
    start: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + len(self.text))


class Question(NamedTuple):
    """A row: its number from 1, its two texts (question, context), its right answers, none where there is none.

    `moved`: how many answers stand a little beside the start that the file gives, and are taken where they stand.
    """

    row: int
    texts: tuple[str, ...]
    answers: tuple[Answer, ...]
    moved: int = 0


def holds_answers(path: Path) -> bool:
    """Whether a file looks as if its labels were answer spans: SQuAD's JSON, or records like the hub's."""
    if path.suffix.lower() == ".parquet":
        import pyarrow
        import pyarrow.parquet

        try:
            columns = pyarrow.parquet.read_schema(path).names
        except (pyarrow.ArrowException, OSError):
            return False  # which reading it will say
        return {QUESTION, CONTEXT, ANSWERS} <= set(columns)
    if path.suffix.lower() not in (".json", ".jsonl", ".ndjson", ".csv", ".tsv"):
        return False
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            beginning = file.read(_PEEKED)
    except OSError:
        return False
    if path.suffix.lower() in (".csv", ".tsv"):
        header = set(re.findall(r"\w+", beginning.partition("\n")[0]))
        return {QUESTION, CONTEXT, ANSWERS} <= header and _STARTS in beginning
    return re.search(rf'"{_STARTS}\\?"\s*:', beginning) is not None


def answer_columns(source: Source, text: tuple[str, ...], label: str | None) -> Columns:
    """The columns of question, context and answers: as named, else as SQuAD calls them.

    Raises:
        ArgumentError: one does not exist, or only one text is named.
    """
    if text and len(text) != 2:
        raise ArgumentError(f"{source.where}: name two texts, the question and its context, not {len(text)}")
    columns = Columns(text or (QUESTION, CONTEXT), label or ANSWERS)
    for column in columns.names:
        source.require(column)
    return columns


def questions(source: Source, columns: Columns, *, unanswerable: bool) -> Iterator[Question]:
    """Each row of a source with its answers; `unanswerable`: whether a question may have none.

    Raises:
        PocketBertError: answers are missing, empty or do not stand where they should, or an id comes twice.
    """
    names = [*columns.text, columns.label or ANSWERS]
    identity = [
        name for name in (ID, VIEW_NUMBER) if name in source.columns
    ]  # views have the id of their row
    rows_of_ids: dict[tuple[object, ...], int] = {}
    for row, values in source.rows([*names, *identity]):
        where = f"{source.where}: row {row}"
        if ID in identity and isinstance(values[3], str | int):
            first = rows_of_ids.setdefault(values[3:], row)
            if first != row:
                raise PocketBertError(
                    f"{where} has the id '{str(values[3])[:_SHOWN]}' of row {first}; remove one, or give it its own"
                )
        texts = tuple(text_of(values[side], source, row, columns.text[side]) for side in (0, 1))
        answers = read_answers(values[2], f"{where}, column '{columns.label}'")
        if not answers and not unanswerable:
            raise PocketBertError(
                f"{where} has no answer, and this task has no questions without one (SQuAD 2.0 has); "
                "remove the row or fill it in"
            )
        placed = tuple(_placed(answer, texts[1], where) for answer in answers)
        moved = sum(given != taken for given, taken in zip(answers, placed, strict=True))
        yield Question(row, texts, placed, moved)


def read_answers(value: object, where: str) -> tuple[Answer, ...]:
    """Answers as the hub writes them ({"text": [...], "answer_start": [...]}), as SQuAD's JSON does (a list of
    {"text": ..., "answer_start": ...}), or either as JSON in a column of text.

    Raises:
        PocketBertError: the value is something else, or an answer is empty.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    pairs: list[tuple[object, object]] = []
    if isinstance(value, dict) and "text" in value and _STARTS in value:
        texts, starts = (_as_list(value[name]) for name in ("text", _STARTS))
        pairs = list(zip(texts, starts, strict=False)) if len(texts) == len(starts) else [(None, None)]
    elif isinstance(value, list) and all(isinstance(one, dict) for one in value):
        pairs = [(one.get("text"), one.get(_STARTS)) for one in value]
    else:
        pairs = [(None, None)]
    answers = []
    for text, start in pairs:
        if not isinstance(text, str) or not isinstance(start, int) or isinstance(start, bool):
            raise PocketBertError(
                f'{where}: answers were expected, like [{{"text": "noon", "{_STARTS}": 17}}], not {value!r:.80}'
            )
        if not text.strip():
            raise PocketBertError(
                f"{where}: an answer is empty; a question without an answer has the list []"
            )
        answers.append(Answer(well_formed(text), start))
    return tuple(answers)


def answers_value(answers: Sequence[Answer]) -> dict[str, list[object]]:
    """Answers as the hub writes them."""
    return {"text": [answer.text for answer in answers], _STARTS: [answer.start for answer in answers]}


def with_starts(value: Any, starts: Sequence[int]) -> Any:
    """The same answers, in the form they came in, at other places of a context."""
    if isinstance(value, str):
        return json.dumps(with_starts(json.loads(value), starts), ensure_ascii=False)
    if isinstance(value, dict):
        moved = list(starts) if isinstance(value[_STARTS], list | tuple) else starts[0]
        return {**value, _STARTS: moved}
    return [{**one, _STARTS: start} for one, start in zip(value, starts, strict=True)]


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _placed(answer: Answer, context: str, where: str) -> Answer:
    """The answer where it stands.  Raises PocketBertError where that is not near the start that was given."""
    if answer.start >= 0 and context.startswith(answer.text, answer.start):
        return answer
    nearest = _nearest(answer, context)
    if nearest is not None and abs(nearest - answer.start) <= _NEAR:
        return Answer(answer.text, nearest)
    advice = "the context does not hold it: correct it or remove the row"
    if nearest is not None:
        advice = f"it stands at {nearest}: correct {_STARTS}"
    found = context[answer.start : answer.span.end] if answer.start >= 0 else ""
    raise PocketBertError(
        f"{where}: the answer '{answer.text[:_SHOWN]}' is not what stands at character {answer.start} of its "
        f"context, '{found[:_SHOWN]}'; {advice}"
    )


def _nearest(answer: Answer, context: str) -> int | None:
    """Where the text of an answer stands nearest to its start, if anywhere."""
    start = max(0, answer.start)
    places = context.rfind(answer.text, 0, start + len(answer.text)), context.find(answer.text, start)
    return min(
        (place for place in places if place >= 0), key=lambda place: abs(place - answer.start), default=None
    )


def survey_questions(source: Source, columns: Columns, *, unanswerable: bool) -> Survey:
    """Reads the source once.  Hashes are those of the contexts: questions on one never straddle two splits.

    Raises:
        PocketBertError: a row is wrong, or every text is empty.
    """
    found = Survey(source, columns)
    names = (ANSWERED, UNANSWERED)
    context_hashes = row_hashes(source, columns.text[1:])
    rows = zip(questions(source, columns, unanswerable=unanswerable), context_hashes, strict=False)
    for question, context_hash in rows:
        hashed = text_hash(question.texts) and (context_hash or text_hash(question.texts[1:]))
        found.hashes.append(hashed)
        found.empty_rows += hashed == 0
        found.moved_answers += question.moved
        name = names[not question.answers]
        found.counts[name] += 1
        found.label_ids.append(list(found.counts).index(name))
    if found.rows == found.empty_rows:
        raise PocketBertError(f"{source.where}: every question or context is empty")
    return found


def stored_answers(label: Sequence[dict[str, object]]) -> tuple[Answer, ...]:
    """The answers of a row of a data set."""
    return tuple(Answer(str(one["text"]), int(str(one["start"]))) for one in label)


def holds_questions(dataset: "Dataset") -> bool:
    """Whether the labels of a data set are answers."""
    if "label" not in dataset.column_names:
        return False
    return isinstance(getattr(dataset.features["label"], "feature", None), dict)


def gold_texts(dataset: "Dataset") -> "np.ndarray":
    """The texts of the right answers of every row, each once.  *Shape:* (rows,), of tuples"""
    import numpy as np

    gold = np.empty(len(dataset), object)
    for row, label in enumerate(dataset.select_columns(["label"])):
        gold[row] = tuple(dict.fromkeys(answer.text for answer in stored_answers(label["label"])))
    return gold
