"""Texts before and after: what differs is marked, long texts are cut where it shows."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pocketbert.evaluation.report.marking import LONGEST, mark, printable, shortened


def text_of(pieces) -> str:
    return "".join(piece.text for piece in pieces)


def marked(pieces) -> list[str]:
    return [piece.text for piece in pieces if piece.changed]


def test_changed_words_are_marked_on_both_sides():
    before, after = mark("I was charged twice", "I was chraged twice please")
    assert marked(before) == ["charged"]
    assert marked(after) == ["chraged", "please"]


def test_a_lost_space_is_seen():
    before, after = mark("one of them", "one ofthem")
    assert marked(before) == ["of them"]
    assert marked(after) == ["ofthem"]


def test_equal_texts_have_no_marks():
    assert marked(mark("same", "same")[0]) == []
    assert mark("", "") == ([], [])


def test_text_without_spaces_is_marked_by_character():
    before, after = mark("我的卡还没到", "我的卡没到")
    assert marked(before) == ["还"]
    assert marked(after) == []


def test_a_late_change_in_a_long_text_is_in_sight():
    words = "word " * 20_000
    before, after = mark(words + "target", words + "tarket")
    assert marked(before) == ["target"]
    assert marked(after) == ["tarket"]
    assert text_of(before).startswith("…")
    assert len(text_of(before)) <= LONGEST + 2


def test_one_endless_word_is_cut_with_an_ellipsis():
    before, after = mark("a" * 100_000, "b" * 100_000)
    assert text_of(before) == "a" * LONGEST + "…"
    assert marked(after) == ["b" * LONGEST]


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=80), st.text(max_size=80))
def test_short_texts_come_back_whole(before, after):
    old, new = mark(before, after)
    assert text_of(old) == printable(before)
    assert text_of(new) == printable(after)


def test_what_no_page_may_hold_is_replaced():
    assert printable("a\x00b\x1bc\ud800d\te") == "a\ufffdb\ufffdc\ufffdd\te"
    assert shortened("x" * 10, 5) == "xxxx…"
    assert shortened("short", 5) == "short"
