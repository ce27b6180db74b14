"""ExecuTorch files answer as PyTorch does, texts of any length, in fp32 and int8."""

import numpy as np
import pytest
from messages import TORTURE
from two_layers import LONGEST, Phone, answers_of

from pocketbert.deployment.executorch import open_executorch, to_executorch
from pocketbert.deployment.phone_predictor import PhonePredictor
from pocketbert.errors import PocketBertError


@pytest.fixture(scope="module")
def exact(phone: Phone) -> bytes:
    return to_executorch(phone.folded, LONGEST, scores="softmax")


def probabilities(file: bytes, phone: Phone, texts: list[tuple[str, ...]]) -> np.ndarray:
    return np.exp(PhonePredictor(open_executorch(file, 1), phone.encoder, scores="softmax").predict(texts))


def test_fp32_is_the_same_function(exact: bytes, phone: Phone) -> None:
    assert len({len(row.input_ids) for row in phone.encoder(phone.texts)}) > 30
    assert np.abs(probabilities(exact, phone, phone.texts) - phone.probabilities).max() < 1e-5


def test_padding_changes_nothing(exact: bytes, phone: Phone) -> None:
    answer = open_executorch(exact, 1)
    (row,) = phone.encoder(phone.texts[:1])
    ids = np.array([row.input_ids], np.int32)
    padded = np.pad(ids, ((0, 0), (0, LONGEST - ids.shape[1])))
    plain = answer(ids, np.ones_like(ids), np.zeros_like(ids))
    assert np.abs(answer(padded, (padded != 0).astype(np.int32), np.zeros_like(padded)) - plain).max() < 1e-5


def test_int8_is_small_and_agrees(exact: bytes, phone: Phone) -> None:
    every = [name for name, _ in phone.folded.named_parameters() if name.endswith("weight")]
    lost = []
    for keep in (["classifier.weight"], every):
        file = to_executorch(phone.folded, LONGEST, scores="softmax", int8=True, keep=keep)
        assert len(file) < 0.5 * len(exact)
        found = probabilities(file, phone, phone.texts)
        assert np.mean(found.argmax(1) == phone.probabilities.argmax(1)) > 0.95
        lost.append(np.abs(found - phone.probabilities).max())
    assert lost[1] < lost[0] < 0.15


def test_any_text_and_pairs(exact: bytes, phone: Phone) -> None:
    for texts in ([(text,) for text in TORTURE], [("a dog ran", "home"), ("a dog", "ran home")]):
        expected = answers_of(phone.model, phone.encoder, texts)
        assert np.abs(probabilities(exact, phone, texts) - expected).max() < 1e-5


def test_what_is_no_model_is_refused_in_one_line() -> None:
    with pytest.raises(PocketBertError, match="ExecuTorch cannot load the file") as refused:
        open_executorch(b"not a model" * 20)
    assert "\n" not in str(refused.value)
