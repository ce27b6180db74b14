"""The row without a neural network answers every kind of task that has labels or numbers."""

from __future__ import annotations

import numpy as np
from datasets import Dataset

from pocketbert.comparing.words import fit_words
from pocketbert.data import Splits
from pocketbert.tasks import Task


def task(kind: str = "classification", labels: tuple[str, ...] = ("bad", "good"), pair: bool = False) -> Task:
    metric = "pearson" if kind == "regression" else "accuracy"
    return Task(
        name="example",
        title="An example",
        kind=kind,
        text=("text", "text_pair") if pair else ("text",),
        labels=labels if kind == "classification" else (),
        label_range=(0.0, 5.0) if kind == "regression" else None,
        metrics=(metric,),
        main_metric=metric,
    )


def splits(of: Task, texts: list[str], labels: list[float], pairs: list[str] | None = None) -> Splits:
    columns: dict[str, list[object]] = {"text": list(texts), "label": list(labels)}
    if pairs:
        columns["text_pair"] = list(pairs)
    rows = Dataset.from_dict(columns)
    return Splits(of, rows, rows, None)


GOOD, BAD = ["a lovely film", "superb and lovely"], ["an awful film", "awful, poor"]


def test_it_learns_from_words():
    words = fit_words(splits(task(), GOOD + BAD, [1, 1, 0, 0]))
    logits = words.predict([("lovely",), ("poor and awful",)])
    assert logits.argmax(axis=1).tolist() == [1, 0]
    assert words.size > 0
    assert words.weights > 0


def test_a_label_without_training_rows_is_never_the_answer():
    words = fit_words(splits(task(labels=("bad", "never", "good")), GOOD + BAD, [2, 2, 0, 0]))
    logits = words.predict([("lovely",), ("awful",), ("unheard of",)])
    assert logits.shape == (3, 3)
    assert np.isfinite(logits).all()
    assert 1 not in logits.argmax(axis=1)


def test_one_label_in_all_rows_is_the_answer_to_everything():
    words = fit_words(splits(task(), GOOD, [1, 1]))
    assert words.predict([("awful",)]).argmax(axis=1).tolist() == [1]


def test_pairs_are_read_by_what_they_share():
    first = ["red car", "blue sky", "old book", "new film", "red wine", "green tea"] * 3
    same = [*first[:9], *(["far away"] * 9)]
    labels = [1] * 9 + [0] * 9
    words = fit_words(splits(task(labels=("different", "same"), pair=True), first, labels, same))
    logits = words.predict([("old book", "old book"), ("old book", "far away")])
    assert logits.argmax(axis=1).tolist() == [1, 0]


def test_numbers_are_estimated():
    texts = ["good", "very good", "bad", "very bad"]
    words = fit_words(splits(task("regression"), texts, [4.0, 5.0, 1.0, 0.0]))
    low, high = words.predict([("bad",), ("good",)])[:, 0]
    assert low < high


def test_texts_without_words_are_read_by_their_signs():
    words = fit_words(splits(task(), ["!!", "!", "?", "??"], [1, 1, 0, 0]))
    assert words.predict([("!",), ("?",)]).argmax(axis=1).tolist() == [1, 0]


def test_each_of_several_labels_has_weights_of_its_own():
    of = Task(
        name="example", title="An example", kind="multilabel", text=("text",),
        labels=("never", "film", "praise", "always"), metrics=("f1_micro",), main_metric="f1_micro",
    )  # fmt: skip
    texts = ["a lovely film", "a lovely book", "an awful film", "an awful book"] * 3
    labels = [[0, 1, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]] * 3
    rows = Dataset.from_dict({"text": texts, "label": labels})
    words = fit_words(Splits(of, rows, rows, None))
    assert (words.predict([(text,) for text in texts]) > 0).astype(int).tolist() == labels
    assert (words.predict([("the film",)]) > 0).astype(int).tolist()[0][1] == 1
    assert words.weights > 4
    assert words.size > 0
