"""The line to stand above: words and word pairs, weighted by TF-IDF, and a linear model on them."""

from __future__ import annotations

from typing import Any

from questions import data_settings


def measure(question: str, limit: int | None, bench: Any) -> dict[str, Any]:
    """Trained on the rows that a backbone is fine-tuned on, scored on the rows that it is scored on."""
    from pocketbert.comparing.words import fit_words
    from pocketbert.data import load

    splits = load(data_settings(question, limit, bench.files, bench.work))
    assert splits.test is not None
    words = fit_words(splits)
    return {
        "value": quality(words, splits.task, splits.test),
        "validation": quality(words, splits.task, splits.validation),
        "strength": words.strength,
        "metric": splits.task.main_metric,
        "limit": limit,
        "rows": len(splits.train),
        "scored_rows": len(splits.test),
    }


def quality(words: Any, task: Any, rows: Any) -> float:
    """The task's main metric."""
    from pocketbert.data import texts_of
    from pocketbert.evaluation import compute_metrics

    return compute_metrics(task, words.predict(texts_of(rows[:])), rows["label"])[task.main_metric]
