"""LiteRT files answer as PyTorch does, in every precision and signature; MediaPipe reads them as they are."""

import numpy as np
import pytest
import torch
from ai_edge_litert.interpreter import Interpreter
from messages import TORTURE
from regauged import regauged
from two_layers import LABELS, LONGEST, Phone, answers_of

from pocketbert.deployment.fold import fold
from pocketbert.deployment.litert import in_precision, open_litert, to_litert
from pocketbert.deployment.mediapipe import MediapipePredictor
from pocketbert.deployment.phone_predictor import PhonePredictor
from pocketbert.deployment.tflite_metadata import Description, only, with_metadata
from pocketbert.errors import PocketBertError

LENGTHS = (16, 32, LONGEST)
HEAD = "classifier.weight"


@pytest.fixture(scope="module")
def exact(phone: Phone) -> bytes:
    return to_litert(phone.folded, LENGTHS, scores="softmax")


@pytest.fixture(scope="module")
def description(phone: Phone) -> Description:
    return Description("phone", "made in the test", "1", phone.words, LABELS)


def probabilities(file: bytes, phone: Phone, texts: list[tuple[str, ...]]) -> np.ndarray:
    return np.exp(PhonePredictor(open_litert(file, 1), phone.encoder, scores="softmax").predict(texts))


def test_fp32_is_the_same_function(exact: bytes, phone: Phone) -> None:
    assert np.abs(probabilities(exact, phone, phone.texts) - phone.probabilities).max() < 1e-5


def test_a_text_has_one_answer_in_every_signature(exact: bytes, phone: Phone) -> None:
    interpreter = Interpreter(model_content=exact)
    names = interpreter.get_signature_list()
    assert sorted(names) == sorted(f"length_{length}" for length in LENGTHS)
    (row,) = phone.encoder([("a short text",)])
    answers = []
    for length in LENGTHS:
        runner = interpreter.get_signature_runner(f"length_{length}")
        assert {entry["dtype"] for entry in runner.get_input_details().values()} == {np.int32}
        ids = np.zeros((1, length), np.int32)
        ids[0, : len(row.input_ids)] = row.input_ids
        mask = (np.arange(length) < len(row.input_ids)).astype(np.int32)[None]
        (answer,) = runner(ids=ids, mask=mask, segment_ids=np.zeros_like(ids)).values()
        answers.append(answer.copy())
    assert np.abs(np.concatenate(answers) - answers[0]).max() < 1e-5


def test_signatures_share_their_weights(exact: bytes, phone: Phone) -> None:
    weights = 4 * sum(weight.numel() for weight in phone.folded.parameters())
    assert len(exact) < 1.2 * weights
    assert len(only(exact, 16)) > 0.95 * weights


def test_half_precision_of_values_that_overflow_it(phone: Phone) -> None:
    folded = fold(regauged(phone.model, 1e7))
    half = in_precision(to_litert(folded, (LONGEST,), scores="softmax"), "fp16", folded)
    found = probabilities(half, phone, phone.texts)
    assert np.abs(found - phone.probabilities).max() < 2e-2


def test_int8_is_small_and_agrees(exact: bytes, phone: Phone) -> None:
    every = [name for name, _ in phone.folded.named_parameters() if name.endswith("weight")]
    head, safer = (in_precision(exact, "int8", phone.folded, keep) for keep in ([HEAD], every))
    assert len(head) < len(safer) < 0.5 * len(exact)
    assert len(head) < 1.2 * len(only(head, LONGEST))  # scales are shared as weights are
    found = [probabilities(file, phone, phone.texts) for file in (head, safer)]
    assert np.mean(found[0].argmax(1) == phone.probabilities.argmax(1)) > 0.95
    lost = [np.abs(one - phone.probabilities).max() for one in found]
    assert lost[1] < lost[0] < 0.15


def test_segments_of_pairs_count(exact: bytes, phone: Phone) -> None:
    pairs = [("a dog ran", "home"), ("a dog", "ran home")]
    found = probabilities(exact, phone, pairs)
    assert np.abs(found - answers_of(phone.model, phone.encoder, pairs)).max() < 1e-5
    assert np.abs(found[0] - found[1]).max() > 1e-4


@pytest.fixture(scope="module")
def mediapipe(exact: bytes, description: Description) -> bytes:
    return with_metadata(only(with_metadata(exact, description), LONGEST), description)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_mediapipe_answers_500_ascii_texts_alike(
    precision: str, exact: bytes, phone: Phone, description: Description
) -> None:
    file = with_metadata(in_precision(exact, precision, phone.folded, [HEAD]), description)  # type: ignore[arg-type]
    ours = probabilities(file, phone, phone.texts)
    theirs = np.exp(MediapipePredictor(with_metadata(only(file, LONGEST), description)).predict(phone.texts))
    assert np.mean(ours.argmax(1) == theirs.argmax(1)) >= 0.998
    if precision != "int8":
        assert np.abs(ours - theirs).max() < 1e-3


def test_mediapipe_names_the_labels_in_their_order(mediapipe: bytes, phone: Phone) -> None:
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.text import TextClassifier, TextClassifierOptions

    options = TextClassifierOptions(base_options=BaseOptions(model_asset_buffer=mediapipe))
    with TextClassifier.create_from_options(options) as classifier:
        (head,) = classifier.classify(phone.texts[0][0]).classifications
    assert {one.index: one.category_name for one in head.categories} == dict(enumerate(LABELS))
    assert sum(one.score for one in head.categories) == pytest.approx(1, abs=1e-4)


DIFFERS = [
    "The café's naïve façade, déjà vu: ÀÉÎÕÜ.", "안녕하세요", "zero\u200bwidth\u00adhyphen", "bell\x07 and \x01control",
    "e\u0301 n\u0303 combined", "\u3000wide\u00a0spaces", "शब्द और कविता", "\ufffd\ufeff", "nul\x00inside",
    "[SEP] and [MASK] in a text",
]  # fmt: skip
"""What the card says of MediaPipe's tokenizer."""


@pytest.mark.parametrize("text", TORTURE, ids=lambda text: ascii(text[:20]))
def test_mediapipe_answers_any_text(text: str, mediapipe: bytes, phone: Phone) -> None:
    found = np.exp(MediapipePredictor(mediapipe).predict([(text,)]))
    assert found.shape == (1, len(LABELS))
    assert np.isfinite(found).all()
    expected = answers_of(phone.model, phone.encoder, [(text,)])
    assert (np.abs(found - expected).max() < 1e-4) == (text not in DIFFERS)


def test_what_is_no_model_is_refused_in_one_line() -> None:
    with pytest.raises(PocketBertError, match="LiteRT cannot load the file") as refused:
        open_litert(b"not a model")
    assert "\n" not in str(refused.value)


def test_names_of_a_file_tell_nothing_of_the_machine(exact: bytes, description: Description) -> None:
    from pathlib import Path

    file = with_metadata(exact, description)
    for place in (str(Path.cwd()), str(Path(torch.__file__).parent)):
        assert place.encode() not in file
