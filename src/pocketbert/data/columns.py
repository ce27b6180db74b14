"""Which columns of a user's file are the text and the label: named, or guessed and said."""

from itertools import islice

from pocketbert.data.labels import number_of
from pocketbert.data.source import Source
from pocketbert.errors import ArgumentError

_PAIRS = (
    ("text", "text_pair"), ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"),
    ("text1", "text2"), ("text_a", "text_b"), ("question", "passage"), ("question", "sentence"),
    ("question", "context"),
)  # fmt: skip
_TEXTS = (
    "text", "sentence", "message", "review", "question", "utterance", "content", "body", "comment", "tweet",
    "post", "document", "description", "abstract", "query", "input", "title",
)  # fmt: skip
_LABELS = (
    "label", "labels", "class", "category", "target", "sentiment", "intent", "topic", "stars", "rating",
    "score", "label_text", "output", "y",
)  # fmt: skip
VIEW_ROW, VIEW_NUMBER, VIEW_OPERATORS = "view_row", "view_number", "view_operators"
VIEW_COLUMNS = (VIEW_ROW, VIEW_NUMBER, VIEW_OPERATORS)
"""What `augment --out` adds: the row that a view is of, the view's number, what made it.  Neither text nor label."""
_PEEKED = 200


def resolve_text(source: Source, named: tuple[str, ...], label: str | None) -> tuple[tuple[str, ...], bool]:
    """Text columns, and whether they were guessed.

    Raises:
        ArgumentError: a named column does not exist, or none looks like text.
    """
    if named:
        for column in named:
            source.require(column)
        if len(set(named)) < len(named):
            raise ArgumentError(
                f"{source.where}: both texts of a pair are column '{named[0]}'; name two columns"
            )
        return named, False
    folded = {column.casefold(): column for column in source.columns if column != label}
    for first, second in _PAIRS:
        if first in folded and second in folded:
            return (folded[first], folded[second]), True
    for name in _TEXTS:
        if name in folded:
            return (folded[name],), True
    likely_labels = {folded[name] for name in _LABELS if name in folded}
    others = {label, *likely_labels, *VIEW_COLUMNS}
    columns = [column for column in source.columns if column not in others]
    lengths = _mean_lengths(source, columns)
    longest = max(lengths, key=lengths.__getitem__, default=None)
    if longest is None or lengths[longest] == 0:
        raise ArgumentError(
            f"{source.where}: no column looks like text; name it with --text "
            f"(columns: {', '.join(source.columns)})"
        )
    return (longest,), True


def resolve_label(source: Source, named: str | None, text: tuple[str, ...]) -> tuple[str, bool]:
    """The label column, and whether it was guessed.

    Raises:
        ArgumentError: it does not exist, is a text column, or none looks like a label.
    """
    if named is not None:
        source.require(named)
        if named in text:
            raise ArgumentError(
                f"{source.where}: column '{named}' is both the text and the label; name two columns"
            )
        return named, False
    rest = [column for column in source.columns if column not in (*text, *VIEW_COLUMNS)]
    if known := named_like_a_label(source, text):
        return known, True
    distinct = _distinct(source, rest)
    # A column of few values that come back is a label; a row number or a name is not.
    few = {column: count for column, count in distinct.items() if 2 <= count[0] <= count[1] / 2}
    if not few:
        raise ArgumentError(
            f"{source.where}: no column looks like a label; name it with --label (columns: "
            f"{', '.join(source.columns)})"
        )
    return min(few, key=lambda column: few[column][0]), True


def named_like_a_label(source: Source, text: tuple[str, ...]) -> str | None:
    """The column that is called as labels usually are, if there is one."""
    folded = {column.casefold(): column for column in source.columns if column not in (*text, *VIEW_COLUMNS)}
    return next((folded[name] for name in _LABELS if name in folded), None)


def _mean_lengths(source: Source, columns: list[str]) -> dict[str, float]:
    lengths = dict.fromkeys(columns, 0.0)
    for _, values in islice(source.rows(columns), _PEEKED):
        for column, value in zip(columns, values, strict=True):
            if isinstance(value, str) and number_of(value) is None:
                lengths[column] += len(value) / _PEEKED
    return lengths


def _distinct(source: Source, columns: list[str]) -> dict[str, tuple[int, int]]:
    """For each column: distinct values and rows among the first."""
    seen: dict[str, set[str]] = {column: set() for column in columns}
    rows = 0
    for _, values in islice(source.rows(columns), _PEEKED):
        rows += 1
        for column, value in zip(columns, values, strict=True):
            seen[column].add(str(value))
    return {column: (len(values), rows) for column, values in seen.items()}
