"""Answers to questions: the best spans over all windows of a context, by the scores of a model or of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pocketbert.data.batches import EncodedRows, split_by_budget
from pocketbert.data.encoding import Encoder
from pocketbert.data.question_windows import QuestionWindows, Window
from pocketbert.errors import PocketBertError
from pocketbert.training.answer_spans import span_logits
from pocketbert.training.device import autocast
from pocketbert.training.inference import TOKEN_BUDGET
from pocketbert.training.matrix_product import fast_linear_layers

if TYPE_CHECKING:
    import torch

LONGEST_ANSWER = 30
"""Tokens, as in SQuAD's baselines."""
CONSIDERED = 20
"""Ends of each kind that are paired, in each window."""
CANDIDATES = 5
"""Answers kept of each question."""

_ROWS_AT_ONCE = 512

SpanScores = Callable[[EncodedRows], Sequence[np.ndarray]]
"""Scores of each row's tokens as first and last of the answer.  *Shape:* (2, tokens) each"""


class Candidate(NamedTuple):
    """A possible answer: its text, the characters of the context it takes, and its probability among the candidates.

    No answer has an empty text and stands nowhere.
    """

    text: str
    start: int | None
    end: int | None
    score: float


@dataclass(frozen=True)
class FoundAnswer:
    """What a model finds in one context.

    `candidates` are spans, best first; `no_answer` is the probability that there is none, and None where there always
    is one.  `margin`: how far the logits of no answer stand above those of the best span; NaN where those are.
    """

    candidates: tuple[Candidate, ...]
    no_answer: float | None = None
    margin: float = 0.0
    threshold: float = 0.0

    @property
    def answer(self) -> Candidate:
        """The best span, or no answer where that stands further above it than the threshold."""
        none = self.no_answer is not None and self.margin > self.threshold
        if none or not self.candidates:
            return Candidate("", None, None, 1.0 if self.no_answer is None else self.no_answer)
        return self.candidates[0]


@dataclass(frozen=True)
class AnswerSearch:
    """Finds answers by the scores of tokens, wherever they come from."""

    scores: SpanScores
    encoder: Encoder
    unanswerable: bool
    threshold: float = 0.0

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """What is found for every pair of question and context, in the order given.

        *Shape:* (rows, 1), of FoundAnswer
        """
        found = np.empty((len(texts), 1), object)
        for start in range(0, len(texts), _ROWS_AT_ONCE):
            for row, answer in enumerate(self._answers(texts[start : start + _ROWS_AT_ONCE]), start):
                found[row, 0] = answer
        return found

    def _answers(self, texts: Sequence[tuple[str, ...]]) -> list[FoundAnswer]:
        windows = list(QuestionWindows(self.encoder)(texts))
        if not windows:
            return []
        spans: list[list[_Span]] = [[] for _ in texts]
        nothing = np.full(len(texts), np.inf)
        rows = EncodedRows.of([window.features for window in windows])
        for window, (first, last) in zip(windows, self.scores(rows), strict=True):
            if not (np.isfinite(first).all() and np.isfinite(last).all()):
                nothing[window.row] = np.nan
                continue
            nothing[window.row] = np.minimum(nothing[window.row], first[0] + last[0])
            spans[window.row] += best_spans(window, first, last)
        return [
            self._found(context, own, float(none))
            for (_, context), own, none in zip(texts, spans, nothing, strict=True)
        ]

    def _found(self, context: str, spans: list[_Span], nothing: float) -> FoundAnswer:
        """`nothing`: the lowest logits of no answer over the windows, any of which may hold one."""
        if np.isnan(nothing):
            return FoundAnswer((), margin=nothing, threshold=self.threshold)
        best: dict[tuple[int, int], float] = {}
        for span in spans:
            place = span.start, span.end
            best[place] = max(best.get(place, -np.inf), span.logits)
        ordered = sorted(best.items(), key=lambda entry: (-entry[1], entry[0]))[:CANDIDATES]
        logits = np.array([logit for _, logit in ordered] + [nothing] * self.unanswerable)
        shares = np.exp(logits - logits.max(initial=-np.inf)) if len(logits) else logits
        shares = shares / shares.sum() if len(shares) else shares
        candidates = tuple(
            Candidate(context[start:end], start, end, float(share))
            for ((start, end), _), share in zip(ordered, shares, strict=False)
        )
        margin = nothing - ordered[0][1] if ordered else np.inf
        return FoundAnswer(
            candidates, float(shares[-1]) if self.unanswerable else None, float(margin), self.threshold
        )


@dataclass(frozen=True)
class AnswerPredictor:
    """A PyTorch model that answers questions, as something that can be scored."""

    model: torch.nn.Module
    encoder: Encoder
    unanswerable: bool
    threshold: float = 0.0
    precision: str = "fp32"

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """What is found for every pair of question and context, in the order given.

        *Shape:* (rows, 1), of FoundAnswer

        Raises PocketBertError where the model's scores are no numbers.
        """
        search = AnswerSearch(self._scores, self.encoder, self.unanswerable, self.threshold)
        found = search.predict(texts)
        for row, answer in enumerate(found[:, 0], 1):
            if np.isnan(answer.margin):
                raise PocketBertError(
                    f"the model's answer to row {row} of {len(texts)} is not a number; "
                    "train it again with a lower learning rate"
                )
        return found

    def _scores(self, rows: EncodedRows) -> list[np.ndarray]:
        """Of each row's tokens as first and last of the answer.  *Shape:* (2, tokens) each"""
        import torch

        order = np.argsort(-rows.lengths, kind="stable")
        device = next(self.model.parameters()).device
        found: list[np.ndarray] = [np.empty(0)] * len(order)
        was_training = self.model.training
        self.model.eval()
        with torch.inference_mode(), autocast(device, self.precision), fast_linear_layers(self.model):
            for part in split_by_budget(rows.lengths[order].tolist(), TOKEN_BUDGET):
                inputs = rows.padded(order[part], self.encoder.pad_token_id)
                logits = span_logits(self.model, {name: value.to(device) for name, value in inputs.items()})
                for at, scores in zip(order[part], logits.cpu().numpy(), strict=True):
                    found[at] = scores[:, : rows.lengths[at]]
        self.model.train(was_training)
        return found


class _Span(NamedTuple):
    start: int
    end: int
    logits: float


def best_spans(window: Window, first: np.ndarray, last: np.ndarray) -> list[_Span]:
    """The best spans of a window's context, none longer than LONGEST_ANSWER, as characters of the context.

    *Shape:* first, last (tokens,): logits of the first and the last token of the answer
    """
    tokens = np.flatnonzero(window.context)
    if not len(tokens):
        return []
    starts = tokens[np.argsort(-first[tokens], kind="stable")[:CONSIDERED]]
    ends = tokens[np.argsort(-last[tokens], kind="stable")[:CONSIDERED]]
    logits = first[starts][:, None] + last[ends][None]
    length = ends[None] - starts[:, None]
    logits = np.where((length >= 0) & (length < LONGEST_ANSWER), logits, -np.inf)
    chosen = np.argsort(-logits, axis=None, kind="stable")[:CONSIDERED]
    return [
        _Span(int(window.offsets[start, 0]), int(window.offsets[end, 1]), float(logits[at, to]))
        for at, to in zip(*np.unravel_index(chosen, logits.shape), strict=True)
        for start, end in [(starts[at], ends[to])]
        if np.isfinite(logits[at, to])
    ]
