"""What models say of words in their sentences, kept on disk by content: each is asked once."""

import json
from collections.abc import Sequence
from pathlib import Path

from pocketbert.augmentation.context import ContextScorer, Replacement
from pocketbert.augmentation.masked_words import WordProposer
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


class CachedProposer:
    """A proposer whose words are kept in `folder`, or in memory without one."""

    def __init__(self, proposer: WordProposer, folder: Path | None = None) -> None:
        self._proposer = proposer
        self._store = PlanStore(folder / proposer.fingerprint if folder else None)

    @property
    def fingerprint(self) -> str:
        return self._proposer.fingerprint

    def __call__(self, places: Sequence[Replacement]) -> list[list[str]]:
        asked = {"\0".join(place): place for place in places}
        missing = list(self._store.missing(asked).values())
        if missing:
            found = self._proposer([asked[name] for name in missing])
            self._store.add(list(map(key_of_text, missing)), [json.dumps(list(of)).encode() for of in found])
        return [json.loads(self._store.get("\0".join(place)) or b"[]") for place in places]
