"""What a stage of distillation is measured by: masked LM on held-out text, tokens a second, its loss by term."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from pocketbert.training.device import autocast
from pocketbert.training.folder import RunFolder
from pocketbert.wording import duration, spelt

if TYPE_CHECKING:
    import torch

    from pocketbert.distillation.texts import Texts


def masked_lm_scores(model: torch.nn.Module, /, *, texts: Texts, precision: str) -> dict[str, float]:
    """Share of held-out masked tokens that a `Learner` tells, and its loss on them, in nats a token."""
    import torch
    from torch.nn.functional import cross_entropy

    from pocketbert.distillation.reading import Wanted, given, read_learner

    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    places, right, loss = 0, 0.0, 0.0
    with torch.inference_mode(), autocast(device, precision):
        for batch in chain.from_iterable(texts.held_out().updates()):
            on_device = batch.to(device)
            scores = given(read_learner(model, on_device, Wanted(scores=True)).scores).float()
            places += len(on_device.asked_ids)
            right += float((scores.argmax(-1) == on_device.asked_ids).sum())
            loss += float(cross_entropy(scores, on_device.asked_ids, reduction="sum"))
    model.train(was_training)
    return {"masked_lm_accuracy": right / max(1, places), "masked_lm_loss": loss / max(1, places)}


def last_figures(folder: RunFolder, stage: int, terms: list[str]) -> dict[str, Any]:
    """A stage's loss by term at its last reading, weighted as it was minimised, and its scores on held-out text."""
    lines = [line for line in folder.read_history() if line["stage"] == stage]
    readings, scores = ([line for line in lines if kind in line] for kind in ("loss", "validation"))
    last: dict[str, float] = {}
    for line in readings:  # a term that counted nothing is not in all of them
        last |= line.get("terms") or dict.fromkeys(terms, line["loss"])
    return {"loss_by_term": last, "held_out": scores[-1]["validation"] if scores else {}}


def outcome(stage: dict[str, Any]) -> str:
    """A finished stage in one line, of what `metrics.json` says of it."""
    by_term = ", ".join(f"{spelt(name)} {loss:.3g}" for name, loss in stage["loss_by_term"].items())
    held_out = stage["held_out"].get("masked_lm_loss")
    scored = "" if held_out is None else f"; masked LM on held-out text {held_out:.3f}"
    rate = f"{stage['tokens_per_second']:,.0f} tokens/s"
    loss = f"; loss: {by_term}" if by_term else ""
    return f"{stage['name']}: {duration(stage['seconds'])}, {rate}{loss}{scored}"
