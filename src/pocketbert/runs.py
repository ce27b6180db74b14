"""A finished run: load it, predict with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from pocketbert.data.survey import well_formed
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluation.confidence import Confidence
from pocketbert.evaluation.familiarity import Familiarity
from pocketbert.evaluation.label_thresholds import LabelThresholds, ThresholdPredictor
from pocketbert.evaluation.predictions import Prediction, predictions
from pocketbert.tasks import Task
from pocketbert.training.answering import AnswerPredictor
from pocketbert.training.folder import RunFolder
from pocketbert.training.inference import TorchPredictor
from pocketbert.wording import counted

if TYPE_CHECKING:
    import numpy as np
    import torch

    from pocketbert.data import Encoder

Text = str | tuple[str, ...]
Kept = TypeVar("Kept")


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run."""

    folder: RunFolder
    task: Task = field(repr=False)
    model: torch.nn.Module = field(repr=False)
    encoder: Encoder = field(repr=False)
    threshold: float = 0.0
    """How far the logits of no answer must stand above those of the best span, for there to be none."""
    thresholds: LabelThresholds | None = None
    """Where a text may have several labels: from which probability on each is given."""

    @overload
    def predict(self, texts: Text, *, accuracy: float | None = ..., familiar: bool = ...) -> Prediction: ...
    @overload
    def predict(
        self, texts: list[str] | list[tuple[str, ...]], *, accuracy: float | None = ..., familiar: bool = ...
    ) -> list[Prediction]: ...
    def predict(
        self,
        texts: Text | list[str] | list[tuple[str, ...]],
        *,
        accuracy: float | None = None,
        familiar: bool = True,
    ) -> Prediction | list[Prediction]:
        """Answer one text, or a list of them; for a task on pairs each is a tuple of two.

        Probabilities are at the temperature that validation rows asked for.  `accuracy` is what the answers that are
        `sure` should reach; without `familiar`, no text is compared with those of training.

        Raises ArgumentError for what is no text, or has another number of sides than the task, and for an accuracy
        that the validation rows cannot promise.
        """
        single = isinstance(texts, str | tuple) or not isinstance(texts, Iterable)
        many: Iterable[Any] = [texts] if single else texts
        threshold = None if accuracy is None else self.threshold_for(accuracy)
        logits, familiarity = self._read([self._sides(text) for text in many], familiar)
        answers = predictions(self.task, logits, self.temperature, self.thresholds)
        if threshold is not None:
            answers = [replace(one, sure=(one.probability or 0.0) >= threshold) for one in answers]
        if familiarity is not None:
            answers = [
                replace(one, familiarity=share)
                for one, share in zip(answers, familiarity.tolist(), strict=True)
            ]
        return answers[0] if single else answers

    def threshold_for(self, accuracy: float) -> float:
        """The probability from which on answers reach an accuracy, as the validation rows show.

        Raises ArgumentError when they cannot show it, or the run's answers have no probabilities.
        """
        if not 0 < accuracy < 1:
            meant = f"; {accuracy:g} percent is {accuracy / 100:g}" if 1 < accuracy < 100 else ""
            raise ArgumentError(f"an accuracy lies between 0 and 1, not {accuracy:g}{meant}")
        if self.task.kind != "classification":
            answers = {"regression": "values", "spans": "spans", "multilabel": "several labels a text"}
            raise ArgumentError(
                f"an accuracy is of one label a text, and task '{self.task.name}' answers with "
                f"{answers[self.task.kind]}; leave it out"
            )
        if self.confidence is None:
            raise ArgumentError(
                f"{self.folder.confidence} is missing: the run was made by an earlier version; train it again, "
                "or leave the accuracy out"
            )
        if promise := self.confidence.promise(accuracy):
            return promise.threshold
        highest = self.confidence.highest()
        advice = f"ask for at most {highest.accuracy:.2f}" if highest else "train on more rows"
        raise ArgumentError(
            f"{counted(len(self.confidence.right), 'validation row')} show no probability from which on "
            f"{accuracy:g} of the answers are right; {advice}"
        )

    def _read(self, texts: list[tuple[str, ...]], familiar: bool) -> tuple[np.ndarray, np.ndarray | None]:
        """Logits, and where asked for and known the share of validation texts that lie as far as each text."""
        predictor = self.predictor
        if not familiar or isinstance(predictor, AnswerPredictor) or self.familiarity is None or not texts:
            return predictor.predict(texts), None
        logits, states = predictor.predict_with_states(texts)
        return logits, self.familiarity.share_as_far(states)

    def _sides(self, text: Any) -> tuple[str, ...]:
        sides = tuple(text) if isinstance(text, tuple | list) else (text,)
        for side in sides:
            if not isinstance(side, str):
                raise ArgumentError(f"a text was expected, not a {type(side).__name__}: {side!r:.80}")
        if len(sides) == len(self.task.text):
            return tuple(map(well_formed, sides))
        if self.task.is_pair:
            wanted = "pairs of texts: --pair A B, or a tuple of two from Python"
        else:
            wanted = "one text at a time; from Python, a list of several"
        raise ArgumentError(f"task '{self.task.name}' reads {wanted}; not {text!r:.80}")

    @property
    def predictor(self) -> TorchPredictor | AnswerPredictor | ThresholdPredictor:
        """The model as something that `evaluate` can score."""
        if self.thresholds is not None:
            return ThresholdPredictor(TorchPredictor(self.model, self.encoder), self.thresholds)
        if self.task.kind == "spans":
            return AnswerPredictor(self.model, self.encoder, self.task.unanswerable, self.threshold)
        return TorchPredictor(self.model, self.encoder)

    @cached_property
    def confidence(self) -> Confidence | None:
        """What validation rows say of its probabilities.  Raises PocketBertError when the file is damaged."""
        return self._kept(self.folder.confidence, Confidence.read)

    @property
    def temperature(self) -> float:
        """By which logits are divided before they are probabilities; 1 where the validation rows said nothing."""
        if self.thresholds is not None:
            return self.thresholds.temperature
        return self.confidence.temperature if self.confidence else 1.0

    @property
    def label_thresholds(self) -> np.ndarray | None:
        """What scaled logits of several labels lie over.  *Shape:* (labels,)"""
        return None if self.thresholds is None else self.thresholds.logits

    @cached_property
    def familiarity(self) -> Familiarity | None:
        """Where its training texts lie.  Raises PocketBertError when the file is damaged."""
        return self._kept(self.folder.familiarity, Familiarity.read)

    def _kept(self, file: Path, read: Callable[[Path], Kept]) -> Kept | None:
        if not file.exists():
            return None
        try:
            return read(file)
        except (OSError, ValueError, KeyError, TypeError):
            raise damaged(file) from None

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What `metrics.json` says.  Raises PocketBertError when it is damaged."""
        return read_metrics(self.folder)


def load(folder: str | Path, *, unfinished: bool = False) -> Run:
    """Load a finished run, or one that is trained but not measured yet.

    Raises ArgumentError when the folder is none, PocketBertError when one of its files is damaged.
    """
    from pocketbert.backbone import load_answerer, load_classifier
    from pocketbert.backbone.masked_lm import HEAD_FILE
    from pocketbert.data import Encoder

    files = RunFolder(Path(folder))
    if not files.path.is_dir():
        raise ArgumentError(f"no run folder {folder}; make one with `pocketbert train DATA --out {folder}`")
    if not files.recipe.is_file():
        raise ArgumentError(f"{folder} is not a run folder: it has no recipe.toml")
    if files.finished and not files.model.exists():
        raise ArgumentError(
            f"the run {folder} has lost its model: there is no {files.model}; copy it back, or train again"
        )
    if not files.model.exists() or not (files.finished or unfinished):
        raise ArgumentError(
            f"the run {folder} is not finished; the command that started it goes on from where it stands"
        )
    if not files.task.exists() and (files.model / HEAD_FILE).exists():
        tuned = files.path / "finetuning"
        advice = f"fine-tune it with `pocketbert train DATA --backbone {files.model}`"
        if tuned.is_dir():
            advice = f"name the run that fine-tuned it, {tuned}"
        raise ArgumentError(f"{folder} is a distillation, whose model answers nothing; {advice}")
    task = read_task(files)
    outputs = 2 if task.kind == "spans" else max(1, len(task.labels))
    try:
        model, tokenizer = (load_answerer if task.kind == "spans" else load_classifier)(files.model)
    except ArgumentError as error:
        raise PocketBertError(f"the run {folder} is damaged: {error}") from None
    if model.config.num_labels != outputs:
        raise PocketBertError(
            f"{files.model} answers with {model.config.num_labels} labels but {files.task} names {len(task.labels)}; "
            "the folder mixes two runs: train it again"
        )
    told = files.finished or not unfinished
    threshold = threshold_of(files) if task.unanswerable and told else 0.0
    thresholds = thresholds_of(files, task) if task.kind == "multilabel" and told else None
    return Run(files, task, model, Encoder(tokenizer, *lengths_of(files)), threshold, thresholds)


def read_task(files: RunFolder) -> Task:
    """The task a run was trained on.  Raises PocketBertError when the file is damaged."""
    try:
        return Task.model_validate_json(files.task.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise damaged(files.task) from None


def read_metrics(files: RunFolder) -> dict[str, Any]:
    """What a finished run's `metrics.json` says.  Raises PocketBertError when it is damaged."""
    try:
        content = json.loads(files.metrics.read_text(encoding="utf-8"))
        return {**content, "stages": list(content["stages"]), "splits": dict(content["splits"])}
    except (OSError, ValueError, KeyError, TypeError):
        raise damaged(files.metrics) from None


def threshold_of(files: RunFolder) -> float:
    """The threshold of no answer that a run chose on its validation rows."""
    try:
        return float(json.loads(files.no_answer.read_text(encoding="utf-8"))["threshold"])
    except (OSError, ValueError, KeyError, TypeError):
        raise damaged(files.no_answer) from None


def thresholds_of(files: RunFolder, task: Task) -> LabelThresholds:
    """The thresholds of labels that a run chose on its validation rows."""
    try:
        return LabelThresholds.read(files.thresholds, len(task.labels))
    except (OSError, ValueError, KeyError, TypeError):
        raise damaged(files.thresholds) from None


def lengths_of(files: RunFolder) -> tuple[int, int]:
    """Tokens at which the run cuts its texts, and those that two windows of one context share."""
    import tomllib

    try:
        data = tomllib.loads(files.recipe.read_text(encoding="utf-8"))["data"]
        return int(data["max_length"]), int(data.get("stride", 0))
    except (OSError, ValueError, KeyError, TypeError):
        raise damaged(files.recipe) from None


def damaged(file: Path) -> PocketBertError:
    """What to say of a file of a run that cannot be read."""
    return PocketBertError(f"{file} is missing or damaged; put it back, or train again into a new folder")
