"""Memory grows by at most 64 bytes a row, whatever stands in the rows."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys, threading, time
from pathlib import Path
import datasets, numpy, pyarrow
from pocketbert.data import DataSettings, check, load

def own_memory():  # without the pages of mapped files, which the system takes back when it wants them
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

peak, done, before = 0, False, own_memory()
def watch():
    global peak
    while not done:
        peak = max(peak, own_memory())
        time.sleep(0.002)
watcher = threading.Thread(target=watch)
watcher.start()
splits = load(DataSettings(source=sys.argv[1], cache_dir=Path(sys.argv[2])))
loaded = peak
check(splits, None, 128)
done = True
watcher.join()
print(len(splits.train), loaded - before, peak - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory from /proc")
def test_memory_grows_by_at_most_64_bytes_a_row(tmp_path: Path) -> None:
    small, large = 100_000, 400_000
    loaded, checked = {}, {}
    for rows in (small, large):
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as file:
            file.write("text,label\n")
            file.writelines(
                f"this is the text of message number {n} and it goes on for quite a while,{n % 4}\n"
                for n in range(rows)
            )
        command = [sys.executable, "-c", SCRIPT, str(path), str(tmp_path / "cache")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        train, loaded[rows], checked[rows] = map(int, done.stdout.split())
        assert train == 0.9 * rows
    assert loaded[large] - loaded[small] <= 64 * (large - small)
    assert checked[large] - checked[small] <= 64 * (large - small)
