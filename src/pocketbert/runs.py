"""A finished run: load it, predict with it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from pocketbert.data.survey import well_formed
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.tasks import Task
from pocketbert.training.answering import AnswerPredictor, Candidate, FoundAnswer
from pocketbert.training.folder import RunFolder
from pocketbert.training.inference import TorchPredictor

if TYPE_CHECKING:
    import numpy as np
    import torch

    from pocketbert.data import Encoder

Text = str | tuple[str, ...]


@dataclass(frozen=True)
class Prediction:
    """The answer to one text: a label with its probability, for a regression a value, for a question a span.

    `answer` stands in the context from the character `start` up to, not including, `end`; it is empty and stands
    nowhere where there is none.  `alternatives` are the next best ones.
    """

    label: str | None = None
    probability: float | None = None
    probabilities: dict[str, float] | None = None
    value: float | None = None
    answer: str | None = None
    start: int | None = None
    end: int | None = None
    score: float | None = None
    alternatives: tuple[Prediction, ...] = ()


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run."""

    folder: RunFolder
    task: Task = field(repr=False)
    model: torch.nn.Module = field(repr=False)
    encoder: Encoder = field(repr=False)
    threshold: float = 0.0
    """How far the logits of no answer must stand above those of the best span, for there to be none."""

    @overload
    def predict(self, texts: Text) -> Prediction: ...
    @overload
    def predict(self, texts: list[str] | list[tuple[str, ...]]) -> list[Prediction]: ...
    def predict(self, texts: Text | list[str] | list[tuple[str, ...]]) -> Prediction | list[Prediction]:
        """Answer one text, or a list of them; for a task on pairs each is a tuple of two.

        Raises ArgumentError for what is no text, or has another number of sides than the task.
        """
        single = isinstance(texts, str | tuple) or not isinstance(texts, Iterable)
        many: Iterable[Any] = [texts] if single else texts
        answers = predictions(self.task, self.predictor.predict([self._sides(text) for text in many]))
        return answers[0] if single else answers

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
    def predictor(self) -> TorchPredictor | AnswerPredictor:
        """The model as something that `evaluate` can score."""
        if self.task.kind == "spans":
            return AnswerPredictor(self.model, self.encoder, self.task.unanswerable, self.threshold)
        return TorchPredictor(self.model, self.encoder)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What `metrics.json` says.  Raises PocketBertError when it is damaged."""
        try:
            content = json.loads(self.folder.metrics.read_text(encoding="utf-8"))
            return {**content, "stages": list(content["stages"]), "splits": dict(content["splits"])}
        except (OSError, ValueError, KeyError, TypeError):
            raise damaged(self.folder.metrics) from None


def predictions(task: Task, logits: np.ndarray) -> list[Prediction]:
    """Answers in the task's own labels.  *Shape:* logits (rows, labels), of answer spans (rows, 1)"""
    from scipy.special import softmax

    if task.kind == "spans":
        return [_span_prediction(found) for found in logits[:, 0]]

    if task.kind == "regression":
        return [Prediction(value=float(value)) for value in logits[:, 0]]
    probabilities = softmax(logits, axis=1)
    return [
        Prediction(
            label=task.labels[int(row.argmax())],
            probability=float(row.max()),
            probabilities=dict(zip(task.labels, row.tolist(), strict=True)),
        )
        for row in probabilities
    ]


def _span_prediction(found: FoundAnswer) -> Prediction:
    chosen = found.answer
    others = tuple(_span(candidate) for candidate in found.candidates if candidate != chosen)
    return _span(chosen, others)


def _span(candidate: Candidate, alternatives: tuple[Prediction, ...] = ()) -> Prediction:
    text, start, end, score = candidate
    return Prediction(answer=text, start=start, end=end, score=score, alternatives=alternatives)


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
    threshold = threshold_of(files) if task.unanswerable and (files.finished or not unfinished) else 0.0
    return Run(files, task, model, Encoder(tokenizer, *lengths_of(files)), threshold)


def read_task(files: RunFolder) -> Task:
    """The task a run was trained on.  Raises PocketBertError when the file is damaged."""
    try:
        return Task.model_validate_json(files.task.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise damaged(files.task) from None


def threshold_of(files: RunFolder) -> float:
    """The threshold of no answer that a run chose on its validation rows."""
    try:
        return float(json.loads(files.no_answer.read_text(encoding="utf-8"))["threshold"])
    except (OSError, ValueError, KeyError, TypeError):
        raise damaged(files.no_answer) from None


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
