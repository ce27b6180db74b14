"""Every operator does what its cases say, and lets alone what they say it does.

An operator that needs a model finds no place without one: its cases are shown, and tested where its model is.
"""

import pytest

from pocketbert.augmentation import OPERATORS
from pocketbert.augmentation.cases import cases_of, planned_alone, views_alone

DRAWS = 4_000  # views that may be drawn until the one that a case shows comes up
ALONE = [name for name, operator in OPERATORS.items() if not operator.resources]


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_cases(name: str) -> None:
    cases = cases_of(name)
    assert cases is not None, f"write operators/cases/{name}.json"
    assert len(cases.cases) >= 6
    assert len(cases.untouched) >= 3
    assert all(case.before != case.after for case in cases.cases)


@pytest.mark.parametrize("name", ALONE)
def test_each_case_is_made_by_the_operator_alone(name: str) -> None:
    for case in cases_of(name).cases:
        views = views_alone(name, case.before, case.strength, DRAWS)
        assert any(view == case.after for view in views), case


@pytest.mark.parametrize("name", OPERATORS)
def test_it_finds_no_place_where_its_cases_say_none(name: str) -> None:
    for text in cases_of(name).untouched:
        assert planned_alone(name, text, strength=0.6).slots == {}, text
