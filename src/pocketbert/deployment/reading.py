"""How the output of a file is read, in the words of its card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pocketbert.tasks import Task
from pocketbert.training.answering import LONGEST_ANSWER


def how_to_read(task: Task, metadata: Mapping[str, Any], *, scores: bool) -> list[str]:
    """Sentences; `scores`: whether the file gives probabilities where there are any, or their logits."""
    if task.kind == "classification":
        given = "Its scores are probabilities" if scores else "The softmax of its logits is a probability"
        return [
            f"{given} at the temperature {metadata['temperature']}, found on the validation rows"
            f"{'' if scores else ' and divided by already'}."
        ]
    if task.kind == "multilabel":
        given = "Its scores are" if scores else "The sigmoid of its logits is"
        return [
            f"{given} each label's probability, and a text has the labels whose probability exceeds their number in "
            "`thresholds.txt`, chosen on the validation rows."
        ]
    if task.kind == "spans":
        nothing = (
            ", unless the sum of [CLS], the smallest of all windows, is larger by more than "
            f"{metadata['no_answer_threshold']}: then there is none"
        )
        return [
            "It gives logits of each token as the first and as the last of the answer, which is the span of the "
            f"context, of at most {LONGEST_ANSWER} tokens, with the largest sum of the two over all windows"
            f"{nothing if task.unanswerable else ''}."
        ]
    return []
