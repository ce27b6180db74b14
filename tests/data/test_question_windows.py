"""Windows of long contexts: those of the tokenizer, with every answer where its tokens are."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from pocketbert.data import Encoder
from pocketbert.data.question_windows import QuestionWindows, Window
from pocketbert.text.edits import Span
from tiny_mobilebert import WORDS, tokenizer_over

OWN = [word for word in WORDS if word.isalpha()]
TEXT = st.lists(st.sampled_from(OWN), min_size=1, max_size=60).map(" ".join)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return tokenizer_over(WORDS, tmp_path_factory.mktemp("words"))


def windows(
    tokenizer: PreTrainedTokenizerBase, question: str, context: str, length: int = 24, stride: int = 6
) -> list[Window]:
    return list(QuestionWindows(Encoder(tokenizer, length, stride))([(question, context)]))


def test_short_pairs_are_encoded_as_any_pair_is(tokenizer: PreTrainedTokenizerBase) -> None:
    pairs = [("the cat", "sat on the mat ."), ("a dog", "ran home")]
    found = list(QuestionWindows(Encoder(tokenizer, 24, 6))(pairs))
    assert [window.features for window in found] == Encoder(tokenizer, 24)(pairs)
    assert [window.row for window in found] == [0, 1]


@settings(deadline=None, max_examples=60)
@given(context=TEXT, question=TEXT, data=st.data())
def test_every_short_answer_stands_whole_in_a_window(
    context: str, question: str, data: st.DataObject, tokenizer: PreTrainedTokenizerBase
) -> None:
    words = context.split(" ")
    first = data.draw(st.integers(0, len(words) - 1))
    beyond = data.draw(st.integers(first + 1, min(len(words), first + 5)))
    start = len(" ".join([*words[:first], ""]))
    answer = Span(start, start + len(" ".join(words[first:beyond])))
    places = [
        (window, place)
        for window in windows(tokenizer, question, context)
        if (place := window.places(answer)) is not None
    ]
    assert places
    for window, (head, tail) in places:
        assert window.context[head : tail + 1].all()
        ids = window.features.input_ids[head : tail + 1]
        assert tokenizer.convert_ids_to_tokens(ids) == words[first:beyond]
        assert (window.offsets[head, 0], window.offsets[tail, 1]) == (answer.start, answer.end)


@settings(deadline=None, max_examples=60)
@given(context=TEXT, question=TEXT, length=st.integers(12, 40), stride=st.integers(0, 40))
def test_windows_cover_the_context_and_overlap_as_asked(
    context: str, question: str, length: int, stride: int, tokenizer: PreTrainedTokenizerBase
) -> None:
    found = windows(tokenizer, question, context, length, stride)
    covered = [set(map(tuple, window.offsets[window.context].tolist())) for window in found]
    assert set.union(*covered) == set(tokenizer_offsets(tokenizer, context))
    assert all(len(window.features.input_ids) <= length for window in found)
    room = length - 3 - min(len(question.split()), (length - 3) // 2)
    for one, following in pairwise(covered):
        assert len(one & following) == min(stride, room // 2)


def tokenizer_offsets(tokenizer: PreTrainedTokenizerBase, text: str) -> list[tuple[int, int]]:
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return [tuple(pair) for pair in encoded["offset_mapping"]]


def test_a_question_is_cut_only_where_it_must_be(tokenizer: PreTrainedTokenizerBase) -> None:
    question = " ".join(["cat"] * 14)
    (whole,) = windows(tokenizer, question, "the dog ran home .")
    assert whole.features.input_ids.count(tokenizer.convert_tokens_to_ids("cat")) == 14
    for window in windows(tokenizer, question, "the dog ran home . " * 5):
        assert window.features.input_ids.count(tokenizer.convert_tokens_to_ids("cat")) == 10


def test_the_windows_of_a_row_hang_on_no_other_row(tokenizer: PreTrainedTokenizerBase) -> None:
    pairs = [
        ("the cat", "the dog ran home . " * 9), ("cat " * 30, "a mat . " * 30), ("dog", ""), ("", "the mat"),
    ] * 40  # fmt: skip
    together = list(QuestionWindows(Encoder(tokenizer, 24, 9))(pairs))
    alone = [window for pair in pairs for window in windows(tokenizer, *pair, 24, 9)]
    assert [window.features for window in together] == [window.features for window in alone]
    assert [window.row for window in together] == sorted(window.row for window in together)
    assert {window.row for window in together} == set(range(len(pairs)))


def test_an_answer_that_a_window_does_not_hold_whole_has_no_place(tokenizer: PreTrainedTokenizerBase) -> None:
    context = "the cat sat . " * 20
    first, *_, last = windows(tokenizer, "a dog", context)
    assert first.places(Span(len(context) - 6, len(context) - 3)) is None
    assert last.places(Span(0, 3)) is None
    assert first.places(Span(4, 7)) == (5, 5)


def test_a_part_of_a_word_gets_the_whole_token(tokenizer: PreTrainedTokenizerBase) -> None:
    (window,) = windows(tokenizer, "a dog", "the cat sat")
    assert window.places(Span(5, 9)) == (5, 6)


def test_folders_of_tokenizers_of_other_layouts_work_too(tmp_path: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import RobertaProcessing
    from transformers import PreTrainedTokenizerFast

    names = ["<s>", "<pad>", "</s>", "<unk>", *OWN]
    inner = Tokenizer(WordLevel({name: number for number, name in enumerate(names)}, unk_token="<unk>"))
    inner.pre_tokenizer = Whitespace()
    inner.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    other = PreTrainedTokenizerFast(
        tokenizer_object=inner, cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>"
    )
    for window in windows(other, "the dog", "the cat sat on the mat and ran home happy " * 3, 20, 4):
        assert window.features.input_ids[0] == 0
        assert len(window.features.input_ids) <= 20
        assert window.context.tolist().index(True) == 5  # <s> the dog </s> </s>
