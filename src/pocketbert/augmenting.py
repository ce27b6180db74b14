"""Views of a user's texts: a few to look at, or a data set with them for those who train elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pocketbert.augmentation import Engine, Policy, View
from pocketbert.data.answers import (
    Answer,
    answer_columns,
    holds_answers,
    questions,
    with_starts,
)
from pocketbert.data.columns import VIEW_COLUMNS, VIEW_NUMBER, VIEW_OPERATORS, VIEW_ROW, resolve_text
from pocketbert.data.files import is_file, open_source
from pocketbert.data.parquet_rows import PARQUET, Given, Part, as_list, parquet_parts, row_count
from pocketbert.data.question_rows import answers_kept, moved_answers
from pocketbert.data.row_files import part_writer, parts_of, require_new_file, schema_of
from pocketbert.data.source import Source
from pocketbert.data.survey import Columns, examples
from pocketbert.errors import ArgumentError
from pocketbert.recipe import Recipe, resolve
from pocketbert.reporter import Reporter
from pocketbert.wording import counted

if TYPE_CHECKING:
    from pocketbert.variation import Guards

ROWS_AT_ONCE = 8_192
DRAWS_A_VIEW = 4
VIEW_TYPES = {VIEW_ROW: "int64", VIEW_NUMBER: "int64", VIEW_OPERATORS: "string"}


class Row(NamedTuple):
    """The texts of a row and, of a question, its answers."""

    texts: tuple[str, ...]
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Rows:
    """The rows of a file, or a task's training rows; `columns.label` names the answers to questions."""

    source: Source
    columns: Columns
    path: Path | None = None

    def __iter__(self) -> Iterator[Row]:
        """Raises PocketBertError for a row that holds no text, or answers that do not stand where they say."""
        if self.columns.label is None:
            yield from (Row(texts) for _, texts, _ in examples(self.source, self.columns))
            return
        for question in questions(self.source, self.columns, unanswerable=True):
            yield Row(question.texts, question.answers)

    def parts(self, out: Path, limit: int | None) -> Iterator[Part]:
        """The rows with all their columns; from Parquet to Parquet with their types."""
        if self.parquet and out.suffix.lower() == PARQUET:
            return parquet_parts(self.parquet, ROWS_AT_ONCE, limit)
        return parts_of(self.source, ROWS_AT_ONCE, limit)

    @property
    def parquet(self) -> Path | None:
        """The file, if that is what it is."""
        return self.path if self.path and self.path.suffix.lower() == PARQUET else None


class Written(NamedTuple):
    """What a new file holds: rows, views of them, and how many more views were asked for."""

    rows: int
    views: int
    missing: int


def views_of(
    data: str | None,
    texts: Sequence[str],
    count: int,
    rows: int,
    preset: str | None,
    data_dir: str | None,
    seed: int,
    epoch: int,
    context_guard: str | None,
) -> list[dict[str, Any]]:
    """Texts with `count` augmented views each: literal ones, or the first rows of a data set.

    Each is `{"text": [side, ...], "views": [{"text": [side, ...], "operators": [name, ...]}, ...]}`.
    """
    if data is None and not texts:
        raise ArgumentError("give a data file or --text TEXT")
    if data is None:
        found = [Row((text,)) for text in texts]
        policy, cache_dir = Policy(preset=preset or "default", context_guard=context_guard), None
    else:
        fields = {
            "data.data_dir": data_dir, "data.text": list(texts), "augmentation.preset": preset,
            "augmentation.context_guard": context_guard,
        }  # fmt: skip
        recipe = resolve(data, fields, {})
        policy, cache_dir = recipe.augmentation, recipe.data.cache_dir
        found = list(islice(rows_of(recipe)[0], rows))
    engine = _engine(policy, seed)
    if guards := _guards(policy, cache_dir):
        engine.prepare([text for row in found for text in row.texts], refiners=guards.refiners)
    shown = []
    for at, row in enumerate(found):
        views = [_view(engine, row, epoch, at, number) for number in range(count)]
        shown.append(
            {
                "text": row.texts,
                "views": [{"text": view.texts, "operators": view.operators} for view in views],
            }
        )
    return shown


def augment_file(
    recipe: Recipe,
    out: Path,
    *,
    views: int,
    seed: int,
    epoch: int,
    rows: int | None,
    workers: int | None,
    reporter: Reporter,
) -> Written:
    """The rows of a recipe's data, each before its `views`, to a new file: CSV, TSV, JSON lines or Parquet.

    All columns stay, and `VIEW_COLUMNS` come after them.  Views of a row differ from it and from each other; where it
    cannot be said in as many ways, there are fewer.  Answers to a question have their places in each view.
    `rows`: no more than the first ones.  `workers`: processes that plan; None, as many as suit.

    Raises:
        ArgumentError: a file or column does not exist, or the new file does already.
        PocketBertError: a row is wrong, or the disk refuses; nothing is left of the new file then.
    """
    from pocketbert.data.storage import plans_folder
    from pocketbert.pipeline import planning_processes

    require_new_file(out)
    found, notes = rows_of(recipe)
    source = found.source
    if taken := set(VIEW_COLUMNS) & set(source.columns):
        raise ArgumentError(
            f"{source.where} has a column '{min(taken)}' already: name the file that it was made of, or rename it"
        )
    total = sum(1 for _ in islice(found, rows))  # what is wrong with a row comes out before the work begins
    for note in notes:
        reporter.say(note)
    engine = _engine(recipe.augmentation, seed)
    cache = plans_folder(recipe.data.cache_dir)
    guards = _guards(recipe.augmentation, recipe.data.cache_dir)
    refiners = guards.refiners if guards else ()
    workers = planning_processes() if workers is None else workers
    schema = schema_of(out, partial(found.parts, out, rows), found.parquet, VIEW_TYPES)
    done = made = 0
    reading = iter(found)
    with part_writer(out, (*source.columns, *VIEW_COLUMNS), schema) as write:
        for part in found.parts(out, rows):
            some = list(islice(reading, row_count(part)))
            texts = list(dict.fromkeys(text for row in some for text in row.texts))

            def tell(planned: int, of: int, before: int = done, here: int = len(some)) -> None:
                reporter.progress("augmenting", before + here * planned // of, total, {})

            engine.prepare(texts, workers=workers, cache=cache, refiners=refiners, progress=tell)
            entries = [
                (place, entry)
                for place, row in enumerate(some)
                for entry in _entries(engine, row, epoch, done + place, views)
            ]
            write(part, [place for place, _ in entries], _given(part, found.columns, done, entries))
            done += len(some)
            made += len(entries) - len(some)
    if guards:
        guards.tell(reporter)
    written = Written(done, made, done * views - made)
    reporter.say(f"{counted(done, 'row')} and {counted(made, 'view')} written to {out}")
    if written.missing:
        reporter.say(
            f"{counted(written.missing, 'view')} left out: these rows cannot be said in as many ways"
        )
    return written


def rows_of(recipe: Recipe) -> tuple[Rows, Sequence[str]]:
    """The rows of a data file, which needs no labels for that, or a task's training rows; and what there is to say."""
    from pocketbert.data import load
    from pocketbert.data.task_rows import training_rows

    settings = recipe.data
    path = Path(settings.source)
    if not is_file(path):
        splits = load(settings)
        source = training_rows(splits)
        *sides, label = source.columns
        answers = label if splits.task.kind == "spans" else None
        return Rows(source, Columns(tuple(sides), answers)), splits.notes
    source = open_source(path, every_column=True)
    if settings.kind == "spans" or (settings.kind is None and holds_answers(path)):
        return Rows(source, answer_columns(source, settings.text, settings.label), path), ()
    text, guessed = resolve_text(source, settings.text, settings.label)
    named = " and ".join(f"'{name}'" for name in text)
    notes = [f"columns guessed: text from {named} (--text)"] if guessed else []
    return Rows(source, Columns(text, None), path), notes


def _guards(policy: Policy, cache_dir: Path | None) -> Guards | None:
    """What proposes words for views and looks at them, if the policy names it."""
    if not policy.asks_models:
        return None
    from pocketbert.variation import Guards

    return Guards.of_words(policy, cache_dir)


def _engine(policy: Policy, seed: int) -> Engine:
    """Draws from the policy's operators at full strength, and never leaves a text as it is by choice."""
    return Engine(policy.model_copy(update={"enabled": True, "clean_share": 0, "warm_up": 0}), seed=seed)


class _Entry(NamedTuple):
    """A row as it is written: itself, or a view of it with the places of its answers."""

    number: int
    view: View | None = None
    answers: tuple[Answer, ...] = ()


def _entries(engine: Engine, row: Row, epoch: int, at: int, views: int) -> Iterator[_Entry]:
    """The row, and its views: what has been said already is drawn again, but not for ever."""
    yield _Entry(0)
    seen = {row.texts}
    for draw in range(DRAWS_A_VIEW * views):
        view = _view(engine, row, epoch, at, draw)
        answers = moved_answers(row.answers, view)
        if view.texts in seen or answers is None:
            continue
        yield _Entry(len(seen), view, answers)
        seen.add(view.texts)
        if len(seen) > views:
            return


def _view(engine: Engine, row: Row, epoch: int, at: int, number: int) -> View:
    kept = answers_kept(row.texts[1], row.answers) if row.answers else ()
    return engine.view(row.texts, epoch=epoch, row=at, view=number, kept=kept)


def _given(part: Part, columns: Columns, done: int, entries: Sequence[tuple[int, _Entry]]) -> Given:
    """The columns that differ between a row and its views."""
    given: dict[str, list[Any]] = {
        VIEW_ROW: [done + place + 1 for place, _ in entries],
        VIEW_NUMBER: [entry.number for _, entry in entries],
        VIEW_OPERATORS: [", ".join(entry.view.operators) if entry.view else "" for _, entry in entries],
    }
    for name in columns.names:
        values = as_list(part[name])
        given[name] = [_value(values[place], name, columns, entry) for place, entry in entries]
    return given


def _value(value: Any, name: str, columns: Columns, entry: _Entry) -> Any:
    """A text, or the answers, as they are in the row or in a view of it."""
    if entry.view is None:
        return value
    if name == columns.label:
        return with_starts(value, [answer.start for answer in entry.answers])
    return entry.view.texts[columns.text.index(name)]
