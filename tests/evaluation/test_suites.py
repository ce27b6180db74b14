"""Suites are frozen: made once, hashed, and read back as they were."""

from __future__ import annotations

import hashlib
import json

import pytest
from datasets import Dataset

from pocketbert.augmentation import OPERATORS
from pocketbert.augmentation.perturbation import perturb
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluation import EvaluationSettings, build_suites, freeze_given
from pocketbert.evaluation.suite_names import ONE_CHANGE
from pocketbert.evaluation.suites import changed_share, suite_names

DAYS = ("Monday", "Tuesday", "Friday", "Sunday")

TEXTS = [
    "The parcel arrived on Monday, but the box was open.",
    "Nothing works since the last update of the phone.",
    "Où est passée ma commande ?\u2028Deux lignes.",
    "ok",
]


@pytest.fixture
def rows() -> Dataset:
    return Dataset.from_dict({"text": TEXTS, "label": [0, 1, 0, 1]})


def settings(*names: str, seed: int = 0) -> EvaluationSettings:
    return EvaluationSettings(suites=names or "all", seed=seed, bootstrap_samples=100)


def test_a_suite_is_written_with_its_hash_and_read_back_the_same(classification, rows, tmp_path):
    task = classification("calm", "cross")
    made = build_suites(task, rows, settings("typo@2"), tmp_path)[0]
    content = (tmp_path / "typo@2.jsonl").read_bytes()
    assert made.sha256 == hashlib.sha256(content).hexdigest()
    first = json.loads(content.split(b"\n")[0])
    assert first == {"text": made.texts[0][0], "label": 0, "changed": True}
    assert first["text"] != TEXTS[0]
    again = build_suites(task, rows, settings("typo@2"), tmp_path)[0]
    assert again.texts == made.texts
    assert again.sha256 == made.sha256
    assert (again.changed == made.changed).all()


def test_the_same_seed_gives_the_same_bytes_and_another_other_ones(classification, rows, tmp_path):
    task = classification("calm", "cross")

    def digest(folder: str, seed: int) -> str:
        return build_suites(task, rows, settings("typo@3", seed=seed), tmp_path / folder)[0].sha256

    assert digest("one", 0) == digest("two", 0) != digest("three", 1)


def test_rows_that_cannot_be_changed_stay_and_are_counted(classification, tmp_path):
    rows = Dataset.from_dict({"text": ["please send the blue box again", ""], "label": [0, 1]})
    suite = build_suites(classification("a", "b"), rows, settings("shuffle@3"), tmp_path)[0]
    assert suite.changed.tolist() == [True, False]
    assert suite.texts[1] == ("",)
    assert changed_share(suite) == 0.5


def test_a_tampered_suite_is_refused_in_one_line(classification, rows, tmp_path):
    task = classification("calm", "cross")
    build_suites(task, rows, settings("typo@1"), tmp_path)
    path = tmp_path / "typo@1.jsonl"
    path.write_bytes(path.read_bytes().replace(b"parcel", b"barrel"))
    with pytest.raises(PocketBertError, match=r"typo@1\.jsonl is not the file that was frozen") as raised:
        build_suites(task, rows, settings("typo@1"), tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": 1}', "\udcff"])
def test_a_damaged_index_is_refused_in_one_line(classification, rows, tmp_path, content):
    (tmp_path / "index.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(PocketBertError, match=r"index\.json is damaged"):
        build_suites(classification("a", "b"), rows, settings("typo@1"), tmp_path)


def test_other_rows_leave_the_frozen_suites_alone(classification, rows, tmp_path):
    task = classification("calm", "cross")
    first = build_suites(task, rows, settings("typo@1"), tmp_path)[0]
    other = Dataset.from_dict({"text": ["Something else was written here."], "label": [0]})
    assert len(build_suites(task, other, settings("typo@1"), tmp_path)[0].texts) == 1
    assert build_suites(task, rows, settings("typo@1"), tmp_path)[0].sha256 == first.sha256


def test_pairs_keep_both_sides(classification, tmp_path):
    rows = Dataset.from_dict(
        {
            "text": ["The cat sat on the mat today."],
            "text_pair": ["A cat was sitting down there."],
            "label": [1],
        }
    )
    suite = build_suites(classification("no", "yes", pair=True), rows, settings("typo@3"), tmp_path)[0]
    written = json.loads((tmp_path / "typo@3.jsonl").read_text())
    assert (written["text"], written["text_pair"]) == suite.texts[0]


def test_held_out_operators_are_unseen_unless_everything_was_trained_on(classification, rows, tmp_path):
    task = classification("calm", "cross")
    chosen = settings("typo@1", "ocr", "punctuation", "shuffle")
    seen = {suite.name: suite.seen for suite in build_suites(task, rows, chosen, tmp_path)}
    assert seen == {"typo@1": True, "ocr": False, "punctuation": False, "shuffle": False}
    everything = build_suites(task, rows, chosen, tmp_path, trained_on_everything=True)
    assert all(suite.seen for suite in everything)


def test_a_suite_written_by_hand_is_frozen_beside_the_others(classification, rows, tmp_path):
    build_suites(classification("calm", "cross"), rows, settings("typo@1"), tmp_path)
    suite = freeze_given("messy", rows, [(text.lower(),) for text in TEXTS], tmp_path)
    assert suite.changed.tolist() == [True, True, True, False]
    assert not suite.seen
    assert {path.name for path in tmp_path.iterdir()} == {"index.json", "messy.jsonl", "typo@1.jsonl"}


def test_a_suite_written_by_hand_needs_one_text_for_each_row(rows, tmp_path):
    with pytest.raises(PocketBertError, match="suite messy has 1 texts for 4 rows"):
        freeze_given("messy", rows, [("one",)], tmp_path)


def test_judgements_of_grammar_leave_out_what_changes_grammar(classification):
    task = classification("no", "yes").model_copy(update={"augmentation": "grammar"})
    kept, left_out = suite_names(task, settings("all"))
    assert {name.partition("@")[0] for name in kept} == {"typo", "casing", "ocr", "misspelling"}
    assert len(left_out) == 1
    assert left_out[0].startswith(
        "suites left out, as they could change labels of 'example': synonym, related"
    )


@pytest.mark.parametrize("preset", ["inference", "paraphrase", "qa"])
def test_pairs_and_questions_keep_their_words_in_order(classification, preset):
    task = classification("no", "yes", pair=True).model_copy(update={"augmentation": preset})
    kept, left_out = suite_names(task, settings("all"))
    assert left_out == ["suites left out, as they could change labels of 'example': related, shuffle"]
    assert {"synonym@3", "reorder", "ocr@1"} <= set(kept)


def test_every_operator_has_its_suites_at_every_severity_that_makes_a_difference(
    classification, rows, tmp_path
):
    names = set(EvaluationSettings().operators)
    by_rule = {name for name, operator in OPERATORS.items() if not operator.resources}
    for operator in by_rule:
        of_operator = {name for name in names if name.partition("@")[0] == operator}
        alike = {operator} if operator in ONE_CHANGE else {f"{operator}@{severity}" for severity in (1, 2, 3)}
        assert of_operator == alike
    medium = EvaluationSettings(suites="medium").operators
    assert {name.partition("@")[0] for name in medium} == by_rule
    assert set(medium) <= names
    assert set(medium) < names


@pytest.mark.parametrize("operator", ONE_CHANGE)
def test_operators_of_one_change_have_one_severity(operator):
    texts = [f"On {day}, we sang and danced because the long, cold rain had stopped." for day in DAYS]
    for row, text in enumerate(texts):
        views = {
            perturb((text,), operator=operator, severity=severity, seed=0, row=row).texts
            for severity in (1, 2, 3)
        }
        assert len(views) == 1


def test_none_means_none(classification, rows, tmp_path):
    nothing = EvaluationSettings(suites="none")
    assert build_suites(classification("a", "b"), rows, nothing, tmp_path / "suites") == ()
    assert not (tmp_path / "suites").exists()


def test_suites_are_named_in_a_list_or_a_line():
    assert EvaluationSettings(suites="typo@1, ocr").suites == ("typo@1", "ocr")
    assert EvaluationSettings(suites=["shuffle"]).suites == ("shuffle",)
    assert EvaluationSettings(suites=["all"]).suites == "all"
    assert EvaluationSettings(suites="none").suites == "none"


@pytest.mark.parametrize(
    ("name", "message"),
    [("tpyo@2", "did you mean 'typo@2'"), ("typo@9", "has no severity '9'"), ("@", "no suite")],
)
def test_a_misspelt_suite_is_refused_with_its_nearest_match(name, message):
    with pytest.raises((ValueError, ArgumentError), match=message):
        EvaluationSettings(suites=(name,))


def test_a_folder_that_cannot_be_written_is_one_line(classification, rows, tmp_path):
    blocked = tmp_path / "suites"
    blocked.write_text("a file")
    with pytest.raises(PocketBertError, match="cannot freeze suite typo@1"):
        build_suites(classification("a", "b"), rows, settings("typo@1"), blocked)


def test_texts_of_the_world_survive_freezing(classification, tmp_path):
    texts = [
        "سلام دنیا",
        "👩‍🚀 \u200b zero",
        "line\u2028break\u0085here",
        'quote " and \\ back',
        "x" * 10_000,
    ]
    rows = Dataset.from_dict({"text": texts, "label": [0] * len(texts)})
    task = classification("a", "b")
    made = build_suites(task, rows, settings("punctuation@3"), tmp_path)[0]
    assert build_suites(task, rows, settings("punctuation@3"), tmp_path)[0].texts == made.texts
    assert len(made.texts) == len(texts)
