"""The benchmark of augmentation: it runs, and what it ships and imports stays light."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "augmentation"
TASK_FILES = ROOT.parent / "shared" / "data"


def test_it_runs_without_peers(tmp_path: Path) -> None:
    out = tmp_path / "results.json"
    command = [sys.executable, FOLDER / "speed.py", "--quick", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(out.read_text(encoding="utf-8"))
    bars = {one["what"]: one for one in results["bars"]}
    assert bars["views of 200 with other ids"]["value"] == 0
    assert bars["megabytes of data"]["met"]
    assert results["ours"]["views_per_second"] > 1_000
    assert "sentences planned a second" in done.stdout


def quality(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, FOLDER / "quality.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_views_are_judged_blind_and_counted(tmp_path: Path) -> None:
    if not TASK_FILES.is_dir():
        pytest.skip("needs the public data sets in ../shared/data")
    folder = tmp_path / "judged"
    drawn = quality("draw", "--trial", "--no-peers", "--views", 12, "--out", folder)
    assert drawn.returncode == 0, drawn.stderr
    with (folder / "sheet.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["number", "text", "view", "verdict", "reason"]  # nothing of who made it
    assert all(row["text"] != row["view"] for row in rows)
    items = json.loads((folder / "key.json").read_text(encoding="utf-8"))["items"]
    gap = quality("tally", folder, "--judge", "nobody")
    assert gap.returncode == 1
    assert "number 1 is ''; write fine or wrong" in gap.stderr
    for number, row in enumerate(rows):
        row["verdict"] = "Wrong " if number % 3 == 0 else "fine"
    with (folder / "sheet.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    told = quality("tally", folder, "--judge", "a test")
    assert told.returncode == 0, told.stderr
    ours = next(line.split() for line in told.stdout.splitlines() if line.startswith("ours "))
    wrong = sum(number % 3 == 0 for number, item in enumerate(items) if "ours" in item["engines"])
    assert ours[1:3] == [str(wrong), "12"]
    assert "a trial: nothing is published" in told.stdout
