"""The benchmark of augmentation: it runs, and what it ships and imports stays light."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "augmentation"


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
