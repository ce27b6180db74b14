"""What training minimises where answers are spans: cross-entropy of their first and their last token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pocketbert.training.objective import Supervised

if TYPE_CHECKING:
    import torch

    from pocketbert.data.batches import Batch


class AnswerSpans(Supervised):
    """Mean cross-entropy of both ends of the answer over real tokens (Devlin et al. 2019, section 4.2)."""

    def terms(self, model: torch.nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
        return {"loss": self(span_logits(model, batch.inputs), batch.labels)}

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Loss summed over windows.

        *Shape:* logits (windows, 2, length), labels (windows, 2) -> ()
        """
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum") / 2


def span_logits(model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """Scores of every token as the first and as the last of the answer; -inf for padding, so that it changes nothing.

    *Shape:* inputs (windows, length) each -> (windows, 2, length)
    """
    import torch

    answer = model(**inputs)
    logits = torch.stack([answer.start_logits, answer.end_logits], dim=1).float()
    real = inputs.get("attention_mask")
    return logits if real is None else logits.masked_fill(real[:, None] == 0, float("-inf"))
