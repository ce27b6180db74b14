"""Questions for the training loop: views that keep the answer's sentence, windows, and where answers stand in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from pocketbert.augmentation import View
from pocketbert.data.answers import Answer, stored_answers
from pocketbert.data.batches import EncodedRows
from pocketbert.data.batching import Kept, ReadRows
from pocketbert.data.encoding import Encoder
from pocketbert.data.question_windows import QuestionWindows
from pocketbert.text.edits import Span
from pocketbert.text.text import Text

NO_PLACE = (0, 0)
"""Where an answer stands that a window does not hold: the first token, [CLS] (Devlin et al. 2019, section 4.3)."""

_CONTEXTS_KEPT = 4096


class QuestionRows:
    """Reads rows of questions; the first of several right answers is the one to be learned."""

    def __init__(self, encoder: Encoder) -> None:
        self.windows = QuestionWindows(encoder)

    def kept(self, rows: Mapping[str, Any]) -> list[Kept]:
        return sentences_kept(rows)

    def __call__(self, rows: Mapping[str, Any], views: Sequence[View]) -> ReadRows:
        """All windows of the views.  *Shape:* labels (windows, 2): first and last token of the answer"""
        answers = [stored_answers(label)[:1] for label in rows["label"]]
        spans = [_moved(answer, view) for answer, view in zip(answers, views, strict=True)]
        features, labels, owners = [], [], []
        for window in self.windows([view.texts for view in views]):
            span = spans[window.row]
            features.append(window.features)
            labels.append(NO_PLACE if span is None else window.places(span) or NO_PLACE)
            owners.append(window.row)
        return ReadRows(
            EncodedRows.of(features), np.array(labels, np.int64).reshape(-1, 2), np.array(owners, np.int64)
        )


def sentences_kept(rows: Mapping[str, Any]) -> list[Kept]:
    """The sentences of the answers of each row, which no view changes."""
    return [
        answers_kept(context, stored_answers(label))
        for context, label in zip(rows["text_pair"], rows["label"], strict=True)
    ]


def answers_kept(context: str, answers: Sequence[Answer]) -> Kept:
    """The sentences of the answers of a row."""
    return tuple((1, sentence_of(context, answer.span)) for answer in answers)


def moved_answers(answers: Sequence[Answer], view: View) -> tuple[Answer, ...] | None:
    """The answers where they stand in a view of their row; None where one does not stand there letter for letter."""
    spans = [view.offsets[1].span(answer.span) for answer in answers]
    if any(
        span is None or view.texts[1][span.start : span.end] != answer.text
        for span, answer in zip(spans, answers, strict=True)
    ):
        return None
    return tuple(
        Answer(answer.text, span.start)
        for answer, span in zip(answers, spans, strict=True)
        if span is not None
    )


def _moved(answers: Sequence[Answer], view: View) -> Span | None:
    """Where the answer of a row stands in its view, which the engine has seen to: it keeps the answer's sentence."""
    if not answers:
        return None
    moved = moved_answers(answers, view)
    if moved is None:
        raise ValueError(f"a view lost its answer {answers[0].text!r:.80}")
    return moved[0].span


def sentence_of(context: str, span: Span) -> Span:
    """The sentence that a span stands in, or all of those that it touches."""
    touched = [one for one in _sentences(context) if one.overlaps(span.start, span.end)]
    if not touched:
        return span
    return Span(min(span.start, touched[0].start), max(span.end, touched[-1].end))


@lru_cache(maxsize=_CONTEXTS_KEPT)
def _sentences(context: str) -> tuple[Span, ...]:
    text = Text(context)
    return tuple(
        Span(text.tokens[first].start, text.tokens[beyond - 1].end)
        for first, beyond in text.sentences
        if beyond > first
    )
