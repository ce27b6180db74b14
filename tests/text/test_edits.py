import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketbert.text.edits import Edit, Span, apply


@st.composite
def edited_texts(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(st.text(max_size=40))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return text, [Edit(start, end, draw(st.text(max_size=5))) for start, end in pairs]


def test_apply_replaces_inserts_and_deletes() -> None:
    edited = apply("The cat sat.", [Edit(4, 7, "feline"), Edit(8, 8, "just "), Edit(11, 12, "")])
    assert edited.text == "The feline just sat"
    assert edited.offsets.span(Span(8, 11)) == Span(16, 19)
    assert edited.offsets.span(Span(4, 7)) is None


def test_moved_text_is_found_where_it_stands_now() -> None:
    text = "The cat sat on the mat."
    edits = [Edit(0, 0, "On the mat", moved_from=12), Edit(0, 0, ", "), Edit(0, 3, "the"), Edit(11, 22, "")]
    edited = apply(text, edits)
    assert edited.text == "On the mat, the cat sat."
    place = edited.offsets.span(Span(19, 22))
    assert place is not None
    assert edited.text[place.start : place.end] == "mat"


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply("abcdef", [Edit(0, 3, "x"), Edit(2, 4, "y")])


@given(edited_texts())
def test_every_unedited_span_is_found_at_its_mapped_offset(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    edited = apply(text, edits)
    assert len(edited.offsets) == len(text) + 1
    assert edited.offsets[len(text)] == len(edited.text)
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            place = edited.offsets.span(Span(start, end))
            touched = any(edit.start < end and edit.end > start for edit in edits)
            assert (place is None) == touched
            if place is not None:
                assert edited.text[place.start : place.end] == text[start:end]


@given(edited_texts())
def test_offsets_stay_inside_the_text_in_order_and_survive_pickling(case: tuple[str, list[Edit]]) -> None:
    edited = apply(*case)
    places = list(edited.offsets)
    assert places == sorted(places)
    assert all(0 <= place <= len(edited.text) for place in places)
    assert pickle.loads(pickle.dumps(edited.offsets)) == edited.offsets
