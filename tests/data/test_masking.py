"""Masking: the shares of BERT, the same for the same key, whole words masked whole, never a special token."""

from pathlib import Path

import numpy as np
import pytest
from corpora import LETTERS, SPECIAL, WORDS, small_tokenizer
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pocketbert.data.masking import Masked, MaskingSettings, first_places, masked
from pocketbert.data.vocabulary import Vocabulary
from pocketbert.errors import ArgumentError

SIZE = len(SPECIAL) + len(WORDS) + len(LETTERS) + 10
BY_TOKEN, BY_WORD = MaskingSettings(), MaskingSettings(whole_words=True)
windows_of_ids = arrays(
    np.int64, st.tuples(st.integers(1, 5), st.integers(1, 40)), elements=st.integers(0, SIZE - 1)
)


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary.of(small_tokenizer(tmp_path_factory.mktemp("words")))


def mask(
    ids: np.ndarray,
    vocabulary: Vocabulary,
    settings: MaskingSettings = BY_TOKEN,
    *,
    seed: int = 1,
    epoch: int = 2,
) -> Masked:
    return masked(ids, np.arange(len(ids)) * 7, vocabulary, settings, seed=seed, epoch=epoch)


def test_the_vocabulary_says_what_is_text_and_what_goes_on_with_a_word(vocabulary: Vocabulary) -> None:
    assert vocabulary.size == SIZE
    assert vocabulary.ordinary.tolist() == list(range(len(SPECIAL), SIZE))
    continuing = np.flatnonzero(vocabulary.continues_word)
    assert {(SPECIAL + WORDS + LETTERS)[number] for number in continuing if number < SIZE - 10} == {
        piece for piece in WORDS + LETTERS if piece.startswith("##")
    }
    assert (vocabulary.pad, vocabulary.cls, vocabulary.sep, vocabulary.mask) == (0, 3, 4, 5)


def test_a_tokenizer_without_a_mask_is_refused(tmp_path: Path) -> None:
    tokenizer = small_tokenizer(tmp_path)
    tokenizer.mask_token = None
    with pytest.raises(ArgumentError, match="no mask token"):
        Vocabulary.of(tokenizer)


@given(ids=windows_of_ids, seed=st.integers(0, 2**63), epoch=st.integers(0, 1000), by_word=st.booleans())
def test_a_mask_is_a_function_of_seed_epoch_and_window(vocabulary, ids, seed, epoch, by_word) -> None:
    settings = BY_WORD if by_word else BY_TOKEN
    whole = mask(ids, vocabulary, settings, seed=seed, epoch=epoch)
    again = mask(ids, vocabulary, settings, seed=seed, epoch=epoch)
    assert whole.input_ids.tolist() == again.input_ids.tolist()
    assert whole.asked.tolist() == again.asked.tolist()
    row = len(ids) - 1  # alone in its batch
    alone = masked(ids[row:], np.array([row * 7]), vocabulary, settings, seed=seed, epoch=epoch)
    assert alone.input_ids.tolist() == whole.input_ids[row:].tolist()
    assert alone.asked.tolist() == whole.asked[row:].tolist()


@given(ids=windows_of_ids, share=st.floats(0.01, 0.99), by_word=st.booleans())
def test_only_text_is_asked_for_and_only_there_anything_changes(vocabulary, ids, share, by_word) -> None:
    read, asked = mask(ids, vocabulary, MaskingSettings(share=share, whole_words=by_word))
    special = ids < len(SPECIAL)
    assert not (asked & special).any()
    assert (read == ids)[~asked].all()
    assert ((read == vocabulary.mask) | vocabulary.is_ordinary[read])[asked].all()


@given(ids=windows_of_ids, share=st.floats(0.01, 0.99))
def test_all_pieces_of_a_word_are_asked_for_or_none(vocabulary, ids, share) -> None:
    asked = mask(ids, vocabulary, MaskingSettings(share=share, whole_words=True)).asked
    goes_on = vocabulary.continues_word[ids[:, 1:]] & vocabulary.is_ordinary[ids[:, :-1]]
    assert (asked[:, 1:] == asked[:, :-1])[goes_on].all()


def test_where_words_begin(vocabulary: Vocabulary, tmp_path: Path) -> None:
    tokenizer = small_tokenizer(tmp_path)
    tokens = ["[CLS]", "##ing", "the", "cat", "##s", "##ed", "[MASK]", "##ed", "sat", "[SEP]", "[PAD]"]
    ids = np.array([tokenizer.convert_tokens_to_ids(tokens)])
    assert first_places(ids, vocabulary).tolist() == [[0, 1, 2, 3, 3, 3, 6, 7, 8, 9, 10]]


@pytest.mark.parametrize("settings", [BY_TOKEN, BY_WORD, MaskingSettings(share=0.4)])
def test_shares_are_those_of_the_paper(vocabulary: Vocabulary, settings: MaskingSettings) -> None:
    ids = np.random.default_rng(5).choice(vocabulary.ordinary, (800, 128))
    read, asked = mask(ids, vocabulary, settings)
    assert asked.mean() == pytest.approx(settings.share, abs=0.01)
    fates = {
        "mask": (read == vocabulary.mask)[asked].mean(),
        "same": (read == ids)[asked].mean(),
    }
    by_chance = 0.1 / len(vocabulary.ordinary)
    assert fates["mask"] == pytest.approx(0.8, abs=0.01)
    assert fates["same"] == pytest.approx(0.1 + by_chance, abs=0.01)
    others = read[asked & (read != vocabulary.mask) & (read != ids)]
    assert set(others) == set(vocabulary.ordinary)  # any token of the vocabulary


def test_every_epoch_seed_and_window_has_a_mask_of_its_own(vocabulary: Vocabulary) -> None:
    ids = np.full((3, 128), len(SPECIAL))
    masks = {
        tuple(row)
        for seed in range(3)
        for epoch in range(3)
        for row in mask(ids, vocabulary, seed=seed, epoch=epoch).asked.tolist()
    }
    assert len(masks) == 27


def test_over_the_epochs_every_place_is_asked_for(vocabulary: Vocabulary) -> None:
    ids = np.full((1, 64), len(SPECIAL))
    asked = np.concatenate([mask(ids, vocabulary, epoch=epoch).asked for epoch in range(300)])
    assert 0.06 < asked.mean(0).min() < asked.mean(0).max() < 0.26


def test_the_masks_of_a_release_stay_those_of_a_release(vocabulary: Vocabulary) -> None:
    """A run that goes on after an update of this package or of numpy must see the same masks."""
    ids = np.full((1, 24), len(SPECIAL))
    assert np.flatnonzero(mask(ids, vocabulary).asked).tolist() == [6, 9, 14, 22]
