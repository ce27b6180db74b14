"""Synonyms and related words in whole sentences: where they stand, how they are inflected, what stays."""

import json
from importlib.resources import files

import pytest

from pocketbert.augmentation import Engine, Policy, presets
from pocketbert.augmentation.guard import Rules, is_polar
from pocketbert.augmentation.operators import OPERATORS
from pocketbert.augmentation.plan import plan_of
from pocketbert.text.edits import apply


def _proposed(operator: str, text: str, *protect: str) -> set[str]:
    slots = plan_of(text, [OPERATORS[operator]], Rules.of(protect)).slots.get(operator, ())
    return {apply(text, proposal).text for slot in slots for proposal in slot.proposals}


@pytest.mark.parametrize("operator", ["synonym", "related"])
def test_the_cases_are_what_the_operator_makes(operator: str) -> None:
    path = files("pocketbert").joinpath(f"augmentation/operators/cases/{operator}.json")
    told = json.loads(path.read_text("utf-8"))
    engine = Engine(Policy(operators=[operator], clean_share=0, magnitude=1))
    for case in told["cases"]:
        text = (case["before"],)
        assert case["after"] in {engine.view(text, epoch=epoch, row=0).texts[0] for epoch in range(300)}
    for text in told["untouched"]:
        assert _proposed(operator, text) == set()


def test_the_example_of_the_origin() -> None:
    engine = Engine(Policy(operators=["related"], clean_share=0, magnitude=1))
    view = engine.view(("The cat sat on the mat.",), epoch=0, row=0)
    assert view.texts == ("The feline rested on the rug.",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Forty volunteers took part in it.", "Forty volunteers participated in it."),
        ("They are participating in it.", "They are taking part in it."),
        ("Two stories about trains.", "Two tales about trains."),
        ("He saw an automobile.", "He saw a car."),
        ("It was an exciting afternoon.", "It was a thrilling afternoon."),
        ("It was carried out in June.", "It was performed in June."),
    ],
)
def test_form_and_article_follow(before: str, after: str) -> None:
    assert after in _proposed("synonym", before)


def test_participles_that_differ_from_the_past_are_told_apart() -> None:
    assert "It was shown that he left." in _proposed("synonym", "It was demonstrated that he left.")
    assert "We had surgery." in _proposed("synonym", "We underwent surgery.")
    assert "It was seen in May." in _proposed("synonym", "It was observed in May.")
    assert "We saw the bird." in _proposed("synonym", "We observed the bird.")


def test_the_place_decides() -> None:
    assert "We think that he left." not in _proposed("synonym", "We believe that he left.")
    assert "We believe that he left." in _proposed("synonym", "We think that he left.")
    assert not any("view" in text for text in _proposed("synonym", "Watch out!"))
    assert not any("Nevertheless" in text for text in _proposed("synonym", "However we fared, we lost."))
    assert "Nevertheless, we lost." in _proposed("synonym", "However, we lost.")


@pytest.mark.parametrize(
    ("text", "view", "elsewhere", "absent"),
    [
        ("This film won.", "This movie won.", "It was shot on tape rather than film.", "movie"),
        (
            "She left because it rained.",
            "She left since it rained.",
            "She left simply because it rained.",
            "since",
        ),
        (
            "The loss is associated with age.",
            "The loss is related to age.",
            "We have long associated with them.",
            "rel",
        ),
        ("The objective is plain.", "The goal is plain.", "It is an objective and sensitive test.", "a goal"),
        ("They occasionally met.", "They at times met.", "It was an occasionally boring talk.", "at times"),
        (
            "They integrated it.",
            "They incorporated it.",
            "They underwent integrated magnetic imaging.",
            "incor",
        ),
        ("It was an enigma.", "It was a mystery.", "The director (enigma) left.", "mystery"),
        ("It was completely lost.", "It was totally lost.", "It was more completely lost.", "totally"),
        ("The pain decreased.", "The pain dropped.", "This could have decreased purging.", "dropped"),
    ],
)
def test_what_fits_one_place_does_not_fit_another(text: str, view: str, elsewhere: str, absent: str) -> None:
    assert view in _proposed("synonym", text)
    assert not any(absent in other for other in _proposed("synonym", elsewhere))


def test_small_words_are_not_put_where_they_do_not_go() -> None:
    assert "The dog and the cat slept." in _proposed("stopword", "The dog and cat slept.")
    assert not any(
        "the nobody" in view for view in _proposed("stopword", "A dog ran in the night and nobody cared.")
    )
    assert "The work which was done was lost." in _proposed("stopword", "The work that was done was lost.")
    assert not any("which" in view for view in _proposed("stopword", "Whatever work that was done was lost."))
    assert "Would you please send a card?" in _proposed("stopword", "Would you send a card?")
    assert not any("please" in view for view in _proposed("stopword", "Would you recognise a fake card?"))
    assert "Well, when does the shop open today?" in _proposed("marker", "When does the shop open today?")
    assert not any(
        "Well" in view for view in _proposed("marker", "When the rain stops, the guests may leave.")
    )


def test_a_quantity_becomes_many_or_much_by_number() -> None:
    assert "Many tall visitors came." in _proposed("synonym", "A lot of tall visitors came.")
    assert "Much water ran." in _proposed("synonym", "A lot of water ran.")
    assert "Much tall visitors came." not in _proposed("synonym", "A lot of tall visitors came.")


def test_a_word_is_not_repeated() -> None:
    assert "the movie is an uncommon movie ." not in _proposed("synonym", "the movie is an uncommon film .")
    assert "a boring and boring evening" not in _proposed("synonym", "a dull and boring evening")


def test_what_the_task_protects_stays() -> None:
    text = "Although it rained before noon, a lot of superb films were shown."
    assert any(view.startswith("Though") for view in _proposed("synonym", text))
    assert not any(view.startswith("Though") for view in _proposed("synonym", text, "relations"))
    assert any("excellent" in view for view in _proposed("synonym", text))
    assert not any("excellent" in view for view in _proposed("synonym", text, "polarity"))


def test_related_words_are_rare_in_presets_and_never_in_those_that_hang_on_meaning() -> None:
    weights = {name: preset.operators.get("related", 0) for name, preset in presets().items()}
    assert all(weights[name] == 0 for name in ("grammar", "inference", "paraphrase"))
    assert all(0 < weights[name] <= 0.5 for name in ("default", "sentiment", "everything"))


def test_polar_words_are_known_in_any_form() -> None:
    assert all(map(is_polar, ("disasters", "delights", "bored", "insipid", "charms", "flawless")))
    assert not any(map(is_polar, ("patients", "walked", "tables", "film")))
