"""What each operator does, case by case: `golden/<operator>.json`.

`proposals`: everything the operator proposes for a text, noise included; [] where it must keep its hands off.
`drawn`: what suites draw for (severity, row) with seed 0.
"""

import json
from pathlib import Path

import pytest

from pocketbert.augmentation import OPERATORS, perturb
from pocketbert.augmentation.guard import Rules
from pocketbert.augmentation.plan import plan_of
from pocketbert.text.edits import apply

GOLDEN = Path(__file__).parent / "golden"


def _cases(kind: str) -> list[object]:
    return [
        pytest.param(path.stem, case, id=f"{path.stem}-{number}")
        for path in sorted(GOLDEN.glob("*.json"))
        for number, case in enumerate(json.loads(path.read_text("utf-8")).get(kind, []))
    ]


def proposals_of(operator: str, text: str, *, noise: bool) -> list[str]:
    plan = plan_of(text, [OPERATORS[operator]], Rules.of(), noise=noise)
    return [
        apply(text, proposal).text for slot in plan.slots.get(operator, ()) for proposal in slot.proposals
    ]


@pytest.mark.parametrize(("operator", "case"), _cases("proposals"))
def test_proposals(operator: str, case: dict[str, object]) -> None:
    assert proposals_of(operator, str(case["before"]), noise=bool(case.get("noise"))) == case["after"]


@pytest.mark.parametrize(("operator", "case"), _cases("drawn"))
def test_drawn(operator: str, case: dict[str, object]) -> None:
    severity, row = int(str(case["severity"])), int(str(case["row"]))
    view = perturb((str(case["before"]),), operator=operator, severity=severity, seed=0, row=row)
    assert view.texts[0] == case["after"]


def test_every_operator_says_what_it_does() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} <= set(OPERATORS)
    for name, operator in OPERATORS.items():
        assert operator.name == name
        assert all((operator.title, operator.description, operator.preserves, operator.source))
        assert "\n" not in operator.description
