"""Augmentation on its own: texts in, texts out, for any training loop."""

from collections.abc import Iterable

from pocketbert.augmentation.engine import Engine
from pocketbert.augmentation.policy import Policy
from pocketbert.errors import ArgumentError


def augment(
    texts: Iterable[str], *, seed: int = 0, epoch: int = 0, policy: str | Policy = "default"
) -> list[str]:
    """One view of each text for this epoch, at full strength; the policy's clean share stays as it is.

    `policy` is a preset's name or a `Policy`.  The same seed and epoch give the same views.
    Raises: ArgumentError for an unknown preset, or for what is no list of texts.
    """
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        raise ArgumentError(f"augment: give a list of texts, not {texts!r:.80}")
    texts = list(texts)
    for text in texts:
        if not isinstance(text, str):
            raise ArgumentError(f"augment: a text was expected, not {text!r:.80}")
    engine = Engine(policy if isinstance(policy, Policy) else Policy(preset=policy), seed=seed)
    return [engine.view((text,), epoch=epoch, row=row).texts[0] for row, text in enumerate(texts)]
