"""Masked-LM replacement: a model proposes, and what is no kin, has another form or may carry a label is disposed of."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pocketbert.augmentation import Engine, Policy, View
from pocketbert.augmentation.cases import cases_of
from pocketbert.augmentation.context import ContextGuard, Replacement
from pocketbert.augmentation.context_cache import CachedProposer
from pocketbert.augmentation.guard import Rules
from pocketbert.augmentation.masked_words import PLACES, MaskedWords, kin_of
from pocketbert.errors import ArgumentError
from pocketbert.text.edits import apply

POLICY = Policy(operators={"masked-lm": 1, "typo": 1}, clean_share=0, warm_up=0)
TEXT = "They constructed a large dam across the old river, and nobody objected to an unusual method."


class Everything:
    """Finds every word likely everywhere."""

    fingerprint = "everything"

    def __init__(self, *words: str) -> None:
        self.words = words
        self.asked: list[Replacement] = []

    def __call__(self, places: Sequence[Replacement]) -> list[list[str]]:
        self.asked += places
        return [list(self.words) for _ in places]


class Fits:
    """A scorer to which everything fits."""

    fingerprint = "fits"

    def __call__(self, replacements: Sequence[Replacement]) -> list[float]:
        return [1.0] * len(replacements)


def refiner(proposer, **rules: object) -> MaskedWords:
    return MaskedWords(proposer, ContextGuard(Fits()), Rules.of(**rules))


def proposed(text: str, *words: str, policy: Policy = POLICY, **rules: object) -> list[str]:
    engine = Engine(policy)
    engine.prepare([text], refiners=[refiner(Everything(*words), **rules)])
    plan = engine.plan(text)
    return [apply(text, edits).text for slot in plan.slots.get("masked-lm", ()) for edits in slot.proposals]


def test_kin_in_the_form_of_the_word_stands_in_its_place() -> None:
    assert proposed(TEXT, "built") == [TEXT.replace("constructed", "built")]
    assert proposed("The law allows it.", "permits") == ["The law permits it."]
    assert proposed("Perhaps it rained.", "maybe") == ["Maybe it rained."]


@pytest.mark.parametrize(
    "word",
    [
        "build",  # another form
        "destroyed",  # no kin
        "constructed",  # the word itself
        "##built",
        "b",
        "good",  # may carry a label
        "not",
    ],
)
def test_what_does_not_suit_is_left_out(word: str) -> None:
    assert proposed(TEXT, word) == []


def test_articles_follow() -> None:
    assert "essential" in kin_of("crucial")
    assert proposed("This was a crucial step.", "essential") == ["This was an essential step."]


def test_protected_words_stay() -> None:
    assert proposed(TEXT, "built", own=["constructed"]) == []
    assert proposed("Nobody built it.", "constructed") == ["Nobody constructed it."]
    asked = Everything("built")
    Engine(POLICY).prepare(["Anna did not win 12 of them."], refiners=[refiner(asked)])
    assert all(place.old not in ("not", "12", "Anna") for place in asked.asked)


@pytest.mark.parametrize("preset", ["grammar", "inference", "paraphrase", "qa"])
def test_presets_whose_labels_it_could_change_refuse_it(preset: str) -> None:
    with pytest.raises(ArgumentError, match=f"'masked-lm' could change labels under preset '{preset}'"):
        Policy(preset=preset, operators=["masked-lm"])


def test_other_texts_and_languages_are_left_alone() -> None:
    for text in ("", "12", "<html>", "Das Haus steht am alten Fluss und niemand weiß warum.", "🙂 🙂"):
        assert proposed(text, "built", "house") == []


def test_words_are_asked_for_once_and_plans_do_not_hang_on_each_other(tmp_path: Path) -> None:
    texts = [TEXT, "They constructed a house.", TEXT]
    first, again = Everything("built"), Everything("built")
    engines = [Engine(POLICY, seed=3) for _ in range(2)]
    engines[0].prepare(texts, refiners=[refiner(CachedProposer(first, tmp_path))])
    for text in reversed(texts):
        engines[1].prepare([text], refiners=[refiner(CachedProposer(again, tmp_path))])
    assert first.asked
    assert not again.asked

    def views(engine: Engine) -> list[View]:
        return [engine.view((text,), epoch=epoch, row=0) for text in texts for epoch in range(20)]

    assert views(engines[0]) == views(engines[1])
    assert {"masked-lm", "typo"} <= {name for view in views(engines[0]) for name in view.operators}


def test_each_pool_asks_about_other_places_of_a_long_text_and_the_same_of_a_short_one() -> None:
    long = " ".join(TEXT.replace("dam", noun) for noun in ("dam", "bridge", "wall", "road"))

    def asked(text: str, pool: int) -> set[str]:
        proposer = Everything("built")
        Engine(POLICY).prepare([text], refiners=[refiner(proposer).pool(pool)])
        return {place.before + "|" + place.old for place in proposer.asked}

    assert len(asked(long, 0)) <= PLACES
    assert not asked(long, 0) & asked(long, 1)
    assert asked(long, 0) == asked(long, 2)  # it has two pools of places
    assert asked(TEXT, 0) == asked(TEXT, 1) == asked(TEXT, 2)
    assert refiner(Everything()).pool(0).fingerprint != refiner(Everything()).pool(1).fingerprint


def test_the_bundled_model_makes_what_the_cases_show() -> None:
    from pocketbert.variation import Guards

    engine = Engine(Policy(operators=["masked-lm"], clean_share=0, warm_up=0))
    cases = cases_of("masked-lm")
    texts = [case.before for case in cases.cases] + list(cases.untouched)
    engine.prepare(texts, refiners=Guards.of_words(engine.policy, None).refiners)
    for case in cases.cases:
        slots = engine.plan(case.before).slots["masked-lm"]
        assert case.after in [apply(case.before, edits).text for slot in slots for edits in slot.proposals]
    assert not any(engine.plan(text).slots for text in cases.untouched)
