"""ONNX files from a material: attempts, the tokenizer inside if asked for, metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pocketbert.deployment.attempts import Attempt, Attempts
from pocketbert.deployment.formats import Material
from pocketbert.deployment.onnx import with_metadata
from pocketbert.deployment.predictor import OnnxPredictor, OnnxTextPredictor
from pocketbert.deployment.reading import how_to_read


@dataclass(frozen=True)
class OnnxMaker:
    """Makes ONNX files; see `Maker`."""

    material: Material

    def attempts(self) -> list[Attempt]:
        given = self.material
        attempts = Attempts(given.folded, given.calibration, given.quantisation).at(given.precision)
        return [Attempt(attempt.name, partial(self._content, attempt)) for attempt in attempts]

    def _content(self, attempt: Attempt) -> bytes:
        model, encoder = attempt.build(), self.material.encoder
        if self.material.reads_text:
            from pocketbert.deployment.text_input import reads_text

            is_pair = self.material.task.is_pair
            model = reads_text(model, encoder.tokenizer, encoder.max_length, pair=is_pair)
        metadata = {**self.material.metadata, "precision": attempt.name}
        content: bytes = with_metadata(model, metadata).SerializeToString()
        return content

    def predictor(self, content: bytes, threads: int = 0) -> OnnxPredictor | OnnxTextPredictor:
        if self.material.reads_text:
            return OnnxTextPredictor(content, threads=threads)
        alone = self.material.precision == "int8"
        return OnnxPredictor(content, self.material.encoder, alone=alone, threads=threads)

    def beside(self, content: bytes) -> dict[str, bytes]:
        return {}

    def limits(self, content: bytes, texts: Sequence[tuple[str, ...]]) -> list[str]:
        given = self.material
        limits = how_to_read(given.task, given.metadata, scores=False)
        if given.reads_text:
            limits.append(
                "Its tokenizer reads Latin script as in training; Korean, Indic vowel signs, a NUL and words such as "
                "[SEP] in a text it splits otherwise."
            )
        if given.precision == "int8":
            limits.append(
                "On x86 processors before VNNI (2019) sums in int8 may saturate; ARM and later ones answer as here."
            )
            if given.quantisation == "dynamic" and not given.reads_text:
                limits.append(
                    "Dynamic int8 takes its scales from the whole batch: ask one text at a time for the figures above."
                )
        return limits
