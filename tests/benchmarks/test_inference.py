"""The benchmark of inference: which bars are met, and that it goes on only with what was measured alike."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from pocketbert.deployment.benchmark import Benchmark, Cell, Footprint

FOLDER = Path(__file__).parents[2] / "benchmarks" / "inference"
SETTING = {
    "versions": {"torch": "1"},
    "python": "3",
    "platform": "L",
    "processor": "P",
    "cores": 4,
    "load": 0.1,
}
HOW = {"layers": None, "phones": False, "turns": 5, "answers_a_turn": 5}


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, ModuleType]]:
    """`bars` and `run`, which other studies have too."""
    import sys

    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, "run", raising=False)
    import bars
    import run

    yield bars, run
    for name in set(sys.modules) - before:
        if name in ("run", "bars", "models", "inference_readme"):
            del sys.modules[name]


def measured(milliseconds: dict[str, float], tokens: int, rows: int = 1) -> tuple[Cell, ...]:
    return tuple(Cell(name, tokens, 1, rows, value, value) for name, value in milliseconds.items())


def test_bars_are_met_missed_or_open(modules: tuple[ModuleType, ModuleType]) -> None:
    bars, run = modules
    matrix = Benchmark(
        measured({"PyTorch": 100, "folded int8": 50, "folded fp32": 11, "torch.onnx": 10}, 128)
        + measured({"PyTorch": 1, "folded int8": 50, "folded fp32": 10, "torch.onnx": 10}, 128, rows=32)
        + measured({"folded fp32": 9, "torch.onnx": 10}, 64),
        (Footprint("folded int8", 26_500_000, 1),),
    )
    short = Benchmark(
        measured({run.STOCK: 50, "folded int8": 5}, 10) + measured({run.STOCK: 50, "folded int8": 25}, 44), ()
    )
    found = bars.bars(matrix, short, 61.0)
    assert [(bar.found, bar.met) for bar in found] == [
        (2.0, True), (None, None), (pytest.approx(100 / 30), False), (1.0, True), (26.5, True), (61.0, False),
    ]  # fmt: skip
    verdicts = ["met", "open", "**missed**", "met", "met", "**missed**"]
    assert [str(bar).partition(":")[0] for bar in found] == verdicts
    many = bars.tables(matrix).split("32 texts, 1 thread")[1]
    assert "| PyTorch |  | 1.0 (1.0) |  |  |" in many


def test_where_other_shapes_are_faster_is_said(modules: tuple[ModuleType, ModuleType]) -> None:
    bars, _ = modules
    found = Benchmark(
        measured({"MiniLM-L6": 5, "folded fp32": 10, "folded int8": 4}, 32)
        + measured({"MiniLM-L6": 30, "folded fp32": 40, "folded int8": 20}, 128),
        (),
    )
    fp32, int8 = bars.lost(found).splitlines()
    assert "MiniLM-L6 in fp32 is faster than folded fp32 in 2 of 2 cells" in fp32
    assert "MiniLM-L6 in fp32 is faster than folded int8 in 0 of 2 cells" in int8


def test_the_page_is_that_of_the_results(modules: tuple[ModuleType, ModuleType]) -> None:
    from inference_readme import BEGIN, END, README, page

    text = README.read_text(encoding="utf-8")
    content = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    assert text.split(BEGIN)[1].split(END)[0].strip() == page(content).strip()


def test_cells_are_kept_and_only_like_goes_with_like(
    modules: tuple[ModuleType, ModuleType], tmp_path: Path
) -> None:
    _, run = modules
    file = tmp_path / "results.json"
    found = Benchmark(measured({"PyTorch": 1.5}, 16), ())
    run.Results(file, SETTING, HOW).keep_measured(run.MATRIX, found)
    again = run.Results(file, {**SETTING, "load": 3.0}, HOW)
    again.go_on()
    assert again.measured(run.MATRIX) == found
    assert again.measured(run.SHORT) == Benchmark((), ())
    assert [setting["load"] for setting in again.content["settings"]] == [0.1, 3.0]
    for setting, how in (({**SETTING, "cores": 8}, HOW), (SETTING, {**HOW, "turns": 1})):
        with pytest.raises(SystemExit, match="--anew to replace it"):
            run.Results(file, setting, how).go_on()
    assert json.loads(file.read_text())["matrix"] == found.as_dict()
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_the_matrix_is_whole_unless_it_is_to_be_quick(
    modules: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, run = modules
    monkeypatch.setattr("sys.argv", ["run.py", "--threads", "1", "4"])
    options = run.parse_options()
    whole, short = run.matrices(options)
    assert (whole.lengths, whole.threads, whole.rows) == ((16, 32, 64, 128), (1, 4), (1, 32))
    assert (short.lengths, short.threads, short.rows) == (run.SST2_LENGTHS, (1,), (1,))
    assert options.out == FOLDER / "results.json"
    monkeypatch.setattr("sys.argv", ["run.py", "--quick"])
    assert run.parse_options().out is None
