"""Token ids are exactly those of the tokenizer, whatever the text, and long texts cost little."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertTokenizerFast

from pocketbert.data import Encoder, Features, texts_of

PIECES = ["a", "b", "c", "the", "cat", "sat", "##s", "##a", "##b", "##c", "!", ".", "é", "日", "ᄒ", "##ᅡ"]
WORDS = [
    "a",
    "cats",
    "The",
    "sat",
    "!",
    "日本",
    "한",
    "é",
    "e\u0301",
    "\u200b",
    "مرحبا",
    "x" * 120,
    "\x00",
    "Σς",
    "😀",
]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> BertTokenizerFast:
    path = tmp_path_factory.mktemp("vocabulary") / "vocab.txt"
    path.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES]))
    return BertTokenizerFast(str(path))


def text(longest: int) -> st.SearchStrategy[str]:
    gap = st.sampled_from(["", " ", "  ", "\n", "\u3000"])
    return st.lists(st.tuples(st.sampled_from(WORDS), gap), max_size=longest).map(
        lambda parts: "".join(word + space for word, space in parts)
    )


ROW = st.one_of(st.tuples(text(400)), st.tuples(text(400), text(400)), st.tuples(text(20), text(400)))


def reference(tokenizer: BertTokenizerFast, row: tuple[str, ...], max_length: int) -> Features:
    encoded = tokenizer(*([side] for side in row), truncation=True, max_length=max_length)
    return Features(encoded["input_ids"][0], encoded["token_type_ids"][0])


@settings(max_examples=150, deadline=None)
@given(row=ROW, max_length=st.integers(8, 17))
def test_ids_are_those_of_the_tokenizer(tokenizer: BertTokenizerFast, row, max_length: int) -> None:
    assert Encoder(tokenizer, max_length)([row]) == [reference(tokenizer, row, max_length)]


def test_a_batch_keeps_its_order_and_may_mix_short_and_long(tokenizer: BertTokenizerFast) -> None:
    rows = [("a cat", "sat"), ("the cat " * 500, "a " * 500), ("", ""), ("!" * 900, "b"), ("c", "日" * 900)]
    encoder = Encoder(tokenizer, 16)
    assert encoder(rows) == [reference(tokenizer, row, 16) for row in rows]
    assert encoder([]) == []


@pytest.mark.parametrize("big", ["the cat sat. " * 80_000, "日" * 350_000, "a" * 1_000_000])
def test_a_megabyte_is_encoded(tokenizer: BertTokenizerFast, big: str) -> None:
    encoder = Encoder(tokenizer, 128)
    assert encoder([(big,)]) == [reference(tokenizer, (big,), 128)]
    pair = encoder([(big, big)])[0]  # the tokenizer itself needs tens of gigabytes for this one
    assert len(pair.input_ids) == len(pair.token_type_ids) <= 128


def test_lengths_are_counted_before_truncation(tokenizer: BertTokenizerFast) -> None:
    assert Encoder(tokenizer, 8).lengths([("a " * 30,), ("b",)]) == [32, 3]
    assert Encoder(tokenizer, 8).lengths([("a " * 30, "b")]) == [34]


def test_texts_of_a_slice() -> None:
    assert texts_of({"text": ["a", "b"], "label": [0, 1]}) == [("a",), ("b",)]
    assert texts_of({"text": ["a"], "text_pair": ["b"]}) == [("a", "b")]
