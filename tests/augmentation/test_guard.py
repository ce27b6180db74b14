import re
import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from pocketbert.augmentation import OPERATORS, Engine, Policy, perturb
from pocketbert.augmentation.guard import Guard, Rules
from pocketbert.augmentation.policy import presets
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text

TABLES = tomllib.loads(files("pocketbert").joinpath("augmentation/protected_words.toml").read_text("utf-8"))
ALWAYS = {word for words in TABLES["always"].values() for word in words.split()}

SENTENCES = [
    "I don't think 3 of the 40 cards I ordered from Anna Smith can ever arrive before Monday at the Grand Hotel.",
    "No patient lost more than 2.5 kg, although several patients could not eat, and all others ate normally.",
    "You must never send all of your 16 digits to help@bank.example or https://bank.example/a?b=1 without thinking.",
    "please don't cancel <b>my</b> order, it hasn't even shipped, and I shouldn't pay twice for foo_bar() either.",
]


FULL = (
    (r"\bwo ?n'?t", "will not"),
    (r"\bca ?n'?t", "can not"),
    (r"\bcannot", "can not"),
    (r" ?n't", " not"),
    (r"\b(do|has|should)nt", r"\1 not"),
    (r" ?'ll", " will"),
)


def _protected(text: str) -> list[str]:
    """The protected words of a text; contracted words count as what they stand for."""
    for contracted, full in FULL:
        text = re.sub(rf"{contracted}\b", full, text, flags=re.IGNORECASE)
    return sorted(
        token.lower
        for token in Text(text).tokens
        if token.lower in ALWAYS or re.search(r"\d|@|https|[<>_]", token.text)
    )


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_negation_quantifiers_numbers_modals_and_code_survive_every_operator(
    operator: str, sentence: str
) -> None:
    for severity in (1, 2, 3):
        for row in range(40):
            changed = perturb((sentence,), operator=operator, severity=severity, seed=1, row=row).texts[0]
            assert Counter(_protected(sentence)) <= Counter(_protected(changed))
            for kept in (
                "Anna Smith",
                "Grand Hotel",
                "https://bank.example/a?b=1",
            ):
                assert kept not in sentence or kept in changed


def test_own_words_and_patterns_are_protected() -> None:
    text = (
        "The gigantic laptop was purchased with a gift voucher, code aa-bb, and the laptop arrived quickly.",
    )
    policy = Policy(
        clean_share=0,
        magnitude=1,
        protected=("gift voucher", "Laptop"),
        protected_patterns=("[a-z]{2}-[a-z]{2}",),
    )
    engine = Engine(policy)
    for epoch in range(300):
        view = engine.view(text, epoch=epoch, row=0).texts[0].lower()
        assert view.count("laptop") == 2
        assert "gift voucher" in view
        assert "aa-bb" in view


def test_sentiment_keeps_polarity_words() -> None:
    text = (
        "This wonderful movie has a boring villain, but the actors are funny and likeable in most scenes.",
    )
    words = ("wonderful", "boring", "funny")
    weights = presets()["sentiment"].operators
    others = {name: weight for name, weight in weights.items() if not OPERATORS[name].respells}
    assert set(weights) - set(others) == {"typo"}
    engine = Engine(Policy(preset="sentiment", clean_share=0, magnitude=0.9, operators=others))
    for epoch in range(300):
        view = engine.view(text, epoch=epoch, row=0).texts[0]
        assert all(word in view for word in words)


def test_polarity_words_may_be_misspelt() -> None:
    text = ("This wonderful movie has a boring villain, but it is not funny.",)
    engine = Engine(Policy(preset="sentiment", clean_share=0, magnitude=0.9, operators=["typo"]))
    views = [engine.view(text, epoch=epoch, row=0).texts[0] for epoch in range(100)]
    for word in ("wonderful", "boring", "funny"):
        assert any(word not in view for view in views)
    assert all("not" in view for view in views)  # what is always protected may not


def test_paraphrase_changes_one_side_only() -> None:
    pair = ("He purchased the big car yesterday.", "The movie was shown in the old theater.")
    engine = Engine(Policy(preset="paraphrase", clean_share=0))
    changed = [
        tuple(new != old for new, old in zip(engine.view(pair, epoch=epoch, row=0).texts, pair, strict=True))
        for epoch in range(60)
    ]
    assert set(changed) == {(True, False), (False, True)}


def test_grammar_changes_nothing_but_case() -> None:
    text = ("The mechanic knew that the cars was sold to somebody, which surprised me.",)
    engine = Engine(Policy(preset="grammar", clean_share=0))
    views = {engine.view(text, epoch=epoch, row=0).texts[0] for epoch in range(50)}
    assert len(views) > 5
    assert {view.lower() for view in views} == {text[0].lower()}


def test_other_languages_keep_their_words_and_their_order() -> None:
    text = ("El gato se sentó en la alfombra y no quiso moverse de allí",)
    engine = Engine(Policy(clean_share=0, operators=["synonym", "reorder", "stopword"]))
    assert all(engine.view(text, epoch=epoch, row=0).texts == text for epoch in range(20))


def test_a_negation_may_be_contracted_and_not_lost() -> None:
    text = ("We do not sell them, and they can't be sent, so I wouldn't wait.",)
    views = {perturb(text, operator="contraction", severity=3, seed=0, row=row).texts[0] for row in range(40)}
    assert "We do not sell them, and they cannot be sent, so I would not wait." in views
    assert "We don't sell them, and they can't be sent, so I would not wait." in views
    assert all(_protected(view) == _protected(text[0]) for view in views)


def test_what_a_user_protects_is_not_even_contracted() -> None:
    text = ("We do not sell them, and they can't be sent.",)
    policy = Policy(
        clean_share=0, operators=["contraction"], protected=("not",), protected_patterns=("can't",)
    )
    engine = Engine(policy)
    assert all(engine.view(text, epoch=epoch, row=0).texts == text for epoch in range(20))


@pytest.mark.parametrize("operator", ["typo", "ocr", "misspelling", "spacing"])
def test_a_slip_makes_no_negation_and_no_number(operator: str) -> None:
    text = ("then the tension of a note in the snow was a nit, and nothings noted the tenor of the tone",)
    for row in range(2_000):
        view = perturb(text, operator=operator, severity=3, seed=0, row=row).texts[0]
        assert not {"ten", "not", "no", "one", "two", "none", "nor"} & {*view.split()}, view


def test_no_operator_makes_a_number_of_other_words() -> None:
    text = Text("Initially it was late.")
    guard = Guard(text, Rules.of())
    assert not guard.allows([Edit(0, 9, "At first")])
    assert guard.allows([Edit(0, 9, "Afterwards")])
