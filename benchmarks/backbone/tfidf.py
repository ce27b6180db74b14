"""The line to stand above: words and word pairs, weighted by TF-IDF, and a linear model on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from questions import data_settings


def measure(question: str, limit: int | None, bench: Any) -> dict[str, Any]:
    """Trained on the rows that a backbone is fine-tuned on, scored on the rows that it is scored on.

    A single text is classified by logistic regression.  Of a pair a bag of words can see what its texts share
    and what they do not: the model reads product and distance of their vectors (ridge regression for a number).
    """
    from pocketbert.data import load

    splits = load(data_settings(question, limit, bench.files, bench.work))
    assert splits.test is not None
    labels = [split["label"] for split in (splits.train, splits.test)]
    train, test = features(splits.train, splits.test, pair=splits.task.is_pair)
    regression = splits.task.kind == "regression"
    return {
        "value": regress(train, test, labels) if regression else classify(train, test, labels),
        "metric": splits.task.main_metric,
        "limit": limit,
        "rows": len(splits.train),
        "scored_rows": len(splits.test),
    }


def features(train: Any, test: Any, *, pair: bool) -> tuple[Any, Any]:
    """Sparse features of both splits.  *Shape:* (rows, words and pairs), twice that for pairs"""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    sides = ("text", "text_pair") if pair else ("text",)
    words = TfidfVectorizer(ngram_range=(1, 2))
    words.fit([text for side in sides for text in train[side]])
    both = []
    for split in (train, test):
        vectors = [words.transform(split[side]) for side in sides]
        both.append(
            hstack([vectors[0].multiply(vectors[1]), abs(vectors[0] - vectors[1])]) if pair else vectors[0]
        )
    return both[0].tocsr(), both[1].tocsr()


def classify(train: Any, test: Any, labels: Sequence[Any]) -> float:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000).fit(train, labels[0])
    return float(model.score(test, labels[1]))


def regress(train: Any, test: Any, labels: Sequence[Any]) -> float:
    from scipy.stats import pearsonr
    from sklearn.linear_model import Ridge

    model = Ridge().fit(train, labels[0])
    return float(pearsonr(labels[1], model.predict(test))[0])
