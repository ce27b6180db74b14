"""`pocketbert train` on a file, stopped by Ctrl-C as a terminal sends it, and started again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_runs import assert_same, backbone, history, rows
from transformers import MobileBertForSequenceClassification


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    model = backbone(tmp_path / "words")
    folder = tmp_path / "backbone"
    MobileBertForSequenceClassification._from_config(model.encoder.config).save_pretrained(folder)
    model.encoder.save_pretrained(folder)
    model.tokenizer.save_pretrained(folder)
    rows(1200).to_csv(tmp_path / "animals.csv")
    settings = [
        "training.workers=1",
        "training.threads=1",
        "data.max_length=64",
        f"data.cache_dir={tmp_path}/cache",
    ]
    return [
        *(
            sys.executable,
            "-c",
            "from pocketbert.cli import main; main()",
            "train",
            str(tmp_path / "animals.csv"),
        ),
        *(
            "--text",
            "text",
            "--label",
            "label",
            "--backbone",
            str(folder),
            "--epochs",
            "3",
            "--suite",
            "none",
        ),
        *(part for setting in settings for part in ("--set", setting)),
    ]


def has_trained(out: Path) -> bool:
    """Whether the history tells a loss."""
    history = out / "history.jsonl"
    return history.exists() and '"loss"' in history.read_text(encoding="utf-8")


def test_ctrl_c_in_the_terminal_and_the_same_command_again(tmp_path, command):
    out, whole = tmp_path / "out", tmp_path / "whole"
    process = subprocess.Popen(
        [*command, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 300
    while not has_trained(out) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 1, stderr
    assert "Traceback" not in stderr
    last = stderr.strip().splitlines()[-1]
    assert last.startswith("pocketbert: stopped at update ")
    assert last.endswith("; the same command goes on from there")
    assert stdout == ""

    again = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert "going on at stage 1, update " in again.stderr
    unbroken = subprocess.run([*command, "--out", str(whole)], capture_output=True, text=True, timeout=300)
    assert unbroken.returncode == 0, unbroken.stderr
    assert_same(out, whole)
    assert history(out)[-1]["step"] > 50
    assert not (out / "checkpoints").exists()
