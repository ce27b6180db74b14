"""Names that look like rich's markup are shown as they are."""

from pathlib import Path
from typing import Any

import pytest

from pocketbert.console.models import print_distillation, table_of
from pocketbert.console.output import results, show
from pocketbert.console.progress import TerminalReporter, line_of
from pocketbert.console.runs import print_splits
from pocketbert.wording import counted


def test_a_stage_may_be_called_anything(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_INTERACTIVE", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with TerminalReporter() as reporter:
        reporter.progress("[/b] first", 1, 2, {"loss": 1.0})
        reporter.bars.refresh()
    assert "[/b] first" in capfd.readouterr().err


def test_a_narrow_terminal_shows_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("TTY_INTERACTIVE", "1"), ("TTY_COMPATIBLE", "1"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    figures = {"loss": 7.123, "masked_lm": 7.1, "seconds": 60.0, "peak_memory_bytes": 1e9}
    with TerminalReporter() as reporter:
        reporter.progress(
            "pre-training of the teacher",
            1358,
            20400,
            figures | {"examples_per_second": 379.0, "tokens_per_second": 6123.4},
        )
        reporter.bars.refresh()
    drawn = capfd.readouterr().err
    for words in ("pre-training of the teacher", "1358/20400", "loss 7.12"):
        assert words in drawn


FIGURES = {
    "loss": 7.123, "masked_lm": 6.1, "attention": 1.0, "seconds": 600.0, "peak_memory_bytes": 1e9,
    "examples_per_second": 47.8, "tokens_per_second": 6123.4,
}  # fmt: skip


def test_where_no_bar_is_drawn_a_line_a_minute_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with TerminalReporter() as reporter:
        reporter.progress("transfer", 1000, 4000, FIGURES)
        reporter.progress("transfer", 1010, 4000, FIGURES)
        assert capfd.readouterr().err == "transfer: about 30 min to go; 954 MiB of memory so far\n"
        monkeypatch.setattr("pocketbert.console.progress.SECONDS_BETWEEN_LINES", 0)
        reporter.progress("transfer", 2000, 4000, FIGURES)
        reporter.progress("transfer", 4000, 4000, FIGURES)
        reporter.progress("scoring", 50, 4000, {})
    assert capfd.readouterr().err.splitlines() == [
        "transfer: 2,000 of 4,000, loss 7.12, 6,123 tokens/s, masked LM 6.1, attention 1, 47.8 examples/s; "
        "about 10 min to go",
        "scoring: 50 of 4,000",
    ]


def test_a_terminal_with_a_bar_needs_no_such_lines(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_INTERACTIVE", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setattr("pocketbert.console.progress.SECONDS_BETWEEN_LINES", 0)
    with TerminalReporter() as reporter:
        reporter.progress("transfer", 10, 4000, FIGURES)
        reporter.progress("transfer", 11, 4000, FIGURES)
    assert "11 of 4,000" not in capfd.readouterr().err


def test_what_matters_least_is_cut_off_first() -> None:
    figures = {"accuracy": 0.5, "examples_per_second": 379.2, "tokens_per_second": 6123.4, "seconds": 60.0}
    assert line_of({"loss": 1500.0, **figures}) == "loss 1,500  6,123 tokens/s  accuracy 0.5  379 examples/s"


def test_a_distillation_fits_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    def stage(name: str, **loss: float) -> dict[str, Any]:
        held_out = {"masked_lm_loss": 10.319, "masked_lm_accuracy": 0.375}
        return {
            "name": name, "seconds": 5.0, "tokens_per_second": 4997.2, "loss_by_term": loss, "held_out": held_out
        }  # fmt: skip

    stages = [
        stage("pre-training of the teacher", masked_lm=8.604),
        stage("transfer of layer 1", attention=1.386, feature_maps=90.18),
    ]
    measured = {"value": 0.5, "low": 0.4, "high": 0.6}
    split = {"main_metric": "accuracy", "n": 3, "clean": {"accuracy": measured}, "suites": {}}
    finetuning = {"task": "reviews", "splits": {"test": split}}
    print_distillation({"stages": stages, "finetuning": finetuning}, Path("[red]run"))
    costs, losses, rest = capfd.readouterr().out.split("\n\n")
    assert costs.splitlines()[1].split()[-5:] == ["5", "s", "4,997", "10.319", "37.5%"]
    assert [line.split()[-3:] for line in losses.splitlines()[1:]] == [
        ["8.6", "-", "-"],
        ["-", "1.39", "90.2"],
    ]
    assert rest.splitlines()[1:4] == [
        "model: [red]run/model",
        "finetuning: [red]run/finetuning",
        "reviews, test: 3 rows",
    ]
    assert max(map(len, [*costs.splitlines(), *losses.splitlines()])) <= 80


@pytest.mark.parametrize("columns", range(30, 90, 3))
def test_a_narrow_terminal_cuts_no_figure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], columns: int
) -> None:
    for name, value in (("TTY_COMPATIBLE", "1"), ("COLUMNS", str(columns)), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    table = table_of("model", "parameters", "norm", "activation", "published")
    table.add_row("IB-BERT_LARGE", "294,205,184", "LayerNorm", "GELU", "293 M")
    show(results(), table)
    drawn = capfd.readouterr().out
    for word in ("IB-BERT_LARGE", "294,205,184", "LayerNorm", "activation", "293"):
        assert word in drawn
    assert "…" not in drawn


def test_a_file_may_be_called_anything(capfd: pytest.CaptureFixture[str]) -> None:
    measured = {"value": 0.5, "low": 0.4, "high": 0.6}
    split = {"main_metric": "accuracy", "n": 3, "clean": {"accuracy": measured}, "suites": {}}
    print_splits({"schema": 1, "task": "[red]x[/b]", "splits": {"test": split}, "stages": []})
    assert "[red]x[/b], test: 3 rows" in capfd.readouterr().out


@pytest.mark.parametrize(("rows", "words"), [(0, "0 rows"), (1, "1 row"), (2000, "2,000 rows")])
def test_one_of_a_kind_is_not_many(rows: int, words: str) -> None:
    assert counted(rows, "row") == words
