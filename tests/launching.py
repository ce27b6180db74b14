"""The command line in processes of its own: one, or several under `accelerate launch` that share the CPU."""

import os
import subprocess
import sys

LAUNCH = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1", "--mixed_precision", "no",
          "--dynamo_backend", "no", "--main_process_port", "0"]  # fmt: skip
ON_CPU = {"ACCELERATE_USE_CPU": "true"}  # `--cpu` would start one process, and say nothing


def launched(processes: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """What `pocketbert` answers; it must succeed, and as so many processes."""
    several = [*LAUNCH, "--num_processes", str(processes)] if processes > 1 else []
    done = subprocess.run(
        [sys.executable, *several, "-m", "pocketbert", *map(str, arguments)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(ON_CPU if processes > 1 else {})},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert (f"{processes} processes share every update" in done.stderr) == (processes > 1)
    return done
