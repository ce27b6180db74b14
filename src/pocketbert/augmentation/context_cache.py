"""Scores of the context guard, kept on disk by content: a model is asked once about a word in its sentence."""

from collections.abc import Sequence
from pathlib import Path

from pocketbert.augmentation.context import ContextScorer, Replacement
from pocketbert.augmentation.plan_store import PlanStore, key_of_text


class CachedScorer:
    """A scorer whose scores are rounded and kept in `folder`, or in memory without one."""

    def __init__(self, scorer: ContextScorer, folder: Path | None = None) -> None:
        self._scorer = scorer
        self._store = PlanStore(folder / scorer.fingerprint if folder else None)
        self.known = 0  # scores that were kept already

    @property
    def fingerprint(self) -> str:
        return self._scorer.fingerprint

    def __call__(self, replacements: Sequence[Replacement]) -> list[float]:
        asked = {"\0".join(replacement): replacement for replacement in replacements}
        missing = list(self._store.missing(asked).values())
        self.known += len(asked) - len(missing)
        if missing:
            scores = self._scorer([asked[name] for name in missing])
            records = [f"{score:.3f}".encode() for score in scores]
            self._store.add(list(map(key_of_text, missing)), records)
        return [float(self._store.get("\0".join(replacement)) or 0) for replacement in replacements]
