"""What the validation rows say of a finished model, kept beside it: when there is no answer, from where on each of
several labels is given, how sure its answers are, which texts are like those it knows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pocketbert.errors import PocketBertError, disk_refusal
from pocketbert.evaluation.answer_threshold import fit_threshold
from pocketbert.evaluation.confidence import Confidence
from pocketbert.evaluation.familiarity import FITTED_ROWS, Familiarity
from pocketbert.evaluation.label_thresholds import LabelThresholds
from pocketbert.evaluation.mislabelled import Doubt, doubted_labels, doubted_of_several
from pocketbert.training.folder import write_whole
from pocketbert.training.inference import TorchPredictor
from pocketbert.writing import whole

if TYPE_CHECKING:
    from datasets import Dataset

    from pocketbert.data import Splits
    from pocketbert.runs import Run


@dataclass(frozen=True)
class Calibrated:
    """A run with what its validation rows say of it.  `doubts`: validation rows whose label it doubts."""

    run: Run
    doubts: tuple[Doubt, ...] = ()


def calibrated(run: Run, splits: Splits) -> Calibrated:
    """Ask the validation rows, and write down what they say.

    Raises PocketBertError when the disk refuses it.
    """
    if run.task.kind == "spans":
        return Calibrated(with_threshold(run, splits))
    if not len(splits.validation):
        return Calibrated(run)
    from pocketbert.data import texts_of
    from pocketbert.data.batching import labels_of

    predictor = TorchPredictor(run.model, run.encoder)
    logits, states = predictor.predict_with_states(texts_of(splits.validation[:]))
    doubts: tuple[Doubt, ...] = ()
    if run.task.kind == "classification":
        labels = labels_of(splits.validation)
        confidence = Confidence.of(logits, labels)
        write_whole(run.folder.confidence, confidence.write())
        doubts = doubted_labels(logits, labels, confidence.temperature)
    if run.task.kind == "multilabel":
        labels = labels_of(splits.validation)
        thresholds = LabelThresholds.of(logits, labels)
        write_whole(run.folder.thresholds, thresholds.write(run.task.labels, len(logits)))
        doubts = doubted_of_several(logits / thresholds.temperature, labels)
        run = replace(run, thresholds=thresholds)
    _, known = predictor.predict_with_states(texts_of(splits.train[spread(splits.train, FITTED_ROWS)]))
    try:
        with whole(run.folder.familiarity) as partial:
            Familiarity.of(known, states).write(partial)
    except OSError as error:
        raise PocketBertError(
            f"could not write {run.folder.familiarity}: {disk_refusal(error)}, then the same command goes on"
        ) from None
    return Calibrated(run, doubts)


def with_threshold(run: Run, splits: Splits) -> Run:
    """The run with its threshold of no answer, which the validation rows alone choose; it is written down too."""
    from pocketbert.data import texts_of
    from pocketbert.data.answers import gold_texts

    if not run.task.unanswerable:
        return run
    found = run.predictor.predict(texts_of(splits.validation[:]))
    threshold = fit_threshold(found, gold_texts(splits.validation))
    told = {"schema": 1, "threshold": threshold, "chosen_on": "validation", "rows": len(found)}
    write_whole(run.folder.no_answer, json.dumps(told, indent=1))
    return replace(run, threshold=threshold)


def spread(rows: Dataset, most: int) -> np.ndarray:
    """Numbers of at most so many rows, evenly over the set.  *Shape:* (rows,)"""
    return np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)
