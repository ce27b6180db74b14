"""Exact match and F1 of answers, worked by hand from their definition; the threshold of no answer; what is reported."""

import numpy as np
import pytest
from datasets import Dataset

from pocketbert.evaluation import EvaluationSettings, build_suites, score, summarise
from pocketbert.evaluation.answer_metrics import exact_match, f1_tokens
from pocketbert.evaluation.answer_threshold import at_threshold, fit_threshold
from pocketbert.evaluation.report.questions import answered_questions, marked
from pocketbert.tasks import Task
from pocketbert.text.edits import Span
from pocketbert.training.answering import Candidate, FoundAnswer

CASES = [
    # right answers, answer given, exact match, F1
    (("the Eiffel Tower",), "Eiffel tower!", 1, 1),  # articles, case and punctuation say nothing
    (("a cat",), "an cat.", 1, 1),
    (("theatre",), "atre", 0, 0),  # an article inside a word is none
    (("U.S.",), "US", 1, 1),
    (("well-known",), "well known", 0, 0),  # a hyphen goes, and joins what it stood between
    (("red and blue",), "blue and green", 0, 2 * 2 / (3 + 3)),
    (("blue blue red",), "blue", 0, 2 * 1 / (3 + 1)),  # a word counts as often as it is shared
    (("blue",), "blue blue blue", 0, 2 * 1 / (1 + 3)),
    (("in 1911", "1911", "May 1911"), "1911", 1, 1),  # the right answer that fits best
    (("in May 1911", "in June"), "May of 1911", 0, 2 * 2 / (3 + 3)),
    (("one  two",), "one\ntwo", 1, 1),  # space is space
    ((), "", 1, 1),  # none, and none given
    ((), "something", 0, 0),
    (("something",), "", 0, 0),
    ((), "the", 1, 1),  # nothing is left of it
    (("The", "band"), "band", 1, 1),
    (("The", "band"), "", 0, 0),  # a right answer of no words does not count beside another
    (("é",), "É", 1, 1),
    (("$5",), "5", 1, 1),
]


@pytest.mark.parametrize(("right", "given", "exact", "f1"), CASES)
def test_answers_are_scored_as_squad_defines(
    right: tuple[str, ...], given: str, exact: float, f1: float
) -> None:
    assert exact_match(right, given) == exact
    assert f1_tokens(right, given) == pytest.approx(f1)


def found(margin: float, text: str = "noon") -> FoundAnswer:
    return FoundAnswer((Candidate(text, 0, len(text), 0.6),), 0.4, margin)


def objects(*values: object) -> np.ndarray:
    array = np.empty(len(values), object)
    for at, value in enumerate(values):
        array[at] = value
    return array


def column(*values: FoundAnswer) -> np.ndarray:
    return objects(*values)[:, None]


def answers(rows: np.ndarray) -> list[str]:
    return [one.answer.text for one in rows[:, 0]]


def test_the_threshold_parts_questions_with_an_answer_from_those_without() -> None:
    rows = column(found(-3.0), found(1.0), found(2.0), found(4.0))
    threshold = fit_threshold(rows, objects(("noon",), ("noon",), (), ()))
    assert threshold == pytest.approx(1.5)
    assert answers(at_threshold(rows, threshold)) == ["noon", "noon", "", ""]
    assert answers(rows) == ["noon", "", "", ""]  # 0 where none was chosen


def test_the_threshold_is_the_best_of_all() -> None:
    random = np.random.default_rng(5)
    margins = random.normal(size=60).round(1)  # with some that are equal
    gold = [("noon",) if random.random() < 0.6 else () for _ in margins]
    texts = [str(random.choice(["noon", "noon today", "dawn"])) for _ in margins]
    rows = column(*map(found, margins.tolist(), texts))

    def f1(threshold: float) -> float:
        given = answers(at_threshold(rows, threshold))
        return sum(map(f1_tokens, gold, given))

    tried = max(f1(threshold) for threshold in np.arange(-5, 5, 0.05))
    assert f1(fit_threshold(rows, objects(*gold))) == pytest.approx(tried)


def test_with_nothing_to_choose_the_threshold_is_0() -> None:
    rows = column(found(-1.0), found(2.0))
    assert fit_threshold(rows, objects(("noon",), ())) == 0.0
    everything = fit_threshold(rows, objects(("noon",), ("noon",)))
    assert answers(at_threshold(rows, everything)) == ["noon", "noon"]
    nothing = fit_threshold(rows, objects((), ()))
    assert answers(at_threshold(rows, nothing)) == ["", ""]


@pytest.fixture
def task() -> Task:
    return Task(
        name="example", title="Where?", kind="spans", text=("question", "context"), unanswerable=True,
        metrics=("exact_match", "f1_tokens"), main_metric="f1_tokens", augmentation="qa",
    )  # fmt: skip


CONTEXT = "The ferry leaves the island at noon. In winter it may wait for the evening train, people say."


@pytest.fixture
def rows() -> Dataset:
    start = CONTEXT.index("noon")
    return Dataset.from_dict(
        {
            "text": ["When does the ferry leave?", "When does it leave the island?", "Who owns the ferry?"]
            * 8,
            "text_pair": [CONTEXT] * 24,
            "label": [[{"text": "noon", "start": start}], [{"text": "noon", "start": start}], []] * 8,
        }
    )


class Finder:
    """Answers "noon" where the context has it and the question asks when, spelt so."""

    def predict(self, texts: list[tuple[str, ...]]) -> np.ndarray:
        return column(*(self._one(*pair) for pair in texts))

    def _one(self, question: str, context: str) -> FoundAnswer:
        start = max(0, context.find("noon"))
        margin = -1.0 if question.startswith("When does") else 1.0
        return FoundAnswer((Candidate("noon", start, start + 4, 0.7),), 0.3, margin)


def test_suites_leave_answers_alone_and_all_is_summed_up(task: Task, rows: Dataset, tmp_path) -> None:
    settings = EvaluationSettings(suites=("typo@3", "shuffle@3", "synonym"), bootstrap_samples=100)
    suites = build_suites(task, rows, settings, tmp_path)
    answered = [row for row, label in enumerate(rows["label"]) if label]
    assert all("noon" in suite.texts[row][1] for suite in suites for row in answered)
    assert suites[0].changed.mean() > 0.9
    split = summarise(score(Finder(), task, rows, suites), suites, settings)
    assert split["clean"]["f1_tokens"]["value"] == split["clean"]["exact_match"]["value"] == 1.0
    assert split["suites"]["typo@3"]["flip_rate"] == pytest.approx(split["suites"]["typo@3"]["drop"])
    assert split["suites"]["typo@3"]["drop"] > 0
    low, high = (split["suites"]["typo@3"]["metrics"]["f1_tokens"][end] for end in ("low", "high"))
    assert low < split["suites"]["typo@3"]["metrics"]["f1_tokens"]["value"] < high
    note = split["notes"][0]
    assert note.startswith("of 16 questions with an answer F1 100.0%, exact match 100.0%")
    assert note.endswith("100.0% of 8 without one are told to have none")
    again = build_suites(task, rows, settings, tmp_path)
    assert [suite.sha256 for suite in again] == [suite.sha256 for suite in suites]


def test_the_interval_is_that_of_resampled_rows(task: Task, rows: Dataset) -> None:
    from pocketbert.evaluation.intervals import Outcomes, resamples

    scored = score(Finder(), task, rows.select(range(6)), ())
    right = objects(("noon at last",), ("dawn",), (), ("noon",), ("noon",), ())
    outcomes = Outcomes.of(task, scored.clean, right)
    each = [f1_tokens(*row) for row in zip(right, outcomes.predictions, strict=True)]
    (counts,) = resamples(6, 50, 0)
    expected = [np.repeat(each, draw.astype(int)).mean() for draw in counts]
    assert outcomes.values("f1_tokens", counts) == pytest.approx(np.array(expected))


def test_the_report_shows_wrong_answers_first_and_marks_both(task: Task, rows: Dataset) -> None:
    scored = score(Finder(), task, rows.select(range(3)), ())
    labels = scored.labels.copy()
    labels[1] = ("evening",)
    from dataclasses import replace

    shown = answered_questions(replace(scored, labels=labels), rows.select(range(3)), 2)
    assert [one.is_right for one in shown] == [False, True]
    assert shown[0].given == "noon"
    assert shown[0].right == ("evening",)
    assert ("noon", "right") in shown[1].context
    assert answered_questions(scored, rows.select(range(3)), 0) == ()


def test_marked_contexts_are_cut_around_the_answer() -> None:
    context = "word " * 200 + "here it stands. " + "more " * 200
    start = context.index("here")
    stretches = marked(context, [Span(start, start + 4)], (start + 5, start + 7), 100)
    assert ("here", "right") in stretches
    assert ("it", "wrong") in stretches
    assert stretches[0] == stretches[-1] == ("…", "")
    assert sum(len(text) for text, _ in stretches) == 102
    assert "".join(text for text, _ in stretches[1:-1]) in context
    assert marked("all of it", [], None) == (("all of it", ""),)
