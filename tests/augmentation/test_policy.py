import pytest
from pydantic import ValidationError

from pocketbert.augmentation import OPERATORS, Engine, Policy, presets
from pocketbert.errors import ArgumentError


def test_defaults() -> None:
    policy = Policy()
    assert (policy.clean_share, policy.warm_up, policy.preset) == (0.3, 0.1, "default")
    assert {"synonym", "reorder", "stopword", "contraction", "marker", "typo"} <= set(policy.weights)


@pytest.mark.parametrize("preset", [name for name in presets() if name != "everything"])
def test_no_training_policy_but_everything_draws_held_out_operators(preset: str) -> None:
    weights = Policy(preset=preset).weights
    assert weights
    assert not any(OPERATORS[name].held_out for name in weights)
    for name, operator in OPERATORS.items():
        if operator.held_out:
            with pytest.raises(ArgumentError, match=f"'{name}' is held out"):
                Policy(preset=preset, operators=[name])


def test_everything_trains_on_them() -> None:
    engine = Engine(Policy(preset="everything", clean_share=0))
    text = ("The early morning message from the hospital surprised everybody, and nobody answered it.",)
    drawn = {name for epoch in range(200) for name in engine.view(text, epoch=epoch, row=0).operators}
    assert {name for name, operator in OPERATORS.items() if operator.held_out} <= drawn


def test_the_held_out_operators_are_the_ones_suites_need() -> None:
    held_out = {name for name, operator in OPERATORS.items() if operator.held_out}
    assert held_out == {"misspelling", "punctuation", "spacing", "ocr", "hurried", "shuffle"}


def test_names_take_weights_or_a_list() -> None:
    assert Policy(operators=["typo"]).weights == {"typo": 1.0}
    assert Policy(operators={"typo": 2, "synonym": 1}).weights == {"typo": 2.0, "synonym": 1.0}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "sentimnt"}, "did you mean 'sentiment'"),
        ({"operators": ["synonim"]}, "did you mean 'synonym'"),
        ({"operators": {"typo": 0}}, "the weight of 'typo'"),
        ({"protected_patterns": ["a", "(b"]}, "augmentation.protected_patterns: '(b'"),
        ({"protected": ["  "]}, "augmentation.protected: an empty word"),
        ({"warm_up": 0.6}, "augmentation.ramp"),
    ],
)
def test_bad_settings_get_one_line_that_names_the_key(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Policy.model_validate(settings)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_shares_and_unknown_keys_are_checked() -> None:
    with pytest.raises(ValidationError):
        Policy(clean_share=1.5)
    with pytest.raises(ValidationError):
        Policy.model_validate({"clean_shar": 0.1})


def test_strength_is_nothing_while_warming_up_then_ramps_to_full() -> None:
    policy = Policy()
    assert policy.strength(0.09) == 0
    rising = [policy.strength(progress / 100) for progress in range(10, 51)]
    assert rising == sorted(rising)
    assert rising[0] > 0
    assert policy.strength(0.5) == policy.strength(1.0) == policy.full_strength
    assert Policy(magnitude=0).strength(1.0) == 0
