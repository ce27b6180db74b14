"""CheckList tests as JSON lines, a test case a line (Ribeiro et al. 2020, Beyond Accuracy).

CheckList itself keeps its suites as pickles, which run code when they are read; this is the same content:

    {"name": "...", "capability": "...", "type": "MFT", "data": ["text", ...], "labels": "negative"}
    {"name": "...", "capability": "...", "type": "INV", "data": ["text", "the text changed", ...]}
    {"name": "...", "type": "DIR", "data": [...], "expect": "decreasing", "labels": "positive", "tolerance": 0.1}

`data` holds a case's texts (of a task on pairs, lists of two); of INV and DIR the first is the one that the others are
compared with.  A case passes when all of its texts do, as CheckList's default is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from pocketbert.data.json_records import parsed_lines
from pocketbert.data.survey import well_formed
from pocketbert.errors import PocketBertError, unknown_name
from pocketbert.evaluation.suite_files.given import (
    BehaviourTest,
    Case,
    Checklist,
    Expectation,
    Kind,
    Texts,
    note_of_empty,
)
from pocketbert.wording import counted

if TYPE_CHECKING:
    from pocketbert.tasks import Task

KINDS = get_args(Kind)
KEYS = ("name", "capability", "type", "data", "labels", "expect", "tolerance")
EXPECTATIONS: dict[str, tuple[Expectation, ...]] = {
    "MFT": ("equal", "different"),
    "INV": ("same",),
    "DIR": ("increasing", "decreasing", "changed"),
}
"""What a case of each type may expect; the first of MFT and INV goes without saying."""
ReadLabel = Callable[[object, str], float | None]


def is_checklist(records: Iterable[dict[str, Any]]) -> bool:
    """Whether the first record is a test case; one of no known type is too, and is refused by name later."""
    first = next(iter(records), {})
    return {"data", "type"} <= set(first)


def read_checklist(path: Path, task: Task, read_label: ReadLabel, name: str, sha256: str) -> Checklist:
    """The tests of a file for a task.

    Raises PocketBertError, naming the line, for a case that is not one.
    """
    texts: list[Texts] = []
    cases: list[Case] = []
    tests: dict[str, BehaviourTest] = {}
    left_out = 0
    with path.open(encoding="utf-8-sig") as file:
        for line, record in parsed_lines(str(path), file):
            where = f"{path}: line {line}"
            test = _test(record, where)
            if tests.setdefault(test.name, test).kind != test.kind:
                raise PocketBertError(
                    f"{where}: test '{test.name}' is {tests[test.name].kind} elsewhere, {test.kind} here"
                )
            data = _texts_of_case(record.get("data"), task, where)
            if test.kind != "MFT" and len(data) < 2:
                raise PocketBertError(
                    f"{where}: a case of {test.kind} needs a text and at least one changed text"
                )
            labels = _labels(record, test.kind, len(data), read_label, where)
            if labels is None:
                left_out += 1
                continue
            expect = _expectation(record, test.kind, where)
            tolerance = _tolerance(record, where)
            cases.append(Case(test.name, len(texts), len(texts) + len(data), expect, labels, tolerance))
            texts += data
    if not cases:
        raise PocketBertError(f"{path}: no test cases to score")
    notes = [f"{counted(left_out, 'case')} left out by label"] if left_out else []
    notes += note_of_empty(texts, str(path))
    return Checklist(name, path.name, sha256, tuple(notes), tuple(texts), tuple(tests.values()), tuple(cases))


def _test(record: dict[str, Any], where: str) -> BehaviourTest:
    for key in record:
        if key not in KEYS:
            raise PocketBertError(f"{where}: {unknown_name('key', key, KEYS)}")
    kind, name = record.get("type"), record.get("name")
    if kind not in KINDS:
        raise PocketBertError(f'{where}: "type" must be one of {", ".join(KINDS)}, not {kind!r:.40}')
    if not isinstance(name, str) or not name.strip():
        raise PocketBertError(f'{where}: "name" must say which test the case belongs to')
    return BehaviourTest(name.strip(), str(record.get("capability") or ""), cast("Kind", kind))


def _texts_of_case(data: Any, task: Task, where: str) -> list[Texts]:
    sides = len(task.text)
    of_pair = (
        sides == 2
        and isinstance(data, list)
        and len(data) == 2
        and all(isinstance(side, str) for side in data)
    )
    many = [data] if isinstance(data, str) or of_pair else data
    if not isinstance(many, list) or not many:
        raise PocketBertError(f'{where}: "data" must be a text or a list of texts')
    texts = [tuple(one) if isinstance(one, list) else (one,) for one in many]
    for one in texts:
        if len(one) != sides or not all(isinstance(side, str) for side in one):
            wanted = "lists of two texts" if sides == 2 else "texts"
            raise PocketBertError(f"{where}: \"data\" of task '{task.name}' holds {wanted}, not {one!r:.60}")
    return [tuple(map(well_formed, one)) for one in texts]


def _labels(
    record: dict[str, Any], kind: str, texts: int, read: ReadLabel, where: str
) -> tuple[float, ...] | None:
    """Right labels of an MFT, the watched one of a DIR; None for a case that its label leaves out."""
    given = record.get("labels")
    if given is None:
        if kind == "MFT":
            raise PocketBertError(f'{where}: a case of MFT needs "labels", the right one')
        return ()
    many = given if isinstance(given, list) else [given]
    if isinstance(given, list) and (kind != "MFT" or len(given) != texts):
        raise PocketBertError(f'{where}: "labels" must be one label, or of an MFT one for each text')
    numbers = [read(label, f'{where}: "labels"') for label in many]
    if any(number is None for number in numbers):
        return None
    found = tuple(number for number in numbers if number is not None)
    return found * texts if kind == "MFT" and len(found) == 1 else found


def _expectation(record: dict[str, Any], kind: str, where: str) -> Expectation:
    choices, expect = EXPECTATIONS[kind], record.get("expect")
    if expect is None and kind != "DIR":
        return choices[0]
    if expect not in choices:
        raise PocketBertError(
            f'{where}: "expect" of {kind} must be one of {", ".join(choices)}, not {expect!r:.40}'
        )
    return cast("Expectation", expect)


def _tolerance(record: dict[str, Any], where: str) -> float:
    value = record.get("tolerance", 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise PocketBertError(f'{where}: "tolerance" must be a probability below 1, not {value!r:.40}')
    return float(value)
