"""`pocketbert export`: a folder that other programs read, or one line that says why not."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import pocketbert as pb
from commands import Command
from disks import fill, small_disk
from pocketbert.deployment.predictor import OnnxPredictor, OnnxTextPredictor
from pocketbert.exporting import Exported

FILES = {
    "Example.kt", "Example.swift", "card.md", "config.json", "example.mjs", "example.py", "labels.txt", "model.onnx",
    "tokenizer.json", "tokenizer_config.json", "vocab.txt",
}  # fmt: skip


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished_run, tmp_path / "run")


@pytest.fixture(scope="module")
def exported(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return pb.export(shutil.copytree(finished_run, tmp_path_factory.mktemp("exported") / "run"))


def change(run: Path, file: str, old: str, new: str) -> None:
    path = run / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_folder_is_complete(exported: Exported, finished_run: Path) -> None:
    assert exported.verdict.passed
    assert exported.folder.name == "onnx-fp32"
    assert {path.name for path in exported.folder.iterdir()} == FILES
    assert [path.name for path in exported.folder.parent.iterdir()] == ["onnx-fp32"]
    task = pb.load(finished_run).task
    assert (exported.folder / "labels.txt").read_text(encoding="utf-8").splitlines() == list(task.labels)
    pieces = (exported.folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    tokenizer = pb.load(finished_run).encoder.tokenizer
    assert [tokenizer.convert_tokens_to_ids(piece) for piece in pieces] == list(range(len(pieces)))


def test_the_file_answers_as_the_run_does(exported: Exported, finished_run: Path) -> None:
    run = pb.load(finished_run)
    texts = [("the phone was great .",), ("an awful book on monday , really",), ("",)]
    ours = run.predictor.predict(texts) / run.temperature
    theirs = OnnxPredictor(exported.file, run.encoder).predict(texts)
    assert np.abs(ours - theirs).max() / np.abs(ours).max() < 1e-5


def test_the_card_says_what_was_measured(exported: Exported) -> None:
    text = (exported.folder / "card.md").read_text(encoding="utf-8")
    accuracy = exported.split["clean"]["accuracy"]["value"]
    for words in (
        f"| clean | {100 * accuracy:.1f} [", "| typo@2 |", "| ocr (unseen) |", "label agreement 100.00 %", "Licence",
        "only ", " tokens: ", "72 rows of train.csv" if "72 rows" in text else "rows of train.csv",
    ):  # fmt: skip
        assert words in text
    assert "degraded" not in text.lower()


@pytest.mark.parametrize(
    ("kind", "arguments"), [("finished_run", ["a good film"]), ("pair_run", ["a phone", "a film"])]
)
def test_the_example_runs_by_itself(
    kind: str, arguments: list[str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = shutil.copytree(request.getfixturevalue(kind), tmp_path / "run")
    made = pb.export(folder).folder.rename(tmp_path / "moved")
    done = subprocess.run(
        [sys.executable, made / "example.py", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for example in ("example.py", "example.mjs", "Example.kt", "Example.swift"):
        text = (made / example).read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 50, example
        assert "{{" not in text
        assert "{%" not in text
    answer = pb.load(folder).predict(arguments[0] if len(arguments) == 1 else tuple(arguments))
    expected = f"{answer.label} {answer.probability:.3f}" if answer.label else f"{answer.value:.3f}"
    assert done.stdout.split()[0] == expected.split()[0] or not answer.label
    assert float(done.stdout.split()[-1]) == pytest.approx(float(expected.split()[-1]), abs=2e-3)


@pytest.fixture(scope="module")
def reads_text(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    run = shutil.copytree(finished_run, tmp_path_factory.mktemp("text") / "run")
    return pb.export(run, precision="int8", quantisation="static", tokenizer=True, allow_degraded=True)


def test_a_graph_with_its_tokenizer_reads_texts(reads_text: Exported, finished_run: Path) -> None:
    run = pb.load(finished_run)
    texts = [("The phone was GREAT.",), ("an awful book on monday, really",), ("",), ("phone " * 1000,)]
    plain = pb.export(
        finished_run_of(reads_text), precision="int8", quantisation="static", allow_degraded=True
    )
    expected = OnnxPredictor(plain.file, run.encoder, alone=True).predict(texts)
    assert np.abs(OnnxTextPredictor(reads_text.file).predict(texts) - expected).max() < 1e-5


def test_its_folder_says_so_and_its_example_runs(reads_text: Exported) -> None:
    assert reads_text.folder.name.startswith("onnx-int8-static-text")
    assert {path.name for path in reads_text.folder.iterdir()} == FILES - {"example.mjs"}
    assert "Reads one text as a string" in (reads_text.folder / "card.md").read_text(encoding="utf-8")
    example = [sys.executable, reads_text.folder / "example.py", "a good film"]
    done = subprocess.run(example, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = pb.load(finished_run_of(reads_text)).predict("a good film")
    assert done.stdout.split()[0] == answer.label
    assert float(done.stdout.split()[1]) == pytest.approx(answer.probability, abs=0.05)


def finished_run_of(exported: Exported) -> Path:
    return exported.folder.parents[1]


def test_pairs_are_read_by_the_graph_too(pair_run: Path, tmp_path: Path) -> None:
    exported = pb.export(shutil.copytree(pair_run, tmp_path / "run"), tokenizer=True, allow_degraded=True)
    run, pairs = (
        pb.load(pair_run),
        [("The phone was GREAT.", "a film"), ("", "x"), ("phone " * 99, "film " * 99)],
    )
    expected = run.predictor.predict(pairs)
    assert np.abs(OnnxTextPredictor(exported.file).predict(pairs) - expected).max() < 1e-4
    card = (exported.folder / "card.md").read_text(encoding="utf-8")
    assert "Reads pairs of texts as two strings, `text` and `text_pair`" in card
    example = [sys.executable, exported.folder / "example.py", *pairs[0]]
    done = subprocess.run(example, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(expected[0, 0], abs=2e-3)


def test_metadata_names_the_labels(exported: Exported) -> None:
    metadata = onnxruntime.InferenceSession(exported.file).get_modelmeta().custom_metadata_map
    assert json.loads(metadata["labels"]) == ["bad", "good"]
    assert metadata["kind"] == "classification"


def test_the_command_writes_the_bare_file_too_and_prints_json(
    pocketbert: Command, run: Path, tmp_path: Path
) -> None:
    answer = pocketbert("export", run, "--precision", "fp16", "--out", tmp_path / "model.onnx", "--json")
    assert answer.status == 0, answer.err
    printed = json.loads(answer.out)
    assert printed["schema"] == 1
    assert printed["passed"]
    assert (tmp_path / "model.onnx").read_bytes() == Path(printed["file"]).read_bytes()
    assert printed["bytes"] == (tmp_path / "model.onnx").stat().st_size
    assert "only " in answer.err
    again = pocketbert("export", run, "--precision", "fp16")
    assert again.status == 0
    assert "passed: label agreement 100.00 %" in again.out
    assert [path.name for path in (run / "exports").iterdir()] == ["onnx-fp16"]


def test_a_file_that_answers_otherwise_is_refused_unless_asked_for(
    pocketbert: Command, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exporter that shifts every answer: no attempt can pass."""
    from pocketbert.deployment import attempts
    from pocketbert.deployment.onnx import to_onnx

    def spoiled(folded: torch.nn.Module, metadata: dict[str, str]) -> object:
        with torch.no_grad():
            folded.classifier.bias += torch.tensor([1e6, 0.0])  # type: ignore[operator, union-attr]
        return to_onnx(folded, metadata)  # type: ignore[arg-type]

    monkeypatch.setattr(attempts, "to_onnx", spoiled)
    answer = pocketbert("export", run, "--precision", "fp16")
    assert answer.status == 1
    assert "no fp16 file answers as the model does: label agreement" in answer.problem
    assert "trying fp16, residual streams in fp32" in answer.err
    assert not list((run / "exports").glob("*"))
    answer = pocketbert("export", run, "--precision", "fp16", "--allow-degraded")
    assert answer.status == 0
    (folder,) = (run / "exports").iterdir()
    assert folder.name.startswith("onnx-fp16-degraded-")
    assert "**Degraded" in (folder / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--to", "onx"], 2, "no format 'onx'; did you mean 'onnx'?"),
        (["--precision", "int4"], 2, "no precision 'int4'"),
        (["--precision", "int8", "--quantisation", "dynamical"], 2, "did you mean 'dynamic'?"),
        (["--out", "nowhere/model.onnx"], 2, "no folder nowhere"),
    ],
)
def test_what_cannot_be_asked_for(
    pocketbert: Command, finished_run: Path, arguments: list[str], status: int, words: str
) -> None:
    answer = pocketbert("export", finished_run, *arguments)
    assert answer.status == status
    assert words in answer.problem
    assert not (finished_run / "exports").exists()


def test_runs_that_cannot_be_exported_are_refused_in_one_line(
    pocketbert: Command, run: Path, tmp_path: Path
) -> None:
    change(run, "recipe.toml", "max_length = 128", "max_length = 300")
    assert "300 tokens but its model has 128 positions" in pocketbert("export", run).problem
    change(run, "recipe.toml", "max_length = 300", "max_length = 128")
    change(run, "task.json", '"good"', '"go\\nod"')
    assert "does not fit a line of labels.txt" in pocketbert("export", run).problem
    model = (run / "model").rename(tmp_path / "elsewhere")
    assert "has lost its model" in pocketbert("export", run).problem
    (run / "metrics.json").unlink()
    assert "is not finished" in pocketbert("export", run).problem
    model.rename(run / "model")
    assert "no run folder" in pocketbert("export", tmp_path / "nothing").problem


def test_where_the_bare_file_cannot_be_written_is_said_at_once(pocketbert: Command, run: Path) -> None:
    answer = pocketbert("export", run, "--out", "/proc/model.onnx")
    assert answer.status == 2
    assert "--out /proc/model.onnx: cannot write there" in answer.problem
    assert not (run / "exports").exists()


def test_a_copy_that_fails_leaves_the_export_and_says_where(
    pocketbert: Command, run: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        fill(disk, 10_000)
        answer = pocketbert("export", run, "--out", disk / "model.onnx")
        assert answer.status == 1
        assert f"the export is in {run / 'exports' / 'onnx-fp32'}, but not at --out" in answer.problem
        assert "the disk is full" in answer.problem
        assert not list(disk.glob("*model*"))
    assert (run / "exports" / "onnx-fp32" / "model.onnx").is_file()


def test_a_full_disk_leaves_no_half_written_file(
    pocketbert: Command, finished_run: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        run = shutil.copytree(finished_run, disk / "run")
        pb.load(run)
        fill(disk, 100_000)
        for command in (["export", run], ["export", run, "--to", "web"]):
            answer = pocketbert(*command)
            assert answer.status == 1
            assert "the disk is full; make room" in answer.problem
            assert "does without" not in answer.err  # nothing else is tried
            assert not list((run / "exports").glob("*"))
