"""Back-translation: what comes back becomes edits that the hard rules see, and each sentence is translated once."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketbert.augmentation import Engine, Policy
from pocketbert.augmentation.cases import cases_of
from pocketbert.augmentation.guard import Rules
from pocketbert.augmentation.round_trips import CachedRoundTrip, RoundTrips, differing
from pocketbert.errors import ArgumentError
from pocketbert.text.edits import apply

POLICY = Policy(
    operators={"back-translation": 1}, translators=("there", "back"), clean_share=0, warm_up=0, ramp=0
)


class Says:
    """Says what a table tells, and everything else as it is."""

    fingerprint = "says"

    def __init__(self, table: dict[str, list[str]], stop_after: int | None = None) -> None:
        self.table, self.stop_after = table, stop_after
        self.asked: list[str] = []

    def __call__(self, sentences: Sequence[str]) -> list[list[str]]:
        if self.stop_after is not None and len(self.asked) >= self.stop_after:
            raise KeyboardInterrupt
        self.asked += sentences
        return [self.table.get(sentence, [sentence]) for sentence in sentences]


def engine(says, texts: Sequence[str]) -> Engine:
    made = Engine(POLICY, seed=1)
    made.prepare(texts, refiners=[RoundTrips(says, Rules.of())])
    return made


def views(text: str, *back: str) -> set[str]:
    made = engine(Says({text: list(back)}), [text])
    return {made.view((text,), epoch=epoch, row=0).texts[0] for epoch in range(40)} - {text}


@pytest.mark.parametrize("case", cases_of("back-translation").cases, ids=lambda case: case.before)
def test_what_comes_back_is_the_view(case) -> None:
    assert views(case.before, case.after) == {case.after}


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("She did not like the film at all.", "She did like the film at all."),
        ("She liked the film very much.", "She did not like the film very much."),
        ("They sold 12 houses in the spring.", "They sold 13 houses in the spring."),
        ("They met Anna near the old bridge.", "They met Hanna near the old bridge."),
        ("The old bridge was closed for repairs.", "Bridge."),
        ("The old bridge was closed for repairs.", "The  old bridge was closed for repairs."),
        ("The old bridge was closed for repairs.", ""),
    ],
)
def test_what_lost_or_gained_what_labels_hang_on_is_left_out(text: str, back: str) -> None:
    assert views(text, back) == set()


def test_each_sentence_is_said_anew_alone() -> None:
    first, second = "The shop was empty today.", "We went home on the bus."
    made = engine(
        Says({first: ["The store was empty today."], second: ["We took the bus home."]}),
        [f"{first} {second}"],
    )
    found = {made.view((f"{first} {second}",), epoch=epoch, row=0).texts[0] for epoch in range(60)}
    assert {f"The store was empty today. {second}", f"{first} We took the bus home."} <= found


def test_an_interrupted_run_goes_on_where_it_stood(tmp_path: Path) -> None:
    texts = [f"The shop in street {number} was empty on that day." for number in range(200)]
    with pytest.raises(KeyboardInterrupt):
        engine(CachedRoundTrip(Says({}, stop_after=64), tmp_path), texts)
    again = Says({})
    engine(CachedRoundTrip(again, tmp_path), texts)
    assert len(again.asked) == len(texts) - 64
    third = Says({})
    engine(CachedRoundTrip(third, tmp_path), texts)
    assert not third.asked


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_edits_make_what_came_back(sentence: str, other: str) -> None:
    edits = differing(sentence, other, 3)
    if edits:
        assert apply("..." + sentence, list(edits)).text == "..." + other
    else:
        assert sentence.casefold().split() == other.casefold().split()


def test_it_needs_two_models_and_a_task_whose_labels_it_keeps() -> None:
    with pytest.raises(ArgumentError, match="'back-translation' needs two models"):
        Policy(operators=["back-translation"])
    for preset in ("grammar", "inference", "paraphrase", "qa"):
        with pytest.raises(ArgumentError, match="could change labels"):
            Policy(preset=preset, operators=["back-translation"], translators=("there", "back"))
