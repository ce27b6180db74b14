"""A whole comparison on the command line: its files, going on, what is refused, being stopped, a Ray cluster."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from browser import needs_browser, seen_at
from commands import Command, reviews, write_rows
from pocketbert.comparing.grid import TEXTS
from pocketbert.comparing.runs import Job, Processes, refuse_failures
from pocketbert.errors import PocketBertError


def arguments(files: Path, backbone: Path, out: Path) -> list[object]:
    return [
        *(
            "compare",
            files / "train.csv",
            "--text",
            "review",
            "--label",
            "verdict",
            "--test",
            files / "test.csv",
        ),
        *(
            "--backbone",
            backbone,
            "--methods",
            "lora",
            "--seeds",
            1,
            "--epochs",
            1,
            "--no-export",
            "--out",
            out,
        ),
        *("--suite", "typo@1,typo@2,ocr", "--set", "evaluation.bootstrap_samples=100"),
    ]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, review_files: Path, tiny_backbone: Path) -> Path:
    """A finished comparison of two runs.  Never write to it: copy it."""
    out = tmp_path_factory.mktemp("compared") / "out"
    given = arguments(review_files, tiny_backbone, out)
    done = subprocess.run(
        [sys.executable, "-m", "pocketbert", *map(str, given), "--workers", "2"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (out / "said.txt").write_text(done.stdout, encoding="utf-8")
    return out


def test_what_it_leaves(compared: Path):
    said = (compared / "said.txt").read_text(encoding="utf-8")
    for words in ("LoRA, clean", "LoRA, augmented", "TF-IDF", "Scanning errors (unseen)", "one seed"):
        assert words in said
    content = json.loads((compared / "compare.json").read_text(encoding="utf-8"))
    assert content["schema"] == 1
    assert [row["name"] for row in content["variants"]] == ["lora-clean", "lora-augmented", "tf-idf"]
    assert [one["question"] for one in content["answers"]] == [
        *("generalisation", "robustness", "cost", "phone", "simpler"),
    ]
    for name in ("lora-clean-0", "lora-augmented-0"):
        metrics = json.loads((compared / name / "metrics.json").read_text(encoding="utf-8"))
        row = next(row for row in content["variants"] if name.startswith(row["name"] + "-"))
        own = metrics["splits"]["test"]
        assert row["figures"]["clean"]["value"] == pytest.approx(own["clean"]["accuracy"]["value"])
        assert row["figures"]["ocr"]["value"] == pytest.approx(
            own["suites"]["ocr"]["metrics"]["accuracy"]["value"]
        )
        assert 0 < row["cost"]["shipped_bytes"] < row["cost"]["model_bytes"]
    paper = (compared / "compare.md").read_text(encoding="utf-8")
    assert paper.count("\n| --- |") == 3
    changed = content["changed"]
    assert (changed["baseline"], changed["variant"]) == ("lora-clean", "lora-augmented")
    assert changed["answers"] == 24 * 4
    page = (compared / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "nan" not in page.lower().split()


@pytest.mark.parametrize("more", [[], ["--no-examples"]])
def test_what_is_finished_is_not_run_again(
    compared: Path,
    tmp_path: Path,
    review_files: Path,
    tiny_backbone: Path,
    pocketbert: Command,
    more: list[str],
):
    """Nor where texts are to be taken out of its page."""
    out = shutil.copytree(compared, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/metrics.json")}
    again = pocketbert(*arguments(review_files, tiny_backbone, out), *more, "--json")
    assert again.status == 0, again.err
    assert "2 of 2 runs are finished already" in again.err
    assert before == {path: path.stat().st_mtime_ns for path in out.glob("*/metrics.json")}
    old = json.loads((compared / "compare.json").read_text(encoding="utf-8"))
    assert json.loads(again.out)["gains"] == old["gains"]


def test_without_examples_no_text_is_kept_outside_the_runs(
    tmp_path: Path, review_files: Path, tiny_backbone: Path, pocketbert: Command
):
    out = tmp_path / "out"
    answer = pocketbert(*arguments(review_files, tiny_backbone, out), "--no-examples")
    assert answer.status == 0, answer.err
    words = {text for text, _ in reviews(3)} | {"the phone", "the film", "the book", "the hotel"}
    for name in (
        "report.html",
        "compare.json",
        "compare.md",
        *(f"lora-{kind}-0/report.html" for kind in TEXTS),
    ):
        page = (out / name).read_text(encoding="utf-8").lower()
        assert not [text for text in words if text in page], name


def test_leaks_are_told_without_their_texts(
    tmp_path: Path, review_files: Path, tiny_backbone: Path, pocketbert: Command
):
    """A test row that is trained on, and a text with two labels."""
    files = shutil.copytree(review_files, tmp_path / "files")
    (leaked, label), *rest = reviews(64)
    other = {"good": "bad", "bad": "good"}[label]
    train = [("a secret lid was fine", "good"), ("a secret lid was fine", "bad"), (leaked, label), *rest]
    write_rows(files / "train.csv", ("review", "verdict"), train)
    write_rows(files / "test.csv", ("review", "verdict"), [(leaked, other), *reviews(20, first=2000)])
    answer = pocketbert(*arguments(files, tiny_backbone, tmp_path / "out"), "--no-examples")
    assert answer.status == 0, answer.err
    notes = json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8"))["notes"]
    assert any("also in train" in note for note in notes), notes
    assert any("more than one label" in note for note in notes), notes
    for file in (*(tmp_path / "out").glob("jobs/*.log"), tmp_path / "out" / "compare.json"):
        assert "secret" not in file.read_text(encoding="utf-8"), file


def test_names_of_others_are_no_markdown(
    tmp_path: Path, review_files: Path, tiny_backbone: Path, pocketbert: Command
):
    file = tmp_path / "a_b *c* <script>.csv"
    shutil.copy(review_files / "train.csv", file)
    given = [
        file if one == review_files / "train.csv" else one
        for one in arguments(review_files, tiny_backbone, tmp_path / "out")
    ]
    answer = pocketbert(*given)
    assert answer.status == 0, answer.err
    title = (tmp_path / "out" / "compare.md").read_text(encoding="utf-8").splitlines()[0]
    assert "a_b \\*c\\* \\<script>.csv" in title


def test_another_recipe_and_other_rows_are_refused(
    compared: Path, tmp_path: Path, review_files: Path, tiny_backbone: Path, pocketbert: Command
):
    given = arguments(review_files, tiny_backbone, compared)
    changed = pocketbert(*given, "--set", "training.batch_size=16")
    assert changed.status == 2
    assert "holds a run of another recipe (training.batch_size)" in changed.problem

    files = shutil.copytree(review_files, tmp_path / "files")
    write_rows(files / "test.csv", ("review", "verdict"), reviews(20, first=2000))
    rows = pocketbert(*arguments(files, tiny_backbone, compared))
    assert rows.status == 2
    assert "the rows changed since the comparison" in rows.problem

    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine", encoding="utf-8")
    assert "holds other files" in pocketbert(*arguments(review_files, tiny_backbone, other)).problem


def test_recipes_that_cannot_be_compared_are_refused_before_anything_is_trained(
    tmp_path: Path, review_files: Path, tiny_backbone: Path, pocketbert: Command
):
    """Other suites, other test rows, other labels, and a preset that makes other suites."""

    def written(name: str, test: str = "test.csv", suites: str = "typo@1", preset: str = "default") -> Path:
        recipe = tmp_path / f"{name}.toml"
        recipe.write_text(
            f'[data]\nsource = "{review_files / "train.csv"}"\ntext = ["review"]\nlabel = "verdict"\n'
            f'test = "{review_files / test}"\n[backbone]\nname = "{tiny_backbone}"\n'
            f'[augmentation]\npreset = "{preset}"\n[evaluation]\nsuites = ["{suites}"]\n',
            encoding="utf-8",
        )
        return recipe

    shutil.copy(review_files / "test.csv", tmp_path / "fewer.csv")
    rows = (tmp_path / "fewer.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "fewer.csv").write_text("".join(rows[:-1]), encoding="utf-8")
    first, out = written("first"), tmp_path / "out"
    for other, words in (
        (written("suites", suites="ocr"), "is not scored as first is"),
        (written("rows", test=str(tmp_path / "fewer.csv")), "is scored on other rows than first"),
        (written("preset", preset="sentiment"), "has other suites than first: augmentation.preset"),
    ):
        answer = pocketbert("compare", first, other, "--out", out, "--seeds", 1)
        assert answer.status == 2, answer.err
        assert words in answer.problem
        assert not out.exists()


def test_a_suite_that_changed_since_a_run_was_scored_on_it_is_refused(
    compared: Path, tmp_path: Path, review_files: Path, tiny_backbone: Path, pocketbert: Command
):
    suite, out = write_rows(tmp_path / "mine.csv", ("review", "verdict"), reviews(6)), tmp_path / "out"
    given = [*arguments(review_files, tiny_backbone, out), "--suite", suite]
    assert pocketbert(*given).status == 0
    content = json.loads((out / "compare.json").read_text(encoding="utf-8"))
    assert next(one for one in content["inputs"] if one["name"] == "mine")["rows"] == 6
    write_rows(suite, ("review", "verdict"), reviews(5))
    answer = pocketbert(*given, "--json")
    assert answer.status == 2
    assert "mine.csv changed since lora-clean-0 was scored on it" in answer.problem


def test_a_missing_file_is_said_before_anything_is_made(
    tmp_path: Path, review_files: Path, tiny_backbone: Path, pocketbert: Command
):
    out = tmp_path / "out"
    answer = pocketbert(*arguments(review_files, tmp_path / "nowhere", out))
    assert answer.status == 2
    assert "nowhere" in answer.problem
    assert not out.exists()


def test_a_run_that_fails_is_named_with_its_own_words(tmp_path: Path):
    recipe = tmp_path / "broken.toml"
    recipe.write_text('[data]\nsource = "sst3"\n[backbone]\nname = "bundled"\n', encoding="utf-8")
    jobs = [
        Job("broken-0", recipe, tmp_path / "broken-0", tmp_path / "broken-0.log"),
        Job("lost-0", tmp_path / "lost.toml", tmp_path / "lost-0", tmp_path / "lost-0.log"),
    ]
    ended = {one.job.name: one for one in Processes(2).train(jobs)}
    assert "sst3" in ended["broken-0"].problem
    assert "this machine does not see" in ended["lost-0"].problem
    with pytest.raises(
        PocketBertError, match=r"1 of 5 runs failed; broken-0: .*sst3.* the same command goes on"
    ):
        refuse_failures([ended["broken-0"]], 5)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("kill", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_kill_stops_the_runs_under_way_and_the_same_command_goes_on(
    tmp_path: Path, review_files: Path, tiny_backbone: Path, kill: str
):
    out = tmp_path / "out"
    given = [*map(str, arguments(review_files, tiny_backbone, out)), "--set", "stages.0.epochs=15"]
    given += ["--set", "training.patience=15"]
    command = [sys.executable, "-m", "pocketbert", *given]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # What runs these tests in the background may ignore Ctrl-C, and its processes with it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    history = out / "lora-clean-0" / "history.jsonl"
    deadline = time.monotonic() + 120
    while not history.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.Signals[kill])
    _, said = process.communicate(timeout=120)
    if kill != "SIGKILL":
        assert process.returncode == 1
        assert said.splitlines()[-1] == "pocketbert: stopped"
    log = out / "jobs" / "lora-clean-0.log"
    while "the same command goes on" not in log.read_text(encoding="utf-8") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "the same command goes on" in log.read_text(encoding="utf-8")
    assert (out / "lora-clean-0" / "checkpoints").is_dir()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "going on at stage 1" in (out / "jobs" / "lora-clean-0.log").read_text(encoding="utf-8")


def test_a_ray_cluster_trains_the_same(
    compared: Path, tmp_path: Path, review_files: Path, tiny_backbone: Path, pocketbert: Command
):
    pytest.importorskip("ray", reason="no Ray here: pip install --requirement requirements-cluster.lock")
    out = tmp_path / "out"
    answer = pocketbert(*arguments(review_files, tiny_backbone, out), "--cluster", "local", "--json")
    assert answer.status == 0, answer.err
    here = json.loads((compared / "compare.json").read_text(encoding="utf-8"))
    there = json.loads(answer.out)
    assert [row["figures"] for row in there["variants"]] == [row["figures"] for row in here["variants"]]


def test_without_ray_the_cluster_says_what_to_install(
    tmp_path: Path,
    review_files: Path,
    tiny_backbone: Path,
    pocketbert: Command,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(sys.modules, "ray", None)
    answer = pocketbert(*arguments(review_files, tiny_backbone, tmp_path / "out"), "--cluster", "auto")
    assert answer.status == 2
    assert "pip install 'pocketbert[cluster]'" in answer.problem


@needs_browser
def test_the_page_fits_a_phone_and_the_browser_has_no_complaint(compared: Path, tmp_path: Path):
    shutil.copy(compared / "report.html", tmp_path)
    page = seen_at(390, tmp_path)
    assert page.needed <= page.width <= 390
    assert page.headings >= 6
    assert not page.complaints
