"""The training rows of a task as a source, for what reads any file's rows."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pocketbert.data.answers import ANSWERS, CONTEXT, QUESTION, answers_value, stored_answers
from pocketbert.data.source import Row, Source
from pocketbert.data.splits import Splits
from pocketbert.tasks import Task


def training_rows(splits: Splits) -> Source:
    """Columns text, text_pair (of pairs) and label, by name; of questions those of SQuAD."""
    task, train = splits.task, splits.train
    stored = ("text", "text_pair", "label") if task.is_pair else ("text", "label")
    columns = (QUESTION, CONTEXT, ANSWERS) if task.kind == "spans" else stored
    read = _label_reader(task)

    def rows(names: Sequence[str]) -> Iterator[Row]:
        for number, example in enumerate(train, 1):
            values = dict(zip(columns, (example[name] for name in stored), strict=True))
            if columns[-1] in names:
                values[columns[-1]] = read(values[columns[-1]])
            yield number, tuple(values[name] for name in names)

    return Source(f"the training rows of {task.name}", columns, rows, (task.name, train._fingerprint))


def _label_reader(task: Task) -> Callable[[Any], Any]:
    if task.kind == "spans":
        return lambda label: answers_value(stored_answers(label))
    if task.kind == "multilabel":
        return lambda label: [name for name, given in zip(task.labels, label, strict=True) if given]
    if task.kind == "classification":
        return lambda label: task.labels[label]
    return lambda label: label
