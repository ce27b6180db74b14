"""The gate lets through what answers alike, and says what does not."""

import numpy as np
import pytest

from pocketbert.deployment.gate import Precision, Verdict, judge
from pocketbert.evaluation import EvaluationSettings, Scored
from pocketbert.tasks import load_task
from pocketbert.training.answering import Candidate, FoundAnswer

SETTINGS = EvaluationSettings(bootstrap_samples=400)
ROWS = 1000


def scored(wrong: int = 0, suite_wrong: int = 0, rows: int = ROWS) -> Scored:
    """Answers that are right but for the first so many rows, clean and in one suite."""
    labels = np.arange(rows) % 2
    clean, suite = (
        np.eye(2)[np.where(np.arange(rows) < count, 1 - labels, labels)] for count in (wrong, suite_wrong)
    )
    return Scored(load_task("sst2"), labels, clean, {"typo@2": suite})


def names(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.failed]


def test_equal_answers_pass_and_enough_rows_need_no_warning() -> None:
    verdict = judge("fp32", scored(), scored(), 0.0, SETTINGS)
    assert verdict.passed
    assert verdict.warning is None
    assert [check.name for check in verdict.checks] == [
        "finite", "label agreement", "accuracy drop", "robust accuracy drop", "padding",
    ]  # fmt: skip


def test_int8_may_lose_more_than_fp16() -> None:
    assert judge("int8", scored(), scored(wrong=5), None, SETTINGS).passed
    assert names(judge("fp16", scored(), scored(wrong=5), 0.0, SETTINGS)) == [
        "label agreement",
        "accuracy drop",
    ]


def test_it_is_the_bound_that_counts_not_the_figure() -> None:
    """8 of 1,000 are under 1 point; nobody can say so of other texts."""
    verdict = judge("int8", scored(), scored(wrong=8), None, SETTINGS)
    drop = next(check for check in verdict.checks if check.name == "accuracy drop")
    assert drop.value == pytest.approx(0.008)
    assert drop.bound > 0.01
    assert names(verdict) == ["accuracy drop"]
    assert verdict.only_bounds_fail
    assert not judge("int8", scored(), scored(wrong=30), None, SETTINGS).only_bounds_fail


def test_other_answers_that_are_as_often_right_still_disagree() -> None:
    before, after = scored(wrong=30), scored()
    after.clean[-30:] = after.clean[-30:, ::-1]
    verdict = judge("int8", before, after, None, SETTINGS)
    assert verdict.agreement == pytest.approx(0.94)
    assert "label agreement" in names(verdict)


@pytest.mark.parametrize(("wrong", "passes"), [(0, True), (1, True), (3, False)])
def test_of_few_rows_the_figures_count_and_their_bounds_are_told(wrong: int, passes: bool) -> None:
    """With 150 rows one other answer is 99.3 %, of which the bound is 97.4."""
    verdict = judge("int8", scored(rows=150), scored(wrong=wrong, rows=150), None, SETTINGS)
    assert verdict.passed is passes
    agreement = verdict.checks[1]
    assert agreement.bound < agreement.value
    assert ("too few rows to prove it" in str(agreement)) is (wrong == 1)
    assert verdict.warning is not None


def test_agreement_of_all_rows_is_still_a_bound() -> None:
    agreement = {
        rows: judge("fp32", scored(rows=rows), scored(rows=rows), 0.0, SETTINGS).checks[1]
        for rows in (50, 500, 5000)
    }
    assert all(check.passed and check.value == 1 for check in agreement.values())
    assert 0.95 < agreement[50].bound < agreement[500].bound < agreement[5000].bound < 1
    assert "100.00 % (at least 99.62), needed 99.50" in str(agreement[500])


@pytest.mark.parametrize(("precision", "most"), [("fp16", 1), ("int8", 8)])
def test_how_many_of_a_thousand_rows_may_differ(precision: Precision, most: int) -> None:
    for wrong in (most, most + 1):
        verdict = judge(precision, scored(), scored(wrong=wrong), None, SETTINGS)
        assert ("label agreement" in names(verdict)) is (wrong > most)


def test_what_is_lost_on_perturbed_text_counts_too() -> None:
    assert names(judge("fp32", scored(), scored(suite_wrong=20), 0.0, SETTINGS)) == ["robust accuracy drop"]


def test_answers_that_are_no_numbers_fail_alone() -> None:
    broken = scored()
    broken.suites["typo@2"][3, 0] = np.nan
    verdict = judge("fp16", scored(), broken, 0.0, SETTINGS)
    assert names(verdict) == ["finite"]
    assert "NaN" in str(verdict.failed[0])
    assert np.isnan(verdict.agreement)


def test_padding_may_not_move_answers_but_of_int8() -> None:
    assert names(judge("fp32", scored(), scored(), 1e-3, SETTINGS)) == ["padding"]
    assert judge("fp16", scored(), scored(), 1e-3, SETTINGS).passed
    assert judge("int8", scored(), scored(), 1e-3, SETTINGS).passed


def test_few_rows_are_said_to_be_few() -> None:
    verdict = judge("fp32", scored(rows=50), scored(rows=50), 0.0, SETTINGS)
    assert verdict.passed
    assert verdict.warning is not None
    assert "only 50 validation rows" in verdict.warning
    assert "5.8 %" in verdict.warning


@pytest.mark.parametrize("changed", [0, 40])
def test_of_spans_the_answers_are_compared(changed: int) -> None:
    """In their words: scores that move alone are none of it."""

    def found(word: str, margin: float) -> FoundAnswer:
        return FoundAnswer((Candidate(word, 0, len(word), 1 - margin),), None, margin)

    gold = [("Lima",)] * ROWS
    answers, others = np.empty((2, ROWS, 1), object)
    for row in range(ROWS):
        answers[row, 0], others[row, 0] = found("Lima", -2), found("Oslo" if row < changed else "Lima", -1.9)
    before, after = (Scored(load_task("squad"), gold, given, {}) for given in (answers, others))
    verdict = judge("int8", before, after, None, SETTINGS)
    assert verdict.agreement == pytest.approx(1 - changed / ROWS)
    assert names(verdict) == (["answer agreement", "f1_tokens drop"] if changed else [])
    others[3, 0] = FoundAnswer((), margin=float("nan"))
    assert names(judge("int8", before, after, None, SETTINGS)) == ["finite"]
