"""Names that look like rich's markup are shown as they are."""

import pytest

from pocketbert.console.progress import TerminalReporter
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


def test_a_file_may_be_called_anything(capfd: pytest.CaptureFixture[str]) -> None:
    measured = {"value": 0.5, "low": 0.4, "high": 0.6}
    split = {"main_metric": "accuracy", "n": 3, "clean": {"accuracy": measured}, "suites": {}}
    print_splits({"schema": 1, "task": "[red]x[/b]", "splits": {"test": split}, "stages": []})
    assert "[red]x[/b], test: 3 rows" in capfd.readouterr().out


@pytest.mark.parametrize(("rows", "words"), [(0, "0 rows"), (1, "1 row"), (2000, "2,000 rows")])
def test_one_of_a_kind_is_not_many(rows: int, words: str) -> None:
    assert counted(rows, "row") == words
