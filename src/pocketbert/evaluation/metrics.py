"""Metrics of a task, as scikit-learn and scipy define them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.errors import PocketBertError, unknown_name
from pocketbert.evaluation.answer_metrics import exact_matches, f1_scores, other_answers

if TYPE_CHECKING:
    from pocketbert.evaluation.schema import ClassMetrics
    from pocketbert.tasks import Task

Metric = Callable[[np.ndarray, np.ndarray], float]
"""Labels and predictions, each of shape (rows,), to a figure; higher is better."""


def _exact(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Rows whose labels are all as they should be, or whose answer is right.  *Shape:* (rows,)"""
    if labels.ndim > 1:
        return np.asarray((labels == predictions).all(axis=1), np.float64)
    return exact_matches(labels, predictions)


ROW_SCORES = {"exact_match": _exact, "f1_tokens": f1_scores}
"""Metrics that are the mean of a score of each row."""


def compute_metrics(task: Task, logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The task's metrics, its main one first; a metric that is undefined on these rows is 0.

    *Shape:* logits (rows, labels), labels (rows,)

    Raises PocketBertError when logits are not finite, or are not one row for each label.
    """
    labels, predictions = np.asarray(labels), predictions_of(task, logits)
    _check_rows(logits, labels)
    return {name: METRICS[name](labels, predictions) for name in metric_names(task)}


def metric_notes(task: Task, logits: np.ndarray, labels: np.ndarray) -> list[str]:
    """One line for each metric that these rows leave undefined, so that no 0 is taken for a measurement."""
    labels, predictions = np.asarray(labels), predictions_of(task, logits)
    if task.kind == "multilabel":
        return _notes_of_sets(task, labels, predictions)
    constant = [
        name for name, values in (("prediction", predictions), ("label", labels)) if len(set(values)) < 2
    ]
    notes = []
    for name in metric_names(task):
        if name in ("pearson", "spearman", "matthews") and constant:
            notes.append(
                f"{name} is undefined and counts as 0: every row has the same {' and '.join(constant)}"
            )
        elif name == "f1" and not (labels == 1).any() and not (predictions == 1).any():
            notes.append(f"f1 is undefined and counts as 0: no row has or gets the label '{task.labels[1]}'")
    if task.kind == "classification" and constant == ["prediction"] and not notes:
        only = task.labels[int(predictions[0])]
        notes.append(f"every row gets the same answer, '{only}': the model tells nothing apart")
    return notes


def _notes_of_sets(task: Task, labels: np.ndarray, predictions: np.ndarray) -> list[str]:
    """*Shape:* labels, predictions (rows, labels)"""
    if not labels.any() and not predictions.any():
        return ["f1 is undefined and counts as 0: no row has or gets a label"]
    never = [task.labels[at] for at in np.flatnonzero(~labels.any(axis=0))]
    if not never:
        return []
    shown = ", ".join(f"'{name}'" for name in never[:3]) + (
        f" and {len(never) - 3} more" if len(never) > 3 else ""
    )
    return [f"no row has the label {shown}: the figures say nothing of finding it"]


def label_notes(task: Task, labels: np.ndarray) -> list[str]:
    """A line where all rows have one label: what is measured then says nothing of the others."""
    if task.kind != "classification" or len(task.labels) < 2 or len(set(np.asarray(labels).tolist())) != 1:
        return []
    only = task.labels[int(labels[0])]
    return [f"every row has the label '{only}': the figures say nothing of other labels; give rows of each"]


def metric_names(task: Task) -> tuple[str, ...]:
    """The task's metrics, its main one first.  Raises ArgumentError for one that does not exist."""
    names = dict.fromkeys((task.main_metric, *task.metrics))
    for name in names:
        if name not in METRICS:
            raise PocketBertError(f"task '{task.name}': {unknown_name('metric', name, METRICS)}")
    return tuple(names)


def predictions_of(task: Task, logits: np.ndarray) -> np.ndarray:
    """The label each row gets, for a regression its value, for answer spans the text of the answer.

    *Shape:* (rows, labels) -> (rows,); of answer spans (rows, 1), of FoundAnswer.  Of several labels a row
    -> (rows, labels) of 0 and 1: logits are over their thresholds, and those above 0 are given

    Raises PocketBertError when a logit is not a finite number.
    """
    logits = np.asarray(logits)
    if task.kind == "spans":
        return np.array([found.answer.text for found in logits[:, 0]], object)
    finite = np.isfinite(logits).all(axis=1)
    if not finite.all():
        raise PocketBertError(
            f"the model's answer to row {int(np.argmin(finite)) + 1} of {len(logits)} is not a number; "
            "train it again with a lower learning rate"
        )
    if task.kind == "regression":
        return logits[:, 0].astype(np.float64)
    if task.kind == "multilabel":
        return np.asarray(logits > 0, np.int8)
    return np.asarray(logits.argmax(axis=1))


HIGHEST = 1.0


def lowest_value(metric: str) -> float:
    """The worst value a metric can take; the best is HIGHEST."""
    return -1.0 if metric in ("matthews", "pearson", "spearman") else 0.0


def flips(task: Task, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Rows whose answer changed: another label, any of several, other words, or of a regression a move of over a tenth
    of the range.

    *Shape:* two (rows,) arrays of predictions, of several labels (rows, labels) -> (rows,) of bool
    """
    if task.kind == "regression":
        return np.asarray(np.abs(after - before) > 0.1 * label_width(task) * (1 + 1e-9))
    if task.kind == "spans":
        return other_answers(before, after)
    changed = np.asarray(before != after)
    return np.asarray(changed.any(axis=1)) if changed.ndim > 1 else changed


def is_right(task: Task, labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Rows with the right label, just the right ones of several, or the right answer.

    *Shape:* two (rows,), of several labels a row (rows, labels) -> (rows,) of bool
    """
    if task.kind in ("spans", "multilabel"):
        return _exact(labels, predictions) > 0
    return np.asarray(labels == predictions)


def label_width(task: Task) -> float:
    """How far apart the lowest and the highest value of a regression can lie."""
    low, high = task.label_range or (0.0, 1.0)
    return float(high) - float(low)


def per_class(task: Task, logits: np.ndarray, labels: np.ndarray) -> dict[str, ClassMetrics]:
    """Precision, recall, F1 and support of every label of the task, also of those without a row."""
    from sklearn.metrics import precision_recall_fscore_support

    labels = np.asarray(labels)
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predictions_of(task, logits), labels=range(len(task.labels)), zero_division=0.0
    )
    return {
        label: {
            "precision": float(precision[at]),
            "recall": float(recall[at]),
            "f1": float(f1[at]),
            "support": int(support[at]),
        }
        for at, label in enumerate(task.labels)
    }


def confusion_matrix(task: Task, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Count of rows by label (down) and prediction (across).  *Shape:* (labels, labels)"""
    from sklearn.metrics import confusion_matrix

    return np.asarray(confusion_matrix(labels, predictions_of(task, logits), labels=range(len(task.labels))))


def _check_rows(logits: np.ndarray, labels: np.ndarray) -> None:
    if len(logits) != len(labels):
        raise PocketBertError(f"{len(logits)} predictions for {len(labels)} rows; predict every row once")
    if not len(labels):
        raise PocketBertError("no rows to score; give a test split that has some")


def _accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(labels, predictions))


def _f1(labels: np.ndarray, predictions: np.ndarray) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(labels == 1, predictions == 1, zero_division=0.0))


def _f1_micro(labels: np.ndarray, predictions: np.ndarray) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(labels, predictions, average="micro", zero_division=0.0))


def _f1_macro(labels: np.ndarray, predictions: np.ndarray) -> float:
    from sklearn.metrics import f1_score

    if labels.ndim > 1:
        occurs = labels.any(axis=0) | predictions.any(axis=0)
        labels, predictions = labels[:, occurs], predictions[:, occurs]
        if not occurs.any():
            return 0.0
    return float(f1_score(labels, predictions, average="macro", zero_division=0.0))


def _matthews(labels: np.ndarray, predictions: np.ndarray) -> float:
    if np.ptp(labels) == 0 or np.ptp(predictions) == 0:
        return 0.0
    from sklearn.metrics import matthews_corrcoef

    return float(matthews_corrcoef(labels, predictions))


def _pearson(labels: np.ndarray, predictions: np.ndarray) -> float:
    from scipy.stats import pearsonr

    return _correlation(pearsonr, labels, predictions)


def _spearman(labels: np.ndarray, predictions: np.ndarray) -> float:
    from scipy.stats import spearmanr

    return _correlation(spearmanr, labels, predictions)


def _correlation(
    correlate: Callable[[np.ndarray, np.ndarray], tuple[float, float]],
    labels: np.ndarray,
    predictions: np.ndarray,
) -> float:
    if np.ptp(labels) == 0 or np.ptp(predictions) == 0:
        return 0.0
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # values that differ only in their last bits: scipy warns and goes on
        value = float(correlate(labels, predictions)[0])
    return value if np.isfinite(value) else 0.0


METRICS: dict[str, Metric] = {
    "accuracy": _accuracy,
    "f1": _f1,
    "f1_micro": _f1_micro,
    "f1_macro": _f1_macro,
    "matthews": _matthews,
    "pearson": _pearson,
    "spearman": _spearman,
    "exact_match": lambda labels, predictions: float(_exact(labels, predictions).mean()),
    "f1_tokens": lambda labels, predictions: float(f1_scores(labels, predictions).mean()),
}
"""`f1` is of the second label, the positive one; `f1_micro` counts each label of each row alike, `f1_macro` is the mean
over labels in rows or answers; `f1_tokens` is SQuAD's, the mean over rows of that of the answer's words.  `exact_match`
of several labels is the share of rows with just the right ones (subset accuracy)."""
