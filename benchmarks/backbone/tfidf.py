"""The line to stand above: words and word pairs, weighted by TF-IDF, and a linear model on them."""

from __future__ import annotations

from typing import Any

from questions import data_settings

STRENGTHS = (1.0, 10.0, 100.0)
"""Inverse regularisation to choose from, on validation rows."""


def measure(question: str, limit: int | None, bench: Any) -> dict[str, Any]:
    """Trained on the rows that a backbone is fine-tuned on, scored on the rows that it is scored on.

    A single text is classified by logistic regression.  Of a pair a bag of words can see what its texts share
    and what they do not: the model reads product and distance of their vectors (ridge regression for a number).
    """
    from pocketbert.data import load

    splits = load(data_settings(question, limit, bench.files, bench.work))
    assert splits.test is not None
    train, validation, test = features((splits.train, splits.validation, splits.test), splits.task.is_pair)
    regression = splits.task.kind == "regression"
    models = {
        strength: linear_model(strength, regression).fit(train, splits.train["label"])
        for strength in STRENGTHS
    }
    found = {
        strength: score(model, validation, splits.validation["label"], regression)
        for strength, model in models.items()
    }
    chosen = max(found, key=lambda strength: found[strength])
    return {
        "value": score(models[chosen], test, splits.test["label"], regression),
        "validation": found[chosen],
        "strength": chosen,
        "metric": splits.task.main_metric,
        "limit": limit,
        "rows": len(splits.train),
        "scored_rows": len(splits.test),
    }


def features(splits: tuple[Any, ...], pair: bool) -> list[Any]:
    """Sparse features of each split, words from the first.  *Shape:* (rows, words and pairs), twice that for pairs"""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    sides = ("text", "text_pair") if pair else ("text",)
    words = TfidfVectorizer(ngram_range=(1, 2))
    words.fit([text for side in sides for text in splits[0][side]])
    found = []
    for split in splits:
        vectors = [words.transform(split[side]) for side in sides]
        if pair:
            vectors = [hstack([vectors[0].multiply(vectors[1]), abs(vectors[0] - vectors[1])])]
        found.append(vectors[0].tocsr())
    return found


def linear_model(strength: float, regression: bool) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    if regression:
        return Ridge(alpha=1 / strength)
    return LogisticRegression(C=strength, max_iter=1000)


def score(model: Any, rows: Any, labels: Any, regression: bool) -> float:
    """Accuracy, or for a regression Pearson's correlation."""
    from scipy.stats import pearsonr

    return float(pearsonr(labels, model.predict(rows))[0] if regression else model.score(rows, labels))
