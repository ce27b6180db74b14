import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketbert.text.inflection import indefinite_article, inflections_of, lemma_of
from pocketbert.text.language import is_english
from pocketbert.text.text import Text
from pocketbert.text.words import MOST_WORDS, Kind


def test_tokens_keep_their_offsets_and_clitics_stand_alone() -> None:
    text = Text("I don't pay $3.50 at https://a.b/c.")
    assert [token.text for token in text.tokens[:4]] == ["I", "do", "n't", "pay"]
    assert all(text.string[token.start : token.end] == token.text for token in text.tokens)
    assert [token.text for token in text.tokens if token.kind is Kind.NUMBER] == ["3.50"]


def test_sentences_end_at_marks_and_lines() -> None:
    text = Text("Mr. Smith left. Did he? yes\nno ... maybe")
    found = [" ".join(token.text for token in text.tokens[first:beyond]) for first, beyond in text.sentences]
    assert found == ["Mr. Smith left .", "Did he ?", "yes", "no ... maybe"]


def test_tags_know_the_classes_that_operators_ask_for() -> None:
    assert Text("The cat sat on the mat.").tags == ("DT", "NN", "VBD", "IN", "DT", "NN", ".")


@given(st.text())
def test_any_text_is_read_without_error_and_one_tag_a_token(string: str) -> None:
    text = Text(string)
    assert len(text.tags) == len(text.tokens)
    assert all(string[token.start : token.end] == token.text for token in text.tokens)
    assert isinstance(text.english, bool)


@pytest.mark.parametrize("unit", ["a", "a ", "<a", "1,", "é", "😀", "n't", "\u200b", "-a", "a@", "\n"])
def test_a_megabyte_is_read_up_to_the_limit(unit: str) -> None:
    assert len(Text(unit * 1_000_000).tags) <= MOST_WORDS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "gorgeous , witty , seductive",
        "I'm",
        "Refund not showing up",
        "The cat sat on the mat.",
        "12:30",
    ],
)
def test_english_and_short_texts_count_as_english(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text",
    [
        "El gato se sentó en la alfombra y no quiso moverse",
        "Die Karte ist noch nicht angekommen, was soll ich tun?",
        "Le chat est sur le tapis et il dort",
        "кошка сидит на коврике",
        "猫はマットの上に座った",
        "القط جلس على السجادة",
    ],
)
def test_other_languages_do_not(text: str) -> None:
    assert not is_english(text)


def test_words_are_inflected_as_the_word_they_replace() -> None:
    assert lemma_of("bought", "VBD") == "buy"
    assert inflections_of("purchase", "VBD")[0] == "purchased"
    assert inflections_of("child", "NNS")[0] == "children"
    assert lemma_of("xqzt", "NN") is None


@pytest.mark.parametrize(
    ("word", "article"),
    [("hour", "an"), ("university", "a"), ("unusual", "an"), ("one", "a"), ("apple", "an"), ("car", "a")],
)
def test_article_follows_the_sound(word: str, article: str) -> None:
    assert indefinite_article(word) == article


def test_importing_the_rooms_loads_nothing_heavy() -> None:
    heavy = "{'torch', 'textblob', 'nltk', 'lemminflect', 'transformers', 'datasets'}"
    code = f"import sys, pocketbert.augmentation; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
