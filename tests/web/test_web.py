"""Exports in Node and in the browser, and the page: `make test-web`.

The tests themselves are in web/tests, in the clients' own language; here the models are exported that they use.
"""

import csv
import json
import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest
from torture import TORTURE
from transformers import AutoTokenizer

import pocketbert as pb
from browser import BROWSER
from commands import with_both_labels_and_none
from pocketbert.data import Encoder
from pocketbert.publishing import publish_run

WEB = Path(__file__).parents[2] / "web"
MESSAGES = 500


@pytest.fixture(scope="module")
def exported(finished_run: Path, pair_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sites, export folders, and what PyTorch and its tokenizer answer."""
    folder = tmp_path_factory.mktemp("exported")
    run = pb.load(shutil.copytree(finished_run, folder / "run"))
    site = publish_run(run, folder / "site", allow_degraded=True)
    for exported, name in zip(site.exports, ("onnx-fp32", "onnx-int8"), strict=True):
        shutil.copytree(exported.folder, folder / name)
    pairs = pb.load(shutil.copytree(pair_run, folder / "pairs"))
    publish_run(pairs, folder / "pair-site", precisions=["fp32"], allow_degraded=True)
    messages = demo_messages()
    backbone = files("pocketbert") / "assets" / "backbone"
    (folder / "tokenizer").mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "config.json"):
        (folder / "tokenizer" / name).write_bytes((backbone / name).read_bytes())
    encoder = Encoder(AutoTokenizer.from_pretrained(folder / "tokenizer"), run.encoder.max_length)
    encoded = [(texts, *encoder([texts])) for texts in TORTURE]
    expected = {
        "messages": messages,
        "logits": (run.predictor.predict([(text,) for text in messages]) / run.temperature).tolist(),
        "labels": run.task.labels,
        "maxLength": run.encoder.max_length,
        "torture": [
            {"texts": texts, "ids": features.input_ids, "segments": features.token_type_ids}
            for texts, features in encoded
        ],
    }
    (folder / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
    return folder


def demo_messages() -> list[str]:
    """Messages of the demo, cut where the tiny model's letters would not fit."""
    texts = []
    for name in ("messy.csv", "test.csv"):
        with (files("pocketbert") / "assets" / "demo" / name).open(encoding="utf-8", newline="") as file:
            texts += [row["text"][:100] for row in csv.DictReader(file)]
    return texts[:MESSAGES]


@pytest.mark.parametrize(
    "part",
    [
        ["encode", "perturb", "--project=node"],
        ["clients", "--project=node"],
        ["page", "--project=desktop"],
        ["page", "--project=phone"],
    ],
    ids=["the page's own parts", "transformers.js", "the page", "the page on a phone"],
)
def test_in_node_and_the_browser(part: list[str], exported: Path) -> None:
    assert BROWSER, "the page is tested in Chromium, which is not on PATH"
    done = subprocess.run(
        ["npx", "--no-install", "playwright", "test", *part],
        cwd=WEB,
        env={**os.environ, "POCKETBERT_EXPORTED": str(exported), "CHROMIUM": BROWSER},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def javascript(folder: Path, *texts: str) -> str:
    """What a folder's program prints, with transformers.js where Node looks for it."""
    modules = folder.parent / "node_modules"
    if not modules.exists():
        modules.symlink_to(WEB / "node_modules")
    example = ["node", folder / "example.mjs", *texts]
    done = subprocess.run(example, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_javascript_example_answers_as_the_run_does(exported: Path) -> None:
    told = javascript(exported / "onnx-fp32", "The Phone was awful on Monday.").split()
    answer = pb.load(exported / "run").predict("The Phone was awful on Monday.")
    assert told == [answer.label, f"{answer.probability:.3f}"]


def test_the_javascript_example_gives_several_labels(topic_run: Path, tmp_path: Path) -> None:
    run = pb.load(shutil.copytree(topic_run, tmp_path / "run"))
    folder = pb.export(run).folder
    for text, labels in zip(with_both_labels_and_none(run), (2, 0), strict=True):
        told = dict(line.rsplit(" ", 1) for line in javascript(folder, text).splitlines())
        answer = run.predict(text)
        assert len(told) == labels
        assert told == {label: f"{answer.probabilities[label]:.3f}" for label in answer.labels}


def test_the_javascript_example_finds_an_answer_or_none(question_run: Path, tmp_path: Path) -> None:
    run = pb.load(shutil.copytree(question_run, tmp_path / "run"))
    folder = pb.export(run).folder
    for told, answer in (("was lovely on friday", "lovely"), ("on friday", "")):
        asked = "was the phone 7 good ?", f"on monday the film . the phone 7 {told} ."
        assert run.predict(asked).answer == answer
        assert javascript(folder, *asked) == f"{answer}\n"


def test_the_page_in_the_package_is_what_its_source_makes(tmp_path: Path) -> None:
    build = ["npx", "--no-install", "vite", "build", "--outDir", tmp_path / "page"]
    done = subprocess.run(build, cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "page") == contents(Path(str(files("pocketbert") / "assets" / "page")))


def contents(folder: Path) -> dict[str, bytes]:
    """What the files of a folder hold, unpacked: releases of zlib pack otherwise."""
    import gzip

    return {
        path.relative_to(folder).as_posix(): gzip.decompress(path.read_bytes())
        if path.suffix == ".gzip"
        else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
