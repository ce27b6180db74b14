"""Answer spans stand where the offsets say, letter for letter; labels of tokens stay with their words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pocketbert.augmentation import OPERATORS, Engine, Policy
from pocketbert.text.edits import Edit, Span, apply
from pocketbert.text.words import tokens_of

CONTEXTS = [
    "In 1911 the small museum was moved to the old harbour, and many visitors bought a ticket before the fire.",
    "When the bridge collapsed, the engineers quickly built another, but nobody used it until the rain stopped.",
    "The committee didn't publish its report in May; it's said that Dr. Ruiz of course refused to sign the paper.",
    "the big and hungry dog slept in the garden , although its owner had n't bought a new house yesterday .",
    "First, the surgeon really wanted an hour's rest. Then she went home on foot, happy and tired.\nNobody knew why.",
]
QUESTIONS = ["What did the engineers really build?", "Who refused to sign the paper in May?"]
ENGINES = {
    name: Engine(Policy(preset="everything", operators=[name], clean_share=0, magnitude=1.0))
    for name, operator in OPERATORS.items()
    if not operator.resources
} | {"all of them": Engine(Policy(preset="everything", clean_share=0, magnitude=1.0, second=1))}


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("operator", ENGINES)
@given(data=st.data(), epoch=st.integers(0, 1_000))
def test_every_answer_span_is_valid(operator: str, data: st.DataObject, epoch: int) -> None:
    context = data.draw(st.sampled_from(CONTEXTS))
    start = data.draw(st.integers(0, len(context) - 1))
    answer = Span(start, data.draw(st.integers(start + 1, len(context))))
    pair = (data.draw(st.sampled_from(QUESTIONS)), context)
    view = ENGINES[operator].view(pair, epoch=epoch, row=0, kept=[(1, answer)])
    place = view.offsets[1].span(answer)
    assert place is not None
    assert view.texts[1][place.start : place.end] == context[answer.start : answer.end]


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_kept_answer_leaves_the_rest_to_change(context: str) -> None:
    word = next(token for token in tokens_of(context)[4:] if len(token.text) > 4)
    views = [
        ENGINES["all of them"].view((context,), epoch=epoch, row=0, kept=[(0, Span(word.start, word.end))])
        for epoch in range(100)
    ]
    assert sum(not view.clean for view in views) > 80
    assert all(view.texts[0] != context for view in views if not view.clean)


@pytest.mark.parametrize("operator", ENGINES)
def test_labels_of_tokens_stay_with_their_words(operator: str) -> None:
    for row, context in enumerate(CONTEXTS):
        for epoch in range(30):
            view = ENGINES[operator].view((context,), epoch=epoch, row=row)
            text, offsets = view.texts[0], view.offsets[0]
            for token in tokens_of(context):
                span = Span(token.start, token.end)
                place = offsets.follow(span)
                if place is None:
                    continue  # taken out: its label goes with it
                assert 0 <= place.start < place.end <= len(text)
                stands = offsets.span(span)
                if stands is not None:
                    assert place == stands
                    assert text[place.start : place.end].lower() == token.text.lower()
                else:
                    assert text[place.start : place.end].strip()


def test_protected_words_keep_their_labels() -> None:
    name = "Ruiz"
    for epoch in range(200):
        view = ENGINES["all of them"].view((CONTEXTS[2],), epoch=epoch, row=0)
        start = CONTEXTS[2].index(name)
        place = view.offsets[0].follow(Span(start, start + len(name)))
        assert place is not None
        assert view.texts[0][place.start : place.end] == name


def test_a_label_follows_its_word_into_what_replaces_it() -> None:
    text = "The cat sat on the mat of course."
    edited = apply(
        text, [Edit(4, 7, "old feline"), Edit(8, 11, ""), Edit(23, 32, "naturally"), Edit(32, 32, "!")]
    )

    def became(word: str) -> str | None:
        start = text.index(word)
        place = edited.offsets.follow(Span(start, start + len(word)))
        return None if place is None else edited.text[place.start : place.end]

    assert became("cat") == "old feline"
    assert became("sat") is None
    assert became("mat") == "mat"
    assert became("of") == became("course") == became("of course") == "naturally"
    assert became("cat sat on") == "old feline  on"


@st.composite
def edited_texts(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(st.text("abc ", min_size=1, max_size=20))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return text, [Edit(start, end, draw(st.text("xyz", max_size=3))) for start, end in pairs]


@given(edited_texts())
def test_a_followed_span_holds_its_letters_and_all_that_replaced_them(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    edited = apply(text, edits)
    origins: list[tuple[int, int]] = []  # of each new character: the old ones it stands for
    done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        origins += [(at, at + 1) for at in range(done, edit.start)]
        origins += [(edit.start, edit.end)] * len(edit.replacement)
        done = edit.end
    origins += [(at, at + 1) for at in range(done, len(text))]
    assert len(origins) == len(edited.text)
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            stand = [at for at, (first, beyond) in enumerate(origins) if first < end and beyond > start]
            expected = Span(stand[0], stand[-1] + 1) if stand else None
            assert edited.offsets.follow(Span(start, end)) == expected
