"""SQuAD's own JSON (Rajpurkar et al. 2016 and 2018) as a source: a row for each question."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from pocketbert.data.answers import ANSWERS, CONTEXT, ID, QUESTION
from pocketbert.data.source import Row, Source
from pocketbert.errors import PocketBertError

COLUMNS = (ID, "title", CONTEXT, QUESTION, ANSWERS)

_PEEKED = 1 << 16  # characters


def is_squad(path: Path) -> bool:
    """Whether a JSON file begins as SQuAD's do: an object with paragraphs in it."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        beginning = file.read(_PEEKED).lstrip()
    return beginning.startswith("{") and '"paragraphs"' in beginning


def squad_source(path: Path) -> Source:
    """The questions of a file, with the columns id, title, context, question and answers.

    Raises:
        PocketBertError: it is no JSON.
    """

    def rows(names: Sequence[str]) -> Iterator[Row]:
        for row, values in enumerate(_questions(path), 1):
            question = dict(zip(COLUMNS, values, strict=True))
            yield row, tuple(question[name] for name in names)

    return Source(str(path), COLUMNS, rows, Source.state_of(path))


def _questions(path: Path) -> Iterator[tuple[object, ...]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise PocketBertError(f"{path}: line {error.lineno} is not JSON: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise PocketBertError(f"{path} is not JSON: {error}") from None
    for number, article in enumerate(_listed(content, "data", str(path)), 1):
        where = f"{path}: article {number}"
        for at, paragraph in enumerate(_listed(article, "paragraphs", where), 1):
            for entry in _listed(paragraph, "qas", f"{where}, paragraph {at}"):
                if not isinstance(entry, dict):
                    raise PocketBertError(f"{where}, paragraph {at}: a question is no record")
                yield (
                    entry.get(ID), article.get("title"), paragraph.get(CONTEXT), entry.get(QUESTION),
                    [] if entry.get("is_impossible") else entry.get(ANSWERS),
                )  # fmt: skip


def _listed(record: object, key: str, where: str) -> list[dict[str, object]]:
    value = record.get(key) if isinstance(record, dict) else None
    if not isinstance(value, list):
        raise PocketBertError(f"{where} has no list '{key}', as SQuAD's JSON does")
    return value
