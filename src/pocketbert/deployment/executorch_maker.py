"""ExecuTorch files from a material."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pocketbert.deployment.attempts import Attempt, for_phones
from pocketbert.deployment.executorch import SHORTEST, open_executorch, to_executorch
from pocketbert.deployment.formats import Material
from pocketbert.deployment.phone import Scores, scores_of
from pocketbert.deployment.phone_predictor import PhonePredictor
from pocketbert.deployment.reading import how_to_read


@dataclass(frozen=True)
class ExecutorchMaker:
    """Makes ExecuTorch files; see `Maker`."""

    material: Material

    @property
    def _scores(self) -> Scores | None:
        return scores_of(self.material.task)

    def attempts(self) -> list[Attempt]:
        given = self.material
        return for_phones(given.folded, given.calibration, given.precision, self._content)

    def _content(self, keep: Collection[str]) -> bytes:
        given = self.material
        return to_executorch(
            given.folded,
            given.encoder.max_length,
            scores=self._scores,
            int8=given.precision == "int8",
            keep=keep,
        )

    def predictor(self, content: bytes, threads: int = 0) -> PhonePredictor:
        return PhonePredictor(open_executorch(content, threads), self.material.encoder, scores=self._scores)

    def beside(self, content: bytes) -> dict[str, bytes]:
        return {}

    def limits(self, content: bytes, texts: Sequence[tuple[str, ...]]) -> list[str]:
        return [
            f"One text at a time, of {SHORTEST} to {self.material.encoder.max_length} tokens: int32 `ids`, `mask` and "
            "`segment_ids`, in this order. Give it no padding: it costs time.",
            *how_to_read(self.material.task, self.material.metadata, scores=True),
        ]
