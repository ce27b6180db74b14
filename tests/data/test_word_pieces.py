"""Ids put together from the pieces of words are those of the tokenizer for the whole text, for every view."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, BertTokenizer, PreTrainedTokenizerFast

import pocketbert
from pocketbert.augmentation import OPERATORS, Engine, Policy, perturb
from pocketbert.data import Encoder, word_pieces
from pocketbert.data.word_pieces import WordPieces

BUNDLED = Path(pocketbert.__file__).parent / "assets/backbone"
PROSE = [
    "The cat sat on the mat.",
    "Anna's café didn't open until 9.30 a.m., so we've waited in the cold -- for an hour!",
    "of course , the plot is n't new , but the actors are funny and it 's over in 90 minutes .",
    "Mr. Smith e-mailed help@bank.example about order #4521-B; nobody (not even once) answered.",
    "In 20 patients, the dose was reduced; 3/4 of them didn't report nausea, however.",
    "She said: \"I can't believe it's over\" and left when the well-known musician began to play.",
    "北京 is big, 東京 bigger; naïve façades, Ünïcödé, İstanbul, ﬁne, 한국어 and Σίσυφος.",
    "tabs\tand\nlines\r\n\u00a0hard\u3000spaces\u2028 \u200bnothing\x00 \ufffd 😀👍🏽",
    "[CLS] is no [MASK] , and x[SEP]y isn't ##one",
]
LETTERS = st.one_of(
    st.characters(exclude_categories=["Cs"]),  # the tokenizer takes no half of a surrogate pair
    st.sampled_from(
        [*"aé'-.,!\u0301\u0327\u0345 \t\n\r\x0b\x1c\x85\xa0\u200b\u2009\u3000\ufeff\x00\xad日한İßﬁ#[]"]
    ),
)
TEXT = st.one_of(
    st.text(LETTERS, max_size=60),
    st.lists(st.sampled_from([word for line in PROSE for word in line.split(" ")]), max_size=30).map(
        " ".join
    ),
)


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def tokenizer(request: pytest.FixtureRequest) -> PreTrainedTokenizerFast:
    if request.param:
        return AutoTokenizer.from_pretrained(BUNDLED)
    vocabulary = AutoTokenizer.from_pretrained(BUNDLED).get_vocab()
    return BertTokenizer(vocab=vocabulary, do_lower_case=False, strip_accents=None)


def ids_of(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(TEXT, min_size=1, max_size=4))
def test_any_text_has_the_ids_of_the_tokenizer(tokenizer, texts) -> None:
    pieces = WordPieces.of(tokenizer)
    assert pieces is not None
    assert pieces(texts) == [ids_of(tokenizer, text) for text in texts]
    assert pieces(texts) == [ids_of(tokenizer, text) for text in texts]  # from what is known now


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_view_has_the_ids_of_the_tokenizer(tokenizer, operator: str) -> None:
    pieces = WordPieces.of(tokenizer)
    views = [
        perturb((text,), operator=operator, severity=severity, seed=5, row=row).texts[0]
        for text in PROSE
        for severity in (1, 3)
        for row in range(12)
    ]
    assert pieces(views) == [ids_of(tokenizer, view) for view in views]


@settings(max_examples=80, deadline=None)
@given(text=TEXT, row=st.integers(0, 5))
def test_views_of_any_text_have_the_ids_of_the_tokenizer(tokenizer, text: str, row: int) -> None:
    engine = Engine(Policy(preset="everything", clean_share=0, magnitude=1.0, second=1))
    rows = [engine.view((text, PROSE[row]), epoch=epoch, row=row).texts for epoch in range(3)]
    for max_length in (8, 15, 128):
        encoded = tokenizer(
            [row[0] for row in rows], [row[1] for row in rows], truncation=True, max_length=max_length
        )
        features = Encoder(tokenizer, max_length)(rows)
        assert [row.input_ids for row in features] == encoded["input_ids"]
        assert [row.token_type_ids for row in features] == encoded["token_type_ids"]


def test_what_is_known_is_forgotten_in_time(tokenizer, monkeypatch) -> None:
    monkeypatch.setattr(word_pieces, "CHARACTERS_KEPT", 3_000)
    pieces = WordPieces.of(tokenizer)
    for batch in range(30):
        texts = [f"word{batch}x{row} the cat" for row in range(20)]
        assert pieces(texts) == [ids_of(tokenizer, text) for text in texts]
    assert len(pieces._known) < 150
    assert pickle.loads(pickle.dumps(pieces))(texts) == pieces(texts)


def test_the_first_words_of_a_long_text_are_enough(tokenizer) -> None:
    pieces = WordPieces.of(tokenizer)
    long, empty = "the cat sat " * 100_000, "\x00 " * 50_000 + "the cat"
    start, late = pieces([long, empty], 16)
    assert 16 <= len(start) <= 40
    assert start == ids_of(tokenizer, long[:400])[: len(start)]
    assert late == ids_of(tokenizer, "the cat")


def test_only_tokenizers_that_work_as_berts_are_put_together(tokenizer) -> None:
    from copy import deepcopy

    phrases = deepcopy(tokenizer)
    phrases.add_tokens(["new york"])
    assert WordPieces.of(phrases) is None
    assert Encoder(phrases, 16)([("in new york",)])[0].input_ids == phrases("in new york")["input_ids"]
    left = deepcopy(tokenizer)
    left.truncation_side = "left"
    assert WordPieces.of(left) is None
    assert (
        Encoder(left, 8)([("the cat sat on the mat again",)])[0].input_ids
        == left("the cat sat on the mat again", truncation=True, max_length=8)["input_ids"]
    )
