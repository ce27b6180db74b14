"""The engine loads little (its seconds stand in `benchmarks/augmentation`), needs no network, and its data is small."""

import subprocess
import sys
from pathlib import Path

import pocketbert

IMPORTING = """
import sys
from pocketbert.augmentation import Engine, augment
Engine()
heavy = {"torch", "transformers", "datasets", "numpy", "scipy", "pandas", "pyarrow", "nltk", "textblob", "lemminflect"}
print(*sorted(heavy & set(sys.modules)))
"""
OFFLINE = """
import socket
def refused(*_, **__):
    raise AssertionError("the network was asked")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refused
from pocketbert.augmentation import OPERATORS, Engine, Policy, perturb
texts = ["When the rain stopped, we quickly walked to the old theater.", "It's 2 a.m. and I haven't slept, of course."]
engine = Engine(Policy(preset="everything", clean_share=0))
engine.prepare(texts)
print(len({engine.view((text,), epoch=epoch, row=0).texts for epoch in range(20) for text in texts}))
for name in OPERATORS:
    perturb((texts[0],), operator=name, severity=3, seed=0, row=0)
"""


def _said(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_importing_the_engine_loads_nothing_heavy() -> None:
    assert _said(IMPORTING) == []


def test_views_need_no_network() -> None:
    (different,) = _said(OFFLINE)
    assert int(different) > 10


def test_the_data_of_the_engine_is_small() -> None:
    package = Path(pocketbert.__file__).parent
    rooms = (package / "assets" / "lexicon", package / "augmentation", package / "text")
    data = [path for room in rooms for path in room.rglob("*") if path.suffix not in (".py", ".pyc", "")]
    assert 0 < sum(path.stat().st_size for path in data) < 2_000_000
