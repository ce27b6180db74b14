"""Suites from files that people have: what is read, what it comes to, and what is refused in one line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset

from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.evaluation import EvaluationSettings, score, summarise
from pocketbert.evaluation.schema import FileSuiteMetrics
from pocketbert.evaluation.suite_files import read_suite_files, score_given
from pocketbert.evaluation.suite_files.settings import SuiteFile
from pocketbert.tasks import Task, load_task

CLEAN = Dataset.from_dict({"text": ["a good film", "an awful film"] * 30, "label": [1, 0] * 30})

RISING = {"expect": "increasing", "labels": "positive"}


class WordPredictor:
    """Positive where "good" stands, negative where "awful" does; each further one makes it surer."""

    def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
        score = np.array(
            [sum(side.count("good") - side.count("awful") for side in sides) - 0.1 for sides in texts]
        )
        return np.stack([-score, score], axis=1)


@pytest.fixture
def task(classification: Callable[..., Task]) -> Task:
    return classification("negative", "positive", metrics=("accuracy", "f1_macro"))


def measure(task: Task, *suites: object) -> dict[str, FileSuiteMetrics]:
    settings = EvaluationSettings(suites=suites, bootstrap_samples=200)  # type: ignore[arg-type]
    predictor = WordPredictor()
    given = [score_given(predictor, task, suite) for suite in read_suite_files(settings.files, task)]
    return summarise(score(predictor, task, CLEAN), [], settings, given)["file_suites"]


def written(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def lines(path: Path, *records: object) -> Path:
    return written(path, "".join(f"{json.dumps(record)}\n" for record in records))


# Rows with labels of their own


def test_rows_of_another_domain_are_read_by_their_own_columns_and_labels(task: Task, tmp_path: Path) -> None:
    rows = "review,stars\nawful phone,bad\ngood phone,good\na phone,meh\ngood grief,bad\n"
    file = written(tmp_path / "phones.csv", rows)
    labels = {"good": "positive", "bad": "negative", "meh": ""}
    suite = measure(task, {"file": str(file), "text": "review", "label": "stars", "labels": labels})["phones"]
    assert (suite["kind"], suite["n"], suite["file"]) == ("rows", 3, "phones.csv")
    assert suite["metrics"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert suite["drop"] == pytest.approx(1 - 2 / 3)
    assert suite["drop_interval"]["low"] <= suite["drop"] <= suite["drop_interval"]["high"]
    assert suite["notes"] == ["1 row left out by label"]
    assert suite["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert "flip_rate" not in suite


def test_a_description_lies_beside_its_file(task: Task, tmp_path: Path) -> None:
    written(tmp_path / "phones.csv", "review,label\nawful phone,Negative\ngood phone,POSITIVE\n")
    description = written(tmp_path / "my phones.toml", 'file = "phones.csv"\ntext = "review"\n')
    assert measure(task, description)["my phones"]["metrics"]["accuracy"]["value"] == 1


def test_texts_before_they_were_changed_give_a_flip_rate(task: Task, tmp_path: Path) -> None:
    rows = "text,original_text,label\nnot gud,not good,positive\ngood,good,positive\n"
    suite = measure(task, written(tmp_path / "typed.csv", rows))["typed"]
    assert suite["flip_rate"]["value"] == 0.5


def test_a_group_is_consistent_when_all_of_it_is_right(task: Task, tmp_path: Path) -> None:
    rows = ["good,positive,a", "awful,negative,a", "good,positive,b", "good,negative,b", "good,positive,c"]
    suite = measure(task, written(tmp_path / "pairs.csv", "\n".join(["text,label,group", *rows])))["pairs"]
    assert (suite["kind"], suite["groups"], suite["n"]) == ("groups", 3, 5)
    assert suite["metrics"]["accuracy"]["value"] == 0.8
    assert suite["consistency"]["value"] == pytest.approx(2 / 3)
    assert suite["notes"] == ["1 group of one row count as consistent when that row is right"]


def test_rows_of_a_group_are_drawn_together(task: Task, tmp_path: Path) -> None:
    """Ten copies of each row say no more than one: the interval knows it."""
    rows = [(("good", "positive"), ("good", "negative"))[group % 2] for group in range(20)]
    alone = ["text,label,id", *(f"{text},{label},{at}" for at, (text, label) in enumerate(rows))]
    copied = ["text,label,id", *(line for line in alone[1:] for _ in range(10))]
    one, ten = (
        measure(task, {"file": str(written(tmp_path / name, "\n".join(content)))} | group)
        for name, content, group in (("one.csv", alone, {}), ("ten.csv", copied, {"group": "id"}))
    )
    assert ten["ten"]["metrics"]["accuracy"] == pytest.approx(one["one"]["metrics"]["accuracy"], abs=0.06)


def test_two_groups_prove_little(task: Task, tmp_path: Path) -> None:
    """A bootstrap of groups that all come out alike has no width."""
    rows = ["good,positive,a", "good,negative,a", "good,positive,b", "good,negative,b"]
    suite = measure(task, written(tmp_path / "pairs.csv", "\n".join(["text,label,group", *rows])))["pairs"]
    accuracy = suite["metrics"]["accuracy"]
    assert accuracy["value"] == 0.5
    assert accuracy["low"] < 0.15
    assert accuracy["high"] > 0.85
    assert suite["drop_interval"]["low"] < 0.1


def test_rows_without_text_are_told(task: Task, tmp_path: Path) -> None:
    rows = "text,label\ngood,positive\n,positive\n"
    assert (
        measure(task, written(tmp_path / "some.csv", rows))["some"]["notes"][0]
        == "1 row without text is scored too"
    )
    with pytest.raises(PocketBertError, match="no row has a text"):
        measure(task, written(tmp_path / "none.csv", "text,label\n,positive\n ,negative\n"))
    case = {"name": "empty", "type": "MFT", "data": [""], "labels": "positive"}
    with pytest.raises(PocketBertError, match="no row has a text"):
        measure(task, written(tmp_path / "none.jsonl", json.dumps(case)))


def test_categories_are_scored_one_by_one(task: Task, tmp_path: Path) -> None:
    rows = ["good,positive,praise;short", "awful,negative,blame", "good,negative,praise", "good,positive,"]
    file = written(tmp_path / "kinds.csv", "\n".join(["text,label,kind", *rows]))
    found = measure(task, {"file": str(file), "categories": "kind"})["kinds"]["categories"]["kind"]
    assert {name: one["n"] for name, one in found.items()} == {"blame": 1, "praise": 2, "short": 1}
    assert found["praise"]["metrics"] == pytest.approx({"accuracy": 0.5, "f1_macro": 1 / 3, "matthews": 0})


def test_glues_diagnostic_set_is_known_by_its_columns(tmp_path: Path) -> None:
    header = ["Lexical Semantics", "Predicate-Argument Structure", "Logic", "Knowledge", "Domain"]
    header += ["Premise", "Hypothesis", "Label"]
    rows = [
        [
            "Lexical entailment",
            "",
            "Negation;Double negation",
            "",
            "News",
            "It is good.",
            "It is nice.",
            "entailment",
        ],
        ["", "Ellipsis", "Negation", "", "News", "It is not.", "It is.", "contradiction"],
    ]
    file = written(tmp_path / "diagnostic-full.tsv", "\n".join("\t".join(row) for row in [header, *rows]))
    (suite,) = read_suite_files([SuiteFile(file=file)], load_task("mnli"))
    assert suite.texts == (("It is good.", "It is nice."), ("It is not.", "It is."))
    assert suite.labels.tolist() == [0, 2]
    assert {name: rows.tolist() for name, rows in suite.categories["Logic"].items()} == {
        "Double negation": [0],
        "Negation": [0, 1],
    }
    assert list(suite.categories) == header[:4]


# AdvGLUE


def test_advglue_is_read_for_the_runs_own_task(tmp_path: Path) -> None:
    content = {
        "sst2": [{"idx": 0, "label": 1, "sentence": "so gud"}, {"idx": 1, "label": 0, "sentence": "awful"}],
        "mnli": [{"idx": 0, "label": 0, "premise": "It rains.", "hypothesis": "It is wet."}],
        "mnli-mm": [{"idx": 0, "label": 2, "premise": "It rains.", "hypothesis": "It is dry."}],
    }
    file = written(tmp_path / "dev.json", json.dumps(content))
    (suite,) = read_suite_files([SuiteFile(file=file)], load_task("sst2"))
    assert (suite.name, suite.texts, suite.labels.tolist()) == ("dev sst2", (("so gud",), ("awful",)), [1, 0])
    both = read_suite_files([SuiteFile(file=file)], load_task("mnli"))
    assert [(suite.name, suite.labels.tolist()) for suite in both] == [
        ("dev mnli", [0]),
        ("dev mnli-mm", [2]),
    ]
    with pytest.raises(ArgumentError, match=r"no part 'rte'; .*known: mnli, mnli-mm, sst2|did you mean"):
        read_suite_files([SuiteFile(file=file)], load_task("rte"))


# CheckList


def test_checklist_counts_failed_cases_by_test_and_type(task: Task, tmp_path: Path) -> None:
    file = lines(
        tmp_path / "checks.jsonl",
        {"name": "Praise", "capability": "Vocabulary", "type": "MFT", "data": ["good", "good!"], "labels": "positive"},
        {"name": "Praise", "type": "MFT", "data": ["good", "nice"], "labels": "positive"},
        {"name": "Praise", "type": "MFT", "data": "a film", "labels": "positive", "expect": "different"},
        {"name": "Names", "type": "INV", "data": ["good, Ann", "good, Bob", "good, Eve"]},
        {"name": "Names", "type": "INV", "data": ["good, Ann", "Bob"]},
        {"name": "Blame", "type": "DIR", "data": ["good", "good, awful"], "expect": "decreasing", "labels": "positive"},
        {"name": "Blame", "type": "DIR", "data": ["good", "good good"], "expect": "decreasing", "labels": "positive"},
    )  # fmt: skip
    suite = measure(task, file)["checks"]
    assert (suite["kind"], suite["n"]) == ("checklist", 7)
    assert [(one["name"], one["type"], one["cases"], one["failures"]) for one in suite["tests"]] == [
        ("Praise", "MFT", 3, 1),
        ("Names", "INV", 2, 1),
        ("Blame", "DIR", 2, 1),
    ]
    assert suite["tests"][0]["capability"] == "Vocabulary"
    assert suite["failure_rates"]["MFT"]["value"] == pytest.approx(1 / 3)
    for rate in suite["failure_rates"].values():
        assert 0 <= rate["low"] <= rate["value"] <= rate["high"] <= 1


@pytest.mark.parametrize(
    ("case", "fails"),
    [
        ({"type": "INV", "data": ["good", "fine"], "tolerance": 0.9}, False),
        ({"type": "INV", "data": ["good", "fine"], "tolerance": 0.1}, True),
        ({"type": "DIR", "data": ["good", "fine"], "expect": "changed"}, False),
        ({"type": "DIR", "data": ["good", "good."], "expect": "changed"}, True),
        ({"type": "DIR", "data": ["fine", "good"], **RISING}, False),
        ({"type": "DIR", "data": ["good", "fine"], **RISING}, True),
        ({"type": "DIR", "data": ["good", "fine"], **RISING, "tolerance": 0.5}, False),
        ({"type": "DIR", "data": ["good", "good awful"], "expect": "decreasing"}, False),
        ({"type": "DIR", "data": ["awful awful", "good"], **RISING, "tolerance": 0.1}, None),
    ],
)  # fmt: skip
def test_expectations_are_checklists_own(
    task: Task, tmp_path: Path, case: dict[str, object], fails: bool | None
) -> None:
    suite = measure(task, lines(tmp_path / "one.jsonl", {"name": "it", **case}))["one"]["tests"][0]
    assert (suite["cases"], suite["filtered"]) == ((0, 1) if fails is None else (1, 0))
    assert suite["failures"] == bool(fails)


def test_cases_of_pairs_hold_lists_of_two(classification: Callable[..., Task], tmp_path: Path) -> None:
    task = classification("no", "yes", pair=True)
    case = {"name": "it", "type": "MFT", "data": ["one", "two"], "labels": "no"}
    file = lines(
        tmp_path / "pairs.jsonl", case, {**case, "data": [["a", "b"], ["c", "d"]], "labels": ["no", "yes"]}
    )
    (suite,) = read_suite_files([SuiteFile(file=file)], task)
    assert suite.texts == (("one", "two"), ("a", "b"), ("c", "d"))
    assert [case.labels for case in suite.cases] == [(0,), (0, 1)]


# What is refused, each in one line


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "text,label\ngood,great\n", r"row 1, column 'label': no label 'great'.*labels = \{\"great\""),
        ("a.csv", "text,label\ngood,\n", "row 1, column 'label': the label is missing"),
        ("a.csv", "txt,label\ngood,positive\n", "no column 'text'; did you mean 'txt'"),
        ("a.csv", "text,label,group\ngood,positive,1\nbad,negative,\n", "row 2, column 'group': the group is empty"),
        ("a.csv", "text,label,group\ngood,positive,1\nbad,negative,2\n", "another in every row"),
        ("a.csv", "", "is empty"),
        ("a.json", '{"rte": []}', "no part 'example'"),
        ("a.json", "{", "is not JSON"),
        ("a.json", '{"example": []}', "'example' has no rows"),
        ("a.json", '{"example": [3]}', "'example' is not a list of rows"),
        ("a.jsonl", '{"name": "x", "type": "MFT", "data": ["good"]}', 'line 1: a case of MFT needs "labels"'),
        ("a.jsonl", '{"name": "x", "type": "MFT", "data": [], "labels": "positive"}', 'line 1: "data" must be'),
        ("a.jsonl", '{"name": "x", "type": "MFT", "data": [3], "labels": "positive"}', "holds texts, not"),
        ("a.jsonl", '{"name": "x", "type": "MFT", "data": ["a"], "labels": "great"}', "no label 'great'"),
        ("a.jsonl", '{"name": "x", "type": "MTF", "data": ["a"]}', 'line 1: "type" must be one of MFT, INV, DIR'),
        ("a.jsonl", '{"name": "x", "type": "INV", "data": ["a"]}', "needs a text and at least one changed text"),
        ("a.jsonl", '{"name": "x", "type": "DIR", "data": ["a", "b"]}', '"expect" of DIR must be one of'),
        ("a.jsonl", '{"name": "x", "type": "INV", "data": ["a", "b"], "tolerence": 1}', "did you mean 'tolerance'"),
        ("a.jsonl", '{"name": "x", "type": "INV", "data": ["a", "b"], "tolerance": 2}', "a probability below 1"),
        (
            "a.jsonl",
            '{"name": "x", "type": "INV", "data": ["a", "b"]}\n{"name": "x", "type": "MFT", "data": "a"}',
            "line 2: test 'x' is INV elsewhere, MFT here",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_line(
    task: Task, tmp_path: Path, name: str, content: str, words: str
) -> None:
    with pytest.raises(PocketBertError, match=words) as raised:
        read_suite_files([SuiteFile(file=written(tmp_path / name, content))], task)
    assert "\n" not in str(raised.value)
    assert str(tmp_path / name) in str(raised.value)


def test_settings_that_do_not_fit_are_one_line(task: Task, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", "text,label\ngood,positive\n")
    for changed, words in (
        ({"labels": {"x": "great"}}, "maps 'x' to 'great', which the run does not know"),
        ({"labels": {"positive": ""}}, "no rows to score"),
        ({"part": "sst2"}, "has no parts"),
        ({"group": "id"}, "no column 'id'"),
        ({"categories": ("kind",)}, "no column 'kind'"),
        ({"original": ("a", "b")}, "original names 2 columns, text 1"),
        ({"file": tmp_path / "b.csv"}, "no file 'b.csv'; did you mean 'a.csv'"),
        ({"name": "unseen"}, "cannot be called 'unseen', which means another"),
        ({"name": "typo@2"}, "cannot be called 'typo@2'"),
    ):
        with pytest.raises(PocketBertError, match=words):
            read_suite_files([SuiteFile(file=file).model_copy(update=changed)], task)
    with pytest.raises(ArgumentError, match="two suites are called 'a'"):
        read_suite_files([SuiteFile(file=file), SuiteFile(file=file)], task)


def test_suites_are_names_files_and_tables() -> None:
    with pytest.raises(ValueError, match=r"tests.pkl is a pickle.* docs/suites.md"):
        EvaluationSettings(suites="tests.pkl")
    settings = EvaluationSettings(suites=["all", "a,b.csv", {"file": "c.csv", "group": "id"}, "typo@2,ocr"])
    assert [suite.title for suite in settings.files] == ["a,b", "c"]
    assert settings.operators[:2] == ("synonym@1", "synonym@2")
    assert settings.operators.count("ocr") == 1
    assert EvaluationSettings(suites="a.csv").operators == ()
    again = EvaluationSettings.model_validate(settings.model_dump(mode="json", exclude_none=True))
    assert again == settings
    assert settings.placed().files[0].file == Path.cwd() / "a,b.csv"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"file": "a.csv", "lable": "x"}, "suite a.csv: no key 'lable'; did you mean 'label'"),
        ({"group": "id"}, "'file' is missing"),
        ({"file": "a.csv", "labels": "x"}, "suite a.csv: labels: must be a valid dictionary"),
        ("missing.toml", "cannot read the suite missing.toml"),
        (7, "a suite is a name, a file or a table, not 7"),
        ("none", "'none' stands alone"),
    ],
)
def test_entries_that_are_no_suite_are_one_line(entry: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        EvaluationSettings(suites=["typo@1", entry])  # type: ignore[list-item]


def test_one_label_and_one_answer_alone_give_defined_figures(similarity: Task, tmp_path: Path) -> None:
    class Constant:
        def predict(self, texts: Sequence[tuple[str, ...]]) -> np.ndarray:
            return np.full((len(texts), 1), 2.0)

    file = written(tmp_path / "a.csv", "text,text_pair,label\na,b,1.5\nc,d,4\n")
    (suite,) = read_suite_files([SuiteFile(file=file)], similarity)
    rows = Dataset.from_dict({"text": ["a", "b"], "text_pair": ["c", "d"], "label": [1.0, 2.0]})
    split = summarise(
        score(Constant(), similarity, rows), [], EvaluationSettings(suites="none", bootstrap_samples=100),
        [score_given(Constant(), similarity, suite)],
    )  # fmt: skip
    measured = split["file_suites"]["a"]
    assert measured["metrics"]["pearson"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert "pearson is undefined and counts as 0: every row has the same prediction" in measured["notes"]
