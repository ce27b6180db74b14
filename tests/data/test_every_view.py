"""Views are the same bytes for any workers, hash seed, batch size, resumption, and with or without stored plans."""

import os
import subprocess
import sys
from pathlib import Path


def test_views_are_the_same_bytes_however_they_are_made(tmp_path: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, Path(__file__).with_name("every_view.py"), tmp_path],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("0", "1", "4242")
    ]
    told = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(told) == 1
    for line in told.pop().splitlines():
        name, *digests = line.split()
        assert len(digests) == 1, name
