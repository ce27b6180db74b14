"""The programs in examples/ run, and their views differ from epoch to epoch."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
PROGRAMS = sorted(path.name for path in FOLDER.glob("*.py"))


def lines_of(program: str) -> list[list[str]]:
    """What a program prints: epoch, label and text of each view."""
    done = subprocess.run([sys.executable, FOLDER / program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split(maxsplit=2) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_epoch_has_views_of_its_own_and_all_labels(program: str) -> None:
    lines = lines_of(program)
    epochs = [[line for line in lines if line[0] == str(epoch)] for epoch in range(3)]
    assert [len(epoch) for epoch in epochs] == [4, 4, 4]
    assert len({tuple(sorted(text for _, _, text in epoch)) for epoch in epochs}) == 3
    assert len({tuple(sorted(label for _, label, _ in epoch)) for epoch in epochs}) == 1


def test_workers_of_a_loader_draw_what_one_process_would() -> None:
    sys.path.insert(0, str(FOLDER))
    from torch_dataset import LABELS, TEXTS, Views

    from pocketbert.augmentation import Policy

    rows = Views(TEXTS, LABELS, Policy(preset="sentiment", clean_share=0), seed=0)
    drawn = set()
    for epoch in range(3):
        rows.epoch = epoch
        drawn |= {(str(epoch), str(label), text) for text, label in map(rows.__getitem__, range(len(rows)))}
    assert drawn == {tuple(line) for line in lines_of("torch_dataset.py")}
