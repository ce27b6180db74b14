"""The report: one page, everything escaped, fit for a phone, with verdicts that follow from the figures."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset

from browser import needs_browser, seen_at
from pocketbert.errors import PocketBertError
from pocketbert.evaluation import EvaluationSettings, Scored, freeze_given, summarise
from pocketbert.evaluation.confidence import Confidence
from pocketbert.evaluation.mislabelled import doubted_labels, doubted_of_several
from pocketbert.evaluation.report import (
    ReportContent,
    Sample,
    comparison_content,
    costs_of,
    curves_of,
    doubted_of,
    run_content,
    write_report,
)
from pocketbert.evaluation.report.content import Condition, ConfusionMatrix, Interval
from pocketbert.evaluation.report.examples import worst_flips
from pocketbert.evaluation.report.figures import Axis, confused_pairs, ladders
from pocketbert.evaluation.report.wording import (
    answer_of_run,
    between,
    figure,
    gain,
    seconds,
    size,
    suite_title,
)
from pocketbert.evaluation.suite_files.given import BehaviourTest, Case, Checklist, LabelledSuite
from pocketbert.evaluation.suite_files.scoring import GivenAnswers
from pocketbert.evaluation.verdict import NO_DIFFERENCE
from pocketbert.tasks import Task

SETTINGS = EvaluationSettings(suites="none", bootstrap_samples=200)
HOSTILE = (
    "<script>alert(1)</script>",
    "\"quoted\" & 'single' </style></title>",
    "‮right to left‬ مرحبا بالعالم",
    "👩‍🚀🏳️‍🌈 emoji \x00\x1b control",
    "long " * 20_000,
    "{{ 7 * 7 }} {% raw %}",
)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def logits(right: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    answers = np.where(right, labels, (labels + 1) % count)
    return np.eye(count)[answers] * 3


@pytest.fixture
def comparison(classification, tmp_path) -> ReportContent:
    """Two variants over three seeds on hostile texts and labels."""
    task = classification("<b>billing</b>", "bug & report", "how_to", metrics=("accuracy", "f1_macro"))
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 120)
    texts = [(HOSTILE[at % len(HOSTILE)] + f" number {at}",) for at in range(120)]
    rows = Dataset.from_dict({"text": [one for (one,) in texts], "label": labels})
    suites = [
        freeze_given(
            name, rows, [(one.replace("number", "<i>nubmer"),) for (one,) in texts], tmp_path / "suites"
        )
        for name in ("ocr", "shuffle", "messy")
    ]

    def variant(rate: float) -> list[Scored]:
        return [
            Scored(
                task,
                labels,
                logits(random.random(120) < 0.9, labels, 3),
                {suite.name: logits(random.random(120) < rate, labels, 3) for suite in suites},
            )
            for _ in range(3)
        ]

    history = [{"stage": 0, "step": at, "epoch": at / 10, "loss": 2 / at} for at in range(1, 31)]
    history += [
        {"stage": 0, "step": at, "epoch": at / 10, "validation": {"accuracy": at / 40}} for at in (10, 20, 30)
    ]
    stage = {
        "name": "main", "method": "lora", "seconds": 61.0, "examples_per_second": 70.0, "tokens_per_second": 980.0,
        "peak_memory_bytes": 412_000_000, "parameters": {"total": 24_755_972, "trainable": 173_058},
    }  # fmt: skip
    variants = {"plain": variant(0.5), "augmented": variant(0.8)}
    return comparison_content(
        "Support <desk>",
        variants,
        suites,
        texts,
        SETTINGS,
        headline="messy",
        titles={"messy": "Messages typed in a hurry"},
        seeds=(0, 1, 2),
        curves=curves_of({(name, seed): history for name in variants for seed in range(3)}, "accuracy"),
        costs=costs_of({name: [[stage]] * 3 for name in variants}),
        samples=tuple(Sample((text,), (text + "!",), ("typo",)) for text in HOSTILE),
        predictions=((HOSTILE[0], "<b>billing</b>", 0.91),),
        warnings=(HOSTILE[1],),
        recipe='[data]\nsource = "<script>"\n',
    )


@pytest.fixture
def lone_run(classification, tmp_path) -> ReportContent:
    """One model with suites at three severities, suites from files, thresholds and doubted labels, all hostile."""
    labels_of_task = ("<b>billing</b>", "bug & report", "how_to")
    task = classification(*labels_of_task, metrics=("accuracy", "f1_macro"))
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 300)
    texts = [(HOSTILE[at % len(HOSTILE)] + f" number {at}",) for at in range(300)]
    rows = Dataset.from_dict({"text": [one for (one,) in texts], "label": labels})
    rates = {"typo@1": 0.8, "typo@2": 0.7, "typo@3": 0.6, "ocr@1": 0.75, "ocr@3": 0.4, "reorder": 0.85}
    suites = [
        freeze_given(name, rows, [(one + "!",) for (one,) in texts], tmp_path / "suites", seen=name[0] != "o")
        for name in rates
    ]

    def answers(rate: float) -> np.ndarray:
        return logits(random.random(300) < rate, labels, 3) * random.uniform(0.1, 1, (300, 1))

    scored = Scored(task, labels, answers(0.9), {name: answers(rate) for name, rate in rates.items()})
    confidence = Confidence.of(scored.clean, labels)
    given = LabelledSuite(
        "<i>films", "films.csv", "0" * 64, (), tuple(texts[:9]), labels[:9], groups=np.arange(9) // 3
    )
    tests = (BehaviourTest("negated <praise>", "", "MFT"),)
    cases = (Case("negated <praise>", 0, 1, "equal", (1.0,), 0.0),)
    checklist = Checklist("checks", "checks.jsonl", "0" * 64, (), tuple(texts[:1]), tests, cases)
    from_files = [GivenAnswers(given, scored.clean[:9]), GivenAnswers(checklist, scored.clean[:1])]
    split = summarise(scored, suites, SETTINGS, from_files, confidence)
    return run_content(
        "Support <desk>", scored, suites, split, texts, SETTINGS,
        trained=dict(zip(labels_of_task, (900, 90, 0), strict=True)),
        doubted=doubted_of(doubted_labels(scored.clean, labels), task, texts, labels, 5),
    )  # fmt: skip


@pytest.fixture
def several_labels_run(tmp_path) -> ReportContent:
    """One model whose rows may have several labels, with what its probabilities are worth and doubted labels."""
    names = ("<b>billing</b>", "bug & report", "how_to")
    task = Task(
        name="topics", title="Topics <of> a text", kind="multilabel", text=("text",), labels=names,
        metrics=("f1_micro", "f1_macro", "exact_match"), main_metric="f1_micro",
    )  # fmt: skip
    random = np.random.default_rng(2)
    labels = (random.random((200, 3)) < 0.4).astype(int)
    texts = [(HOSTILE[at % len(HOSTILE)] + f" number {at}",) for at in range(200)]
    rows = Dataset.from_dict({"text": [one for (one,) in texts], "label": labels.tolist()})
    suites = [freeze_given("ocr", rows, [(one + "!",) for (one,) in texts], tmp_path / "suites")]

    def answers(noise: float) -> np.ndarray:
        return 2.0 * labels - 1 + random.normal(0, noise, labels.shape)

    scored = Scored(task, labels, answers(0.8), {"ocr": answers(1.2)}, 1.5, np.zeros(3))
    split = summarise(scored, suites, SETTINGS)
    doubts = doubted_of_several(scored.clean, labels)
    return run_content(
        task.title, scored, suites, split, texts, SETTINGS, trained=dict(zip(names, (900, 90, 0), strict=True)),
        doubted=doubted_of(doubts, task, texts, labels, 5),
    )  # fmt: skip


def page_of(content: ReportContent, folder: Path) -> str:
    return write_report(folder / "report.html", content).read_text(encoding="utf-8")


def test_texts_are_escaped_and_nothing_is_loaded(comparison, tmp_path):
    page = page_of(comparison, tmp_path)
    tags = Tags()
    tags.feed(page)
    assert tags.names.isdisjoint({"script", "i", "img", "iframe", "object"})
    assert "<b>billing" not in page
    assert all(address.startswith("#") for address in tags.addresses)
    assert "{{ 7 * 7 }}" in page
    assert "\x00" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert len(page) < 400_000


def test_a_lone_run_is_escaped_too(lone_run, tmp_path):
    page = page_of(lone_run, tmp_path)
    tags = Tags()
    tags.feed(page)
    assert tags.names.isdisjoint({"script", "i", "img", "iframe", "object"})
    assert "<b>billing" not in page
    assert "\x00" not in page
    for anchor in ("robustness", "files", "certainty", "flips", "labels", "doubted", "method"):
        assert f'id="{anchor}"' in page
        assert f'href="#{anchor}"' in page


def test_severities_of_an_operator_stand_in_one_row(lone_run, tmp_path):
    found = ladders(lone_run.conditions, "seen")
    assert [ladder.title for ladder in found] == ["Typing slips", "Word order"]
    assert list(found[0].by_severity) == ["1", "2", "3"]
    assert found[1].alone is not None
    (unseen,) = ladders(lone_run.conditions, "unseen")
    assert list(unseen.by_severity) == ["1", "3"]
    averages = {one.name: one for one in lone_run.conditions if one.kind.startswith("average")}
    values = [one.values[0].value for one in unseen.conditions]
    assert averages["average of unseen"].values[0].value == pytest.approx(np.mean(values))
    assert page_of(lone_run, tmp_path).count("Scanning errors</th>") == 1


def test_the_answer_names_the_average_and_the_worst(lone_run):
    assert "; messy input of kinds not seen in training costs it " in lone_run.answer
    assert lone_run.answer.count(".") < 12
    assert "of 3 kinds “scanning errors, heavy” costs it most, leaving " in lone_run.answer


def test_an_average_may_be_lower_where_no_single_suite_is_shown_to_be(lone_run):
    single = [
        replace(one, verdict=NO_DIFFERENCE) if one.kind in ("seen", "unseen") else one
        for one in lone_run.conditions
    ]
    told = answer_of_run(lone_run.metric, single, 200, 0.95, "test")
    assert "; messy input of kinds not seen in training costs it " in told
    assert "costs it most" not in told
    none = [replace(one, verdict=NO_DIFFERENCE) for one in single]
    assert answer_of_run(lone_run.metric, none, 200, 0.95, "test").endswith("is shown to lower it.")


def test_what_thresholds_come_to_is_shown(lone_run, tmp_path):
    page = page_of(lone_run, tmp_path)
    promise = lone_run.certainty.promises[0]
    assert f"{promise['threshold']:.3f}" in page
    assert "Scanning errors, heavy" in page.partition('id="certainty"')[2].partition("<h2")[0]


def test_imbalance_of_training_rows_is_said(lone_run, tmp_path):
    page = page_of(lone_run, tmp_path)
    assert "is 10 times as frequent as" in page
    assert "1 label never occurs" in page


def test_doubted_labels_are_offered_with_their_basis(lone_run, tmp_path):
    page = page_of(lone_run, tmp_path)
    assert "validation rows" in page.partition('id="doubted"')[2]
    assert len(lone_run.doubted.shown) == 5
    hidden = replace(lone_run, doubted=replace(lone_run.doubted, shown=()))
    assert "Texts are kept out of this page." in page_of(hidden, tmp_path)


def test_every_part_has_its_place(comparison, tmp_path):
    page = page_of(comparison, tmp_path)
    for anchor in ("robustness", "flips", "labels", "training", "augmentation", "cost", "method"):
        assert f'id="{anchor}"' in page
        assert f'href="#{anchor}"' in page
    for fact in ("173,058", "412 MB", "1 min 1 s", "seeds 0, 1, 2", "120 test rows", "95% intervals"):
        assert fact in page


def test_the_answer_stands_on_top_and_follows_from_the_figures(comparison):
    assert comparison.answer.startswith(
        "The augmented model is better than the plain one on messages typed in a hurry (+"
    )
    assert "on clean text no difference is shown (" in comparison.answer or "nor" in comparison.answer
    verdicts = {condition.name: condition.verdict for condition in comparison.conditions}
    assert verdicts["clean"] == "no difference shown"
    assert verdicts["unseen"] == verdicts["messy"] == "better"


def test_every_verdict_agrees_with_its_interval(comparison):
    for condition in comparison.conditions:
        holds_zero = condition.change.low <= 0 <= condition.change.high
        assert (condition.verdict == "no difference shown") == holds_zero


def test_a_lone_run_without_suites_has_a_page(classification, tmp_path):
    task = classification("a", "b")
    labels = np.array([0, 1] * 10)
    scored = Scored(task, labels, logits(np.arange(20) > 2, labels, 2))
    split = summarise(scored, [], SETTINGS)
    content = run_content("A file", scored, [], split, [("text",)] * 20, SETTINGS)
    assert content.answer == "On 20 test rows the model reaches 85.0% accuracy (95% interval {}).".format(
        between("accuracy", content.conditions[0].values[0], signed=False)
    )
    page = page_of(content, tmp_path)
    assert 'id="flips"' not in page
    assert 'id="training"' not in page


def test_a_lone_run_says_what_hurts_it_most(classification, tmp_path):
    task = classification("a", "b")
    labels = np.zeros(200, int)
    rows = Dataset.from_dict({"text": [f"row {at}" for at in range(200)], "label": labels})
    suites = [
        freeze_given(name, rows, [(f"{name} {at}",) for at in range(200)], tmp_path, seen=seen)
        for name, seen in (("typo@2", True), ("ocr", False))
    ]
    at = np.arange(200)
    scored = Scored(
        task, labels, logits(at < 190, labels, 2),
        {"typo@2": logits(at < 180, labels, 2), "ocr": logits(at < 120, labels, 2)},
    )  # fmt: skip
    content = run_content(
        "A file",
        scored,
        suites,
        summarise(scored, suites, SETTINGS),
        [(f"row {at}",) for at in range(200)],
        SETTINGS,
    )
    assert content.answer.endswith(
        "of 2 kinds of messy input “scanning errors” costs it most, leaving 60.0%."
    )
    assert [condition.kind for condition in content.conditions] == ["clean", "seen", "unseen"]
    assert "Not seen in training" in page_of(content, tmp_path)


def test_a_regression_on_pairs_has_a_page(similarity, tmp_path):
    random = np.random.default_rng(0)
    truth = random.uniform(0, 5, 40)
    texts = [(f"first {at}", f"second {at}") for at in range(40)]
    rows = Dataset.from_dict(
        {"text": [a for a, _ in texts], "text_pair": [b for _, b in texts], "label": truth}
    )
    suites = [freeze_given("ocr", rows, [(a + "x", b) for a, b in texts], tmp_path)]
    scored = Scored(similarity, truth, truth[:, None], {"ocr": (truth + random.normal(size=40))[:, None]})
    content = run_content("STS", scored, suites, summarise(scored, suites, SETTINGS), texts, SETTINGS)
    page = page_of(content, tmp_path)
    assert "1.000 Pearson correlation" in content.answer
    assert content.confusion is None
    assert 'id="labels"' not in page
    assert "Clean 2" in page


def test_many_labels_become_their_most_confused_pairs(tmp_path):
    labels = tuple(f"intent {at}" for at in range(77))
    counts = np.eye(77, dtype=int) * 40
    counts[3, 5], counts[8, 1] = 9, 12
    matrix = ConfusionMatrix(labels, tuple(tuple(row) for row in counts.tolist()))
    assert confused_pairs(matrix) == [("intent 8", "intent 1", 12, 52), ("intent 3", "intent 5", 9, 49)]


def test_flips_are_right_answers_turned_wrong_the_surest_first(classification, tmp_path):
    task = classification("a", "b")
    rows = Dataset.from_dict({"text": list("pqrs"), "label": [0, 0, 0, 1]})
    suite = freeze_given("messy", rows, [("p!",), ("q!",), ("r!",), ("s!",)], tmp_path)
    sure = np.array([[3.0, 0], [3.0, 0], [3.0, 0], [3.0, 0]])
    after = np.array([[0, 1.0], [0, 5.0], [3.0, 0], [0, 9.0]])  # the last was wrong before
    shown = worst_flips(
        Scored(task, np.array([0, 0, 0, 1]), sure, {"messy": after}), [(one,) for one in "pqrs"], [suite], 5
    )
    assert [flip.before for flip in shown] == [("q",), ("p",)]
    assert (shown[0].answer_before, shown[0].answer_after) == ("a", "b")
    assert shown[0].probability_after == pytest.approx(1 / (1 + np.exp(-5)))


def test_no_examples_keeps_texts_out(classification, tmp_path):
    task = classification("a", "b")
    rows = Dataset.from_dict({"text": ["my secret text"], "label": [0]})
    suite = freeze_given("messy", rows, [("my secret txet",)], tmp_path)
    scored = Scored(task, np.array([0]), np.array([[1.0, 0]]), {"messy": np.array([[0, 1.0]])})
    settings = SETTINGS.model_copy(update={"examples": 0})
    split = summarise(scored, [suite], settings)
    assert "secret" not in page_of(
        run_content("A file", scored, [suite], split, [("my secret text",)], settings), tmp_path
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (figure("accuracy", 0.9127), "91.3%"),
        (figure("matthews", -0.05), "−0.050"),
        (gain("f1", 0.0421), "+4.2 points"),
        (gain("accuracy", -0.0001), "0.0 points"),
        (gain("pearson", -0.0213), "−0.021"),
        (between("accuracy", Interval(0.9, 0.881, 0.92), signed=False), "88.1 to 92.0"),
        (between("accuracy", Interval(0.1, -0.01, 0.2), signed=True), "−1.0 to +20.0"),
        (seconds(8.14), "8.1 s"),
        (seconds(250), "4 min 10 s"),
        (seconds(7500), "2 h 5 min"),
        (size(412e6), "412 MB"),
        (size(1.5e9), "1.50 GB"),
        (suite_title("typo@1"), "Typing slips, light"),
        (suite_title("messy"), "messy"),
    ],
)
def test_figures_read_as_people_write_them(words, expected):
    assert words == expected


@pytest.mark.parametrize("values", [[0.5], [0.0, 1.0], [0.812, 0.815], [-3.0, 12.0], [1e-9]])
def test_an_axis_holds_its_values_and_has_ticks(values):
    axis = Axis.around(values)
    assert axis.low <= min(values) <= max(values) <= axis.high
    assert all(0 <= axis.percent(tick) <= 100 for tick in axis.ticks)
    assert 1 <= len(axis.ticks) <= 12


def test_stages_follow_each_other_in_the_curves():
    lines = [
        {"stage": stage, "step": at, "epoch": float(at), "loss": 1.0} for stage in (0, 1) for at in (1, 2)
    ]
    curve = curves_of({("run", 0): lines}, "accuracy")[0]
    assert [x for x, _ in curve.lines[0].points] == [1.0, 2.0, 3.0, 4.0]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    content = ReportContent(
        "t", "a", "accuracy", ("m",), 1, (Condition("clean", "Clean", "clean", (Interval(1, 1, 1),)),)
    )
    with pytest.raises(PocketBertError, match="cannot write the report"):
        write_report(tmp_path / "missing" / "report.html", content)


@needs_browser
@pytest.mark.parametrize("kind", ["comparison", "lone_run", "several_labels_run"])
def test_the_page_fits_a_phone_and_the_browser_has_no_complaint(kind, tmp_path, request):
    page_of(request.getfixturevalue(kind), tmp_path)
    page = seen_at(390, tmp_path)
    assert page.needed <= page.width <= 390
    assert page.headings >= 6
    assert not page.complaints
