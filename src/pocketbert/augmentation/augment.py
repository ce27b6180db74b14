"""Augmentation on its own: texts in, texts out, for any training loop."""

from collections.abc import Iterable
from functools import lru_cache

from pocketbert.augmentation.engine import Engine
from pocketbert.augmentation.policy import Policy
from pocketbert.errors import ArgumentError


def augment(
    texts: Iterable[str],
    *,
    seed: int = 0,
    epoch: int = 0,
    policy: str | Policy = "default",
    first_row: int = 0,
) -> list[str]:
    """One view of each text for this epoch, at full strength; the policy's clean share stays as it is.

    `policy` is a preset's name or a `Policy`.  The same seed and epoch give the same views; `first_row` is the place
    of the first text among all of them, so that batches of any size give what all at once would.  Plans of the last
    policy and seed are kept for the next epoch, as far as an engine keeps them.
    Raises: ArgumentError for an unknown preset, or for what is no list of texts.
    """
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        raise ArgumentError(f"augment: give a list of texts, not {texts!r:.80}")
    texts = list(texts)
    for text in texts:
        if not isinstance(text, str):
            raise ArgumentError(f"augment: a text was expected, not {text!r:.80}")
    policy = policy if isinstance(policy, Policy) else Policy(preset=policy)
    if policy.asks_models:
        raise ArgumentError(
            "augment: context_guard, agreement and masked-lm ask models; they work in `pocketbert train`, all but "
            "agreement in `pocketbert augment` too"
        )
    engine = _engine(policy.model_dump_json(), seed)
    return [engine.view((text,), epoch=epoch, row=row).texts[0] for row, text in enumerate(texts, first_row)]


@lru_cache(maxsize=1)
def _engine(policy: str, seed: int) -> Engine:
    return Engine(Policy.model_validate_json(policy), seed=seed)
