"""ONNX files as something that `evaluate` can score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pocketbert.data.batches import EncodedRows, split_by_budget
from pocketbert.errors import PocketBertError

if TYPE_CHECKING:
    from pathlib import Path

    from onnxruntime import InferenceSession

    from pocketbert.data import Encoder

TOKEN_BUDGET = 2048
UNKNOWN = "\N{SNOWMAN} "
"""One token each, in every vocabulary of BERT's kind."""


def open_session(file: Path | bytes, *, threads: int = 0, extensions: bool = False) -> InferenceSession:
    """An ONNX file in ONNX Runtime, on the CPU, with as many threads as PyTorch takes unless it is told otherwise.

    Raises PocketBertError when the run time cannot load the file.
    """
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others may need the cores
    options.log_severity_level = 3
    if extensions:
        from onnxruntime_extensions import get_library_path

        options.register_custom_ops_library(get_library_path())
    try:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have a class for each cause and no common base
        raise PocketBertError(
            f"ONNX Runtime cannot load {'the file' if isinstance(file, bytes) else file}: "
            f"{' '.join(str(error).split())[:200]}"
        ) from None


def without_padding(answer: np.ndarray, tokens: int) -> np.ndarray:
    """A row's logits, of answer spans those of its own tokens.  *Shape:* (labels,), or (2, length) -> (2, tokens)"""
    return answer if answer.ndim == 1 else answer[:, :tokens]


class OnnxPredictor:
    """Answers texts with a file that reads token ids.

    `alone` reads one text at a time, as a phone does: dynamic int8 takes its scales from the whole batch.
    """

    def __init__(
        self, file: Path | bytes, encoder: Encoder, *, alone: bool = False, threads: int = 0
    ) -> None:
        self.session = open_session(file, threads=threads)
        self.encoder, self.alone = encoder, alone
        self.names = {entry.name for entry in self.session.get_inputs()}

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text, in the order given.  *Shape:* (rows, labels), float32"""
        if not texts:
            return np.empty((0, int(self.session.get_outputs()[0].shape[-1])), np.float32)
        return np.stack(self.read(EncodedRows.of(self.encoder(texts))))

    def read(self, rows: EncodedRows) -> list[np.ndarray]:
        """The logits of each row, in their order.  *Shape:* (labels,), of answer spans (2, tokens) of the row"""
        order = np.argsort(-rows.lengths, kind="stable")
        lengths = rows.lengths[order].tolist()
        parts = (
            [slice(at, at + 1) for at in range(len(order))]
            if self.alone
            else split_by_budget(lengths, TOKEN_BUDGET)
        )
        found: list[np.ndarray] = [np.empty(0)] * len(order)
        for part in parts:
            answers = self.logits(rows.padded(order[part], self.encoder.pad_token_id))
            for row, answer in zip(order[part], answers, strict=True):
                found[row] = without_padding(answer, rows.lengths[row])
        return found

    def logits(self, inputs: dict[str, Any]) -> np.ndarray:
        """Logits of encoded rows.

        *Shape:* each input (rows, length) -> (rows, labels), of answer spans (rows, 2, length)
        """
        feed = {name: np.asarray(values, np.int64) for name, values in inputs.items()}
        feed.setdefault("attention_mask", np.ones_like(feed["input_ids"]))
        answers = self.session.run(None, {name: feed[name] for name in self.names})
        return answers[0] if len(answers) == 1 else np.stack(answers, axis=1)

    def answering(self, tokens: int, rows: int = 1) -> Callable[[], object]:
        """What answers rows of so many tokens, drawn at random, each time it is called."""
        random = np.random.default_rng(0)
        ids = random.integers(0, len(self.encoder.tokenizer), (rows, tokens))
        inputs = {"input_ids": ids, "token_type_ids": np.zeros_like(ids)}
        return lambda: self.logits(inputs)


class OnnxTextPredictor:
    """Answers texts, or pairs of them, with a file that reads them itself, one at a time."""

    def __init__(self, file: Path | bytes, *, threads: int = 0) -> None:
        self.session = open_session(file, threads=threads, extensions=True)
        self.names = [entry.name for entry in self.session.get_inputs()]

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Logits of every text, in the order given.  *Shape:* (rows, labels), float32"""
        if not texts:
            return np.empty((0, int(self.session.get_outputs()[0].shape[-1])), np.float32)
        return np.concatenate([self._logits(row) for row in texts])

    def answering(self, tokens: int, rows: int = 1) -> Callable[[], object]:
        """What answers texts of so many tokens each time it is called."""
        row = UNKNOWN * (tokens - len(self.names) - 1), *("" for _ in self.names[1:])
        return lambda: [self._logits(row) for _ in range(rows)]

    def _logits(self, row: tuple[str, ...]) -> np.ndarray:
        feed = {name: np.array([text], object) for name, text in zip(self.names, row, strict=True)}
        answer: np.ndarray = self.session.run(None, feed)[0]
        return answer
