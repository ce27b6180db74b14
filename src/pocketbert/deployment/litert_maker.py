"""LiteRT files from a material: attempts, what MediaPipe reads, and what MediaPipe answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np

from pocketbert.data import Encoder
from pocketbert.deployment.attempts import Attempt, for_phones
from pocketbert.deployment.formats import Material
from pocketbert.deployment.litert import in_precision, open_litert, to_litert
from pocketbert.deployment.mediapipe import MediapipePredictor
from pocketbert.deployment.phone import lengths_up_to, scores_of
from pocketbert.deployment.phone_predictor import PhonePredictor
from pocketbert.deployment.reading import how_to_read
from pocketbert.deployment.tflite_metadata import SPANS, VALUE, Description, only, with_metadata

MEDIAPIPE = "mediapipe.tflite"


class LitertMaker:
    """Makes LiteRT files; see `Maker`."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.lengths = material.lengths or lengths_up_to(material.encoder.max_length)
        self.encoder = Encoder(material.encoder.tokenizer, self.lengths[-1], material.encoder.stride)
        self.scores = scores_of(material.task)

    def attempts(self) -> list[Attempt]:
        given = self.material
        return for_phones(given.folded, given.calibration, given.precision, self._content)

    def _content(self, keep: Collection[str]) -> bytes:
        file = in_precision(self._exact, self.material.precision, self.material.folded, keep)
        return with_metadata(file, self._description)

    @cached_property
    def _exact(self) -> bytes:
        return to_litert(self.material.folded, self.lengths, scores=self.scores)

    @cached_property
    def _description(self) -> Description:
        pieces = self.encoder.tokenizer.get_vocab()
        metadata = self.material.metadata
        return Description(
            name=metadata["task"],
            description=f"{self.material.task.title} {metadata['made_by']}, {self.material.precision}",
            version="1",
            words=sorted(pieces, key=pieces.__getitem__),
            labels=self.material.task.labels,
            output=SPANS if self.material.task.kind == "spans" else VALUE,
        )

    def predictor(self, content: bytes, threads: int = 0) -> PhonePredictor:
        return PhonePredictor(open_litert(content, threads), self.encoder, scores=self.scores)

    def beside(self, content: bytes) -> dict[str, bytes]:
        """MediaPipe reads one signature, and single texts, and gives one label."""
        if self.scores != "softmax" or self.material.task.is_pair:
            return {}
        return {MEDIAPIPE: with_metadata(only(content, self.lengths[-1]), self._description)}

    def limits(self, content: bytes, texts: Sequence[tuple[str, ...]]) -> list[str]:
        lengths = ", ".join(map(str, self.lengths))
        return [
            f"A signature for each of {lengths} tokens: take the shortest that a text fits and fill it up with 0.",
            *how_to_read(self.material.task, self.material.metadata, scores=True),
            *(self._of_mediapipe(content, file, texts) for file in self.beside(content).values()),
        ]

    def _of_mediapipe(self, content: bytes, file: bytes, texts: Sequence[tuple[str, ...]]) -> str:
        ours = self.predictor(content).predict(texts).argmax(axis=1)
        theirs = MediapipePredictor(file).predict(texts).argmax(axis=1)
        same = 100 * float(np.mean(ours == theirs))
        return (
            f"{MEDIAPIPE}, of {self.lengths[-1]} tokens, is for MediaPipe's text classifier, which splits texts "
            "itself and may answer otherwise where there are accents, Korean or Indic script, unusual spaces, "
            "invisible or control characters, or words such as [SEP]. Here it answers "
            f"{same:.1f} % of the {len(texts):,} clean validation rows alike. It knows no pairs."
        )
