"""No text makes the engine fail, and the offsets are right whatever it did."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pocketbert.augmentation import OPERATORS, Engine, Policy, perturb
from pocketbert.text.edits import Span

PIECES = [
    "The cat", "sat on", "the mat", "an hour", "really", "film", "and", "or", "when", "I'm", "don't", "bought a car",
    ",", ".", "?!", "…", "\n", "\t", "\u200b", "\u202e", "\x00", "\ufeff", "😀", "👩‍👩‍👧", "é", "e\u0301", "ß", "İ",
    "ǆ",
    "שלום", "مرحبا", "你好", "नमस्ते", "<b>", "</p>", "&amp;", "https://a.b/c?d=e", "a@b.co", "`x = 1`", "{{x}}",
    "do not", "do n't", "it's", "it is", "’s", "However", "in order to", "all of the", "Thank you", "definitely",
    "1,000.5%", "-LRB-", "U.S.", "Mr.", "\ud800", "a\udfffb", "no-one",
    "'", '"', "``", "''", "--", "/", "\\", "NEW YORK", "Anna", "\r\n", "\u2028",
]  # fmt: skip
messy = st.lists(st.sampled_from(PIECES), max_size=14).flatmap(
    lambda pieces: st.sampled_from([" ", "", "  "]).map(lambda gap: gap.join(pieces))
)
anything = st.one_of(st.text(), st.text(st.characters(categories=["Cs", "L", "M", "P", "Zs", "Cc"])), messy)
ENGINE = Engine(Policy(preset="everything", clean_share=0, magnitude=1.0))


@settings(max_examples=300, deadline=None)
@given(anything, st.integers(0, 3))
def test_any_text_gives_a_view_with_true_offsets(text: str, epoch: int) -> None:
    view = ENGINE.view((text,), epoch=epoch, row=0)
    assert len(view.offsets[0]) == len(text) + 1
    assert (view.texts[0] == text) == view.clean
    for start in range(0, len(text), 2):
        for size in (1, 4):
            end = min(start + size, len(text))
            place = view.offsets[0].span(Span(start, end))
            if place is not None:
                assert view.texts[0][place.start : place.end].lower() == text[start:end].lower()


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("operator", OPERATORS)
@given(text=anything, severity=st.integers(1, 3))
def test_any_text_can_be_perturbed(operator: str, text: str, severity: int) -> None:
    view = perturb((text,), operator=operator, severity=severity, seed=0, row=0)
    assert (view.texts[0] == text) == view.clean
    assert set(view.operators) <= {operator}
    offsets = view.offsets[0]
    assert len(offsets) == len(text) + 1
    for start in range(len(text)):
        place = offsets.span(Span(start, start + 1))
        if place is not None:
            assert view.texts[0][place.start : place.end].lower() == text[start].lower()


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(
    "unit",
    [
        "The cat do not sit on all of the mats, it's late. ",
        "don't " * 50,
        "n't",
        "in order to ",
        "<b>",
        "a, ",
    ],
)
def test_a_megabyte_is_perturbed_in_a_moment(operator: str, unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    perturb(("warm up",), operator=operator, severity=3, seed=0, row=0)
    start = time.process_time()
    view = perturb((text,), operator=operator, severity=3, seed=0, row=0)
    assert time.process_time() - start < 5
    assert view.texts[0][-500_000:] == text[-500_000:]


@pytest.mark.parametrize(
    "unit", ["word ", "a", "The cat sat on the mat. ", "<a", "😀", "1,", "\u200b", "don't "]
)
def test_a_megabyte_is_safe(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    view = ENGINE.view((text, "ok"), epoch=0, row=0)
    assert abs(len(view.texts[0]) - len(text)) < 20_000
    assert view.texts[0][-500_000:] == text[-500_000:]


@pytest.mark.parametrize("text", ["", " ", "x", "ok", "😀", "12", "\x00", "שלום"])
def test_almost_nothing_is_left_alone_or_safely_changed(text: str) -> None:
    for epoch in range(20):
        view = Engine(Policy(clean_share=0)).view((text,), epoch=epoch, row=0)
        assert view.texts == (text,)
