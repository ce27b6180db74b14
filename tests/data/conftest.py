"""Files to read, and where the shared data stands."""

from pathlib import Path

import pytest
from review_files import Load, Write

from pocketbert.data import DataSettings, Splits, load

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def shared() -> Path:
    """The folder of public data sets that lies beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("needs the public data sets in ../shared/data")
    return SHARED


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file and returns its path."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def load_file(tmp_path: Path) -> Load:
    """Loads a file with its prepared rows in a folder of the test."""

    def load_path(source: object, **settings: object) -> Splits:
        return load(DataSettings(source=str(source), cache_dir=tmp_path / "cache", **settings))

    return load_path
