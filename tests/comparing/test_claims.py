"""Answers in words follow from the figures, and only from them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pocketbert.comparing.answers import Answers
from pocketbert.comparing.charts import round_values
from pocketbert.comparing.claims import answers_to
from pocketbert.comparing.content import (
    CLEAN,
    UNSEEN,
    ChangedRow,
    ChangedRows,
    ComparisonContent,
    Cost,
    Gain,
    Input,
    Question,
    Row,
    Saving,
)
from pocketbert.comparing.differences import Family, families, gains_of, ratio, savings_of
from pocketbert.comparing.grid import Contrast, Grid, plan
from pocketbert.comparing.headline import headline
from pocketbert.comparing.notes import notes_of_families, notes_of_runs
from pocketbert.comparing.page import render
from pocketbert.evaluation import EvaluationSettings, Scored
from pocketbert.evaluation.report.content import Interval
from pocketbert.evaluation.report.figures import Axis
from pocketbert.tasks import Task
from pocketbert.training.folder import RunFolder

TASK = Task(
    name="example",
    title="An example",
    kind="classification",
    text=("text",),
    labels=("a", "b"),
    metrics=("accuracy",),
    main_metric="accuracy",
)
ROWS, SEEDS = 400, 3
INPUTS = (
    Input(CLEAN, "Clean text", "clean", ROWS),
    Input(UNSEEN, "Average of unseen suites", "average", ROWS, ("ocr", "shuffle")),
    Input("ocr", "Scanning errors", "unseen", ROWS, ("ocr",), "ocr", 2),
    Input("shuffle", "Word shuffle", "unseen", ROWS, ("shuffle",), "shuffle", 2),
)


@pytest.fixture
def grid(tmp_path: Path) -> Grid:
    (tmp_path / "rows.csv").write_text("text,label\nx,a\ny,b\n", encoding="utf-8")
    return plan([str(tmp_path / "rows.csv")], {}, {}, methods=["lora"])


def model(random: np.random.Generator, clean: float, messy: float) -> Scored:
    """Answers that are right about so often; a row is as hard for every model."""
    hardness = np.linspace(0, 1, ROWS)

    def logits(rate: float) -> np.ndarray:
        right = (hardness < rate) ^ (random.random(ROWS) < 0.02)
        return np.stack([right, ~right], axis=1).astype(float)

    return Scored(TASK, np.zeros(ROWS, int), logits(clean), {"ocr": logits(messy), "shuffle": logits(messy)})


def answers(**rates: tuple[float, float]) -> Answers:
    random = np.random.default_rng(1)
    scored = {
        name.replace("_", "-"): tuple(model(random, *rate) for _ in range(SEEDS))
        for name, rate in rates.items()
    }
    settings = EvaluationSettings(suites="none", bootstrap_samples=2000)
    return Answers(TASK, settings, INPUTS, scored, {})


def test_a_gain_is_found_where_it_is_and_nowhere_else(grid: Grid):
    found = answers(lora_clean=(0.9, 0.6), lora_augmented=(0.9, 0.75))
    gains = {
        (one.family, one.input): one for family in families(grid, found) for one in gains_of(family, found)
    }
    assert gains["augmentation on clean text", CLEAN].verdict == "no difference shown"
    averaged = gains["augmentation on unseen suites, averaged", UNSEEN]
    assert averaged.verdict == "better"
    assert averaged.value == pytest.approx(0.15, abs=0.03)
    assert averaged.mcnemar is None
    single = gains["augmentation, unseen suites one by one", "ocr"]
    assert single.mcnemar is not None
    assert single.mcnemar.p < 0.001
    assert single.p_holm >= single.p


def test_suites_of_kinds_that_training_saw_are_a_family_of_their_own(grid: Grid):
    seen = Input("typo@1", "Typing slips", "seen", ROWS, ("shuffle",), "typo", 1)
    found = answers(lora_clean=(0.9, 0.6), lora_augmented=(0.9, 0.75))
    found = replace(found, inputs=(*INPUTS, seen))
    named = {family.name: [one.name for one in family.inputs] for family in families(grid, found)}
    assert named["augmentation, seen suites one by one"] == ["typo@1"]
    assert named["augmentation, unseen suites one by one"] == ["ocr", "shuffle"]


def test_a_family_corrects_what_single_tests_would_claim(grid: Grid):
    """The better p-value of two is doubled, so a verdict can fall that stood alone."""
    found = answers(lora_clean=(0.80, 0.6), lora_augmented=(0.80, 0.63))
    family = next(
        one for one in families(grid, found) if one.name == "augmentation, unseen suites one by one"
    )
    gains = gains_of(family, found)
    best = min(gains, key=lambda one: one.p)
    assert best.p_holm == pytest.approx(min(1.0, 2 * best.p))
    for one in gains:
        assert (one.verdict == "no difference shown") == (one.p_holm >= 0.05)


def test_ratios_of_cost_have_intervals_over_seeds():
    value, low, high = ratio(np.array([10.0, 11.0, 9.0]), np.array([7.0, 7.7, 6.3]), 0.95)
    assert (value, low, high) == pytest.approx((-0.3, -0.3, -0.3))
    value, low, high = ratio(np.array([10.0, 10.0]), np.array([6.0, 9.0]), 0.95)
    assert low is not None
    assert high is not None
    assert low < value < 0 < high
    assert ratio(np.array([10.0]), np.array([5.0]), 0.95) == (pytest.approx(-0.5), None, None)
    assert ratio(np.array([0.0]), np.array([5.0]), 0.95)[1:] == (None, None)


def cost(*seconds: float, memory: float, trainable: int) -> Cost:
    peaks = tuple(memory + seed for seed in range(len(seconds)))
    return Cost(seconds, seconds, peaks, trainable, 5_000_000, trainable, 5_000_000)


@pytest.mark.parametrize(
    ("seconds", "memory", "sentence"),
    [
        (
            (5.0, 5.1, 4.9),
            900,
            "takes 50% less time and 10% less memory than clean full tuning; on clean text",
        ),
        (
            (9.0, 5.0, 15.0),
            900,
            "takes 10% less memory than clean full tuning; no difference in time is shown;",
        ),
        (
            (9.0, 5.0, 15.0),
            1000,
            "parameters, against clean full tuning; no difference in time or memory is shown;",
        ),
    ],
)
def test_what_is_saved_is_said_where_it_is_shown(seconds: tuple[float, ...], memory: float, sentence: str):
    costs = {
        "full-clean": cost(10.0, 10.2, 9.8, memory=1000, trainable=5_000_000),
        "lora-clean": cost(*seconds, memory=memory, trainable=50_000),
    }
    content = comparison(costs, savings_of([Contrast("full-clean", "lora-clean")], costs, 0.95))
    (answer,) = (one for one in answers_to(content) if one.question == "cost")
    assert sentence in answer.sentence
    assert answer.sentence.startswith("Clean LoRA trains 1% of the parameters")


def test_what_is_saved_and_at_what_quality_is_the_verdict():
    costs = {
        "full-clean": cost(10.0, 10.2, 9.8, memory=1000, trainable=5_000_000),
        "lora-clean": cost(5.0, 5.1, 4.9, memory=1000, trainable=50_000),
    }
    saved = savings_of([Contrast("full-clean", "lora-clean")], costs, 0.95)
    (answer,) = (one for one in answers_to(comparison(costs, saved)) if one.question == "cost")
    assert answer.verdict == "less time; quality: no difference shown"
    once = {name: replace(one, seconds=one.seconds[:1]) for name, one in costs.items()}
    content = replace(
        comparison(once, savings_of([Contrast("full-clean", "lora-clean")], once, 0.95)), seeds=(0,)
    )
    (answer,) = (one for one in answers_to(content) if one.question == "cost")
    assert "in one run of each" in answer.sentence
    assert answer.verdict == "no difference in cost shown; quality: no difference shown"


@pytest.mark.parametrize(
    ("clean", "verdict", "won"),
    [
        (0.85, "better", "of which 100% is won back"),
        (0.85, "no difference shown", ""),
        (0.8001, "better", ""),
    ],
)
def test_what_is_won_back_is_said_where_it_is_shown(
    augmented: ComparisonContent, clean: float, verdict: str, won: str
):
    rows = tuple(
        replace(row, figures=row.figures | {CLEAN: Interval(clean, clean, clean)})
        for row in augmented.variants
    )
    gains = tuple(replace(one, verdict=verdict) for one in augmented.gains)
    (answer,) = (
        one
        for one in answers_to(replace(augmented, variants=rows, gains=gains))
        if one.question == "robustness"
    )
    assert ("won back" in answer.evidence[0]) == bool(won)
    assert won in answer.evidence[0]


@pytest.mark.parametrize(
    ("seeds", "samples", "said"),
    [(3, 10_000, ["of single suites only"]), (8, 10_000, []), (8, 1000, ["none of them can show"])],
)
def test_what_no_variant_could_show_is_said(grid: Grid, seeds: int, samples: int, said: list[str]):
    suites = tuple(replace(INPUTS[2], name=f"ocr@{at}") for at in range(40))
    family = Family("robustness", "suites one by one", grid.of_augmentation, suites)
    settings = EvaluationSettings(suites="none", bootstrap_samples=samples)
    notes = list(notes_of_families([family], seeds, settings))
    assert len(notes) == len(said)
    assert all(words in note for words, note in zip(said, notes, strict=True))


@pytest.mark.parametrize(
    ("scored", "reason"), [(INPUTS[:1], "no unseen suite"), (INPUTS, "no pair of variants")]
)
def test_what_cannot_be_answered_says_why(scored: tuple[Input, ...], reason: str):
    costs = {name: cost(1.0, memory=1, trainable=1) for name in ("full-clean", "lora-clean")}
    saved = savings_of([Contrast("full-clean", "lora-clean")], costs, 0.95)
    content = replace(comparison(costs, saved), inputs=scored)
    (answer,) = (one for one in answers_to(content) if one.question == "robustness")
    assert answer.verdict == "not asked"
    assert reason in answer.sentence


@pytest.fixture
def augmented() -> ComparisonContent:
    """LoRA on augmented text beside LoRA and full tuning on clean text and TF-IDF."""
    costs = {
        "full-clean": cost(10.0, 10.2, 9.8, memory=1000, trainable=5_000_000),
        "lora-clean": cost(5.0, 5.1, 4.9, memory=900, trainable=50_000),
    }
    content = comparison(costs, savings_of([Contrast("full-clean", "lora-clean")], costs, 0.95))
    figures = {CLEAN: Interval(0.9, 0.88, 0.92), UNSEEN: Interval(0.8, 0.78, 0.82)}
    lora = content.row("lora-clean")
    rows = (
        *content.variants,
        replace(lora, name="lora-augmented", title="LoRA, augmented", augmented=True),
        replace(lora, name="tf-idf", title="TF-IDF, linear", role="beside", method="linear"),
    )

    def gain(question: Question, baseline: str, on: str, value: float, verdict: str) -> Gain:
        low, high = value - 0.02, value + 0.02
        return Gain(question, "a family", baseline, "lora-augmented", on, value, low, high, (), 0, 0, verdict)

    return replace(
        content,
        variants=tuple(replace(row, figures=figures, metrics={"accuracy": figures[CLEAN]}) for row in rows),
        inputs=INPUTS[:2],
        featured="lora-augmented",
        gains=(
            *content.gains,
            gain("robustness", "lora-clean", UNSEEN, 0.05, "better"),
            gain("generalisation", "lora-clean", CLEAN, 0.0, "no difference shown"),
            gain("simpler", "tf-idf", CLEAN, 0.01, "no difference shown"),
        ),
    )


def test_the_sentence_on_top_names_both_inputs_and_what_a_reader_must_not_miss(augmented: ComparisonContent):
    content = replace(augmented, answers=answers_to(augmented))
    answer, costs_told, simpler = headline(content)
    assert answer == (
        "LoRA trained on augmented rather than clean text: better on messy text of kinds that training never saw "
        "(+5.0 points, +3.0 to +7.0); no difference shown on clean text (0.0 points, −2.0 to +2.0)."
    )
    assert "50% less time" in costs_told
    assert "not shown to be better than TF-IDF, linear (no network at all; +1.0 points" in simpler
    content = replace(content, gains=tuple(replace(one, verdict="better") for one in content.gains))
    content = replace(content, answers=answers_to(content))
    assert not any("TF-IDF" in sentence for sentence in headline(content))
    content = replace(content, gains=tuple(replace(one, verdict="worse") for one in content.gains))
    (simpler,) = (one for one in answers_to(content) if one.question == "simpler")
    assert simpler.verdict == "yes"
    assert "augmented LoRA is worse than TF-IDF, linear" in simpler.sentence


def test_recipes_as_they_stand_are_asked_of_each_other_not_of_augmentation(augmented: ComparisonContent):
    rows = tuple(
        row if row.role == "beside" else replace(row, role="listed", title=f"{row.name}.toml")
        for row in augmented.variants
    )
    environment = {
        "versions": {}, "python": "3", "platform": "any", "processor": "any", "threads": 1, "runs_side_by_side": 1,
    }  # fmt: skip
    content = replace(augmented, variants=rows, environment=environment)
    content = replace(content, answers=answers_to(content))
    first = rows[0].title
    assert content.answers[0].asked == f"Is another recipe better than {first} on clean text?"
    assert not any("augmentation" in answer.asked for answer in content.answers)
    page = render(content)
    assert f"Gain over {first}" in page
    assert "of augmented less that of clean training" not in page
    assert "Gain of augmentation" in render(replace(augmented, environment=environment))


def test_notes_of_measuring_are_told_once_or_with_the_runs_that_they_are_of(tmp_path: Path):
    said = {
        "a-0": ["every row has the label 'x'"],
        "b-0": ["every row has the label 'x'", "matthews is undefined"],
    }
    for name, notes in said.items():
        (tmp_path / name).mkdir()
        metrics = {"schema": 1, "task": "example", "stages": [], "splits": {"test": {"notes": notes}}}
        (tmp_path / name / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    runs = {name: [RunFolder(tmp_path / name)] for name in said}
    assert list(notes_of_runs(runs)) == ["every row has the label 'x'", "b-0: matthews is undefined"]


def test_the_page_shows_the_rows_that_changed_escaped(augmented: ComparisonContent):
    row = ChangedRow(CLEAN, ("<b>Tea & cake",), ("<b>Tea & cake",), "good", "bad", "good", 0, 3)
    changed = ChangedRows("lora-clean", "lora-augmented", 800, 21, 7, (row,), ())
    environment = {
        "versions": {}, "python": "3", "platform": "any", "processor": "any", "threads": 4, "runs_side_by_side": 1,
    }  # fmt: skip
    content = replace(augmented, answers=answers_to(augmented), changed=changed, environment=environment)
    page = " ".join(render(content).split())
    assert (
        "augmented LoRA gives 21 right that clean LoRA gives wrong, and 7 wrong that it gives right" in page
    )
    assert "&lt;b&gt;Tea &amp; cake" in page
    assert "(right in 3 of 3)" in page
    assert "<h3>Lost" not in page
    assert "one after the other, on 4 threads" in page
    assert "Rows that changed" not in render(replace(content, changed=replace(changed, shown_won=())))


def comparison(costs: dict[str, Cost], savings: list[Saving]) -> ComparisonContent:
    """Full tuning beside LoRA on clean text, with these costs and no difference in quality."""
    rows = tuple(
        Row(name, name, "bundled", name.split("-")[0], False, "grid", (0, 1, 2), (), {}, {}, {}, one)
        for name, one in costs.items()
    )
    alike = Gain(
        "cost", "method on clean text", "full-clean", "lora-clean", CLEAN, 0.0, -0.02, 0.02, (), 1.0, 1.0,
        "no difference shown",
    )  # fmt: skip
    return ComparisonContent(
        "An example", "example", "", (), "lora-clean", "accuracy", "test", ROWS, (0, 1, 2), 0.95, 1000,
        INPUTS[:1], rows, (alike,), tuple(savings), (), {},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "values"),
    [(-0.2, 0.2, [1]), (0.0, 2.0, [1, 3, 10, 30, 100]), (3.9, 6.8, [10**4, 10**5, 10**6])],
)
def test_a_logarithmic_axis_has_few_round_ticks(low: float, high: float, values: list[float]):
    found = round_values(Axis(low, high, ()))
    assert set(values) <= set(np.round(found, 6))
    assert len(found) <= 7
