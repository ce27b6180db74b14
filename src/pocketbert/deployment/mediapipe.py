"""A `.tflite` in MediaPipe's text classifier, which splits texts itself, as something that `evaluate` can score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pocketbert.deployment.silence import silence


class MediapipePredictor:
    """Answers single texts as an app with MediaPipe Tasks does."""

    def __init__(self, file: bytes) -> None:
        self.file = file

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text, in the order given: logarithms of its scores.  *Shape:* (rows, labels)"""
        with silence():
            from mediapipe.tasks.python import BaseOptions
            from mediapipe.tasks.python.text import TextClassifier, TextClassifierOptions

            options = TextClassifierOptions(base_options=BaseOptions(model_asset_buffer=self.file))
            with TextClassifier.create_from_options(options) as classifier:
                found = [classifier.classify(text).classifications[0].categories for (text,) in texts]
        scores = [[one.score for one in sorted(row, key=lambda one: one.index)] for row in found]
        return np.log(np.maximum(np.array(scores, np.float32), np.finfo(np.float32).tiny))
