"""`pocketbert bench`: every exported file beside PyTorch and a stock export, in one run."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import pocketbert as pb
from commands import Command
from pocketbert.deployment.benchmark import Benchmark, Cell, Matrix, measure
from pocketbert.deployment.contestants import OnnxFile, TorchFolder, drawn, stock_export
from pocketbert.deployment.predictor import open_session


@pytest.fixture(scope="module")
def exported_run(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = shutil.copytree(finished_run, tmp_path_factory.mktemp("bench") / "run")
    pb.export(run)
    return run


def test_the_command_measures_all_exports(pocketbert: Command, exported_run: Path) -> None:
    answer = pocketbert("bench", exported_run, "--quick", "--json")
    assert answer.status == 0, answer.err
    printed = json.loads(answer.out)
    assert [cell["name"] for cell in printed["cells"]] == ["PyTorch", "torch.onnx at 128", "onnx-fp32"]
    assert all(0 < cell["median"] <= cell["p95"] for cell in printed["cells"])
    sizes = {one["name"]: one["file"] for one in printed["footprints"]}
    assert sizes["onnx-fp32"] == (exported_run / "exports" / "onnx-fp32" / "model.onnx").stat().st_size
    assert all(one["memory"] > 0 for one in printed["footprints"])


def test_a_run_without_exports_says_how_to_make_one(pocketbert: Command, finished_run: Path) -> None:
    answer = pocketbert("bench", finished_run)
    assert answer.status == 1
    assert f"pocketbert export {finished_run}" in answer.problem


@pytest.mark.parametrize("fixed", [None, 24])
def test_the_stock_export_is_the_model(finished_run: Path, tmp_path: Path, fixed: int | None) -> None:
    stock_export(finished_run / "model", tmp_path / "stock.onnx", fixed)
    run = pb.load(finished_run)
    inputs = drawn(9, 1 if fixed else 3, fixed)
    inputs["input_ids"] %= len(run.encoder.tokenizer)
    with torch.inference_mode():
        expected = run.model(**{name: torch.from_numpy(values) for name, values in inputs.items()}).logits
    (found,) = open_session(tmp_path / "stock.onnx").run(None, inputs)
    assert np.abs(expected.numpy() - found).max() / np.abs(found).max() < 1e-4


def test_every_cell_of_the_matrix_is_measured(exported_run: Path) -> None:
    told = []
    matrix = Matrix(lengths=(4, 8), threads=(1, 2), rows=(1, 3), turns=1, answers_a_turn=2)
    file = OnnxFile("file", exported_run / "exports" / "onnx-fp32" / "model.onnx")
    found = measure(
        [file, TorchFolder("torch", exported_run / "model")], matrix, lambda *given: told.append(given)
    )
    assert {(cell.name, cell.tokens, cell.threads, cell.rows) for cell in found.cells} == {
        (name, tokens, threads, rows)
        for name in ("file", "torch") for tokens in (4, 8) for threads in (1, 2) for rows in (1, 3)
    }  # fmt: skip
    assert [given[1:] for given in told] == [(done, 8) for done in range(8)]
    assert isinstance(found.cells[0], Cell)


def test_what_is_measured_is_not_measured_again(exported_run: Path) -> None:
    file = OnnxFile("file", exported_run / "exports" / "onnx-fp32" / "model.onnx")
    kept: list[Benchmark] = []

    def stopped(found: Benchmark) -> None:
        kept.append(Benchmark.read(json.loads(json.dumps(found.as_dict()))))
        if len(kept) == 2:
            raise KeyboardInterrupt

    matrix = Matrix(lengths=(4, 8), threads=(1,), rows=(1, 2), turns=1, answers_a_turn=2)
    with pytest.raises(KeyboardInterrupt):
        measure([file], matrix, lambda *given: None, keep=stopped)
    assert len(kept[-1].cells) == 2
    whole = measure([file], matrix, lambda *given: None, before=kept[-1])
    assert whole.cells[:2] == kept[-1].cells
    assert [(cell.rows, cell.tokens) for cell in whole.cells] == [(1, 4), (1, 8), (2, 4), (2, 8)]
    assert measure([file], matrix, lambda *given: None, before=whole) == whole


def test_a_run_of_spans_is_measured_with_its_own_head(
    pocketbert: Command, question_run: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(question_run, tmp_path / "run")
    pb.export(run)
    answer = pocketbert("bench", run, "--quick", "--json")
    assert answer.status == 0, answer.err
    stock_export(run / "model", tmp_path / "stock.onnx")
    assert len(open_session(tmp_path / "stock.onnx").get_outputs()) == 2


def test_shorter_texts_are_padded_where_the_length_is_fixed() -> None:
    inputs = drawn(3, 2, padded=5)
    assert inputs["attention_mask"].tolist() == [[1, 1, 1, 0, 0]] * 2
    assert (inputs["input_ids"][:, 3:] == 0).all()
