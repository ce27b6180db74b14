"""Exact match and F1 of answers, as SQuAD defines them (Rajpurkar et al. 2016, section 6.1; 2018, section 3).

Both compare words without case, punctuation and articles; of several right answers the one that fits best counts.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from functools import lru_cache

import numpy as np

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)
_KEPT = 100_000


@lru_cache(maxsize=_KEPT)
def words_of(text: str) -> tuple[str, ...]:
    """The words of an answer that are compared."""
    return tuple(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def exact_match(right: tuple[str, ...], given: str) -> float:
    """1 where the answer given has the words of a right one; of none, where it is none too."""
    return float(any(words_of(given) == words for words in _right_words(right)))


def f1_tokens(right: tuple[str, ...], given: str) -> float:
    """The harmonic mean of the share of the given words that are right and of the right words that are given."""
    return max(_overlap(words, words_of(given)) for words in _right_words(right))


def _right_words(right: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Words of the right answers: those of which nothing is left do not count, and no right answer has no words."""
    return [words for words in map(words_of, right) if words] or [()]


def _overlap(right: tuple[str, ...], given: tuple[str, ...]) -> float:
    if not right or not given:
        return float(right == given)
    shared = (Counter(right) & Counter(given)).total()
    return 2 * shared / (len(right) + len(given))


def exact_matches(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """*Shape:* labels (rows,) of tuples of right answers, predictions (rows,) of answers -> (rows,)"""
    return np.array([exact_match(*row) for row in zip(labels, predictions, strict=True)], np.float64)


def f1_scores(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """*Shape:* labels (rows,) of tuples of right answers, predictions (rows,) of answers -> (rows,)"""
    return np.array([f1_tokens(*row) for row in zip(labels, predictions, strict=True)], np.float64)


def answer_notes(labels: np.ndarray, predictions: np.ndarray) -> list[str]:
    """One line on questions with and without an answer apart.  *Shape:* labels, predictions (rows,)"""
    answered = np.array([any(map(words_of, right)) for right in labels], bool)
    f1, exact = (score(labels, predictions) for score in (f1_scores, exact_matches))
    words = []
    if answered.any():
        figures = f"F1 {f1[answered].mean():.1%}, exact match {exact[answered].mean():.1%}"
        words.append(f"of {answered.sum():,} questions with an answer {figures}")
    if not answered.all():
        words.append(f"{f1[~answered].mean():.1%} of {(~answered).sum():,} without one are told to have none")
    return ["; ".join(words)]


def other_answers(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Rows whose answer has other words.  *Shape:* two (rows,) of answers -> (rows,) of bool"""
    return np.array([words_of(old) != words_of(new) for old, new in zip(before, after, strict=True)], bool)
