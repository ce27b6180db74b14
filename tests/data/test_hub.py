"""Data sets of the hub: class numbers become names, and a hub that does not answer is one line."""

import subprocess
import sys
from pathlib import Path

import datasets
import pytest

from pocketbert.data.stored import hub_source
from pocketbert.errors import PocketBertError
from pocketbert.tasks import HubLayout


@pytest.fixture
def repository(tmp_path: Path) -> str:
    """A folder as the hub would hold it."""
    features = datasets.Features(
        {"sentence": datasets.Value("string"), "label": datasets.ClassLabel(names=["negative", "positive"])}
    )
    rows = datasets.Dataset.from_dict(
        {"sentence": ["good", "bad", "unknown"], "label": [1, 0, -1]}, features=features
    )
    folder = tmp_path / "repository"
    (folder / "data").mkdir(parents=True)
    rows.to_parquet(str(folder / "data" / "train-00000-of-00001.parquet"))
    return str(folder)


def test_rows_of_a_hub_data_set(repository: str, tmp_path: Path) -> None:
    layout = HubLayout(repository=repository, text=("sentence",), label="label")
    source = hub_source(layout, "train", tmp_path / "cache")
    assert list(source.rows(("sentence", "label"))) == [
        (1, ("good", "positive")),
        (2, ("bad", "negative")),
        (3, ("unknown", None)),
    ]


def test_an_unknown_split_is_one_line(repository: str, tmp_path: Path) -> None:
    layout = HubLayout(repository=repository, text=("sentence",), label="label")
    with pytest.raises(PocketBertError, match="cannot read") as caught:
        hub_source(layout, "holdout", tmp_path / "cache")
    assert len(str(caught.value).splitlines()) == 1


def test_without_the_hub_one_line_names_the_folder_option(tmp_path: Path) -> None:
    script = (
        "import pocketbert.data as d\nfrom pocketbert.errors import PocketBertError\n"
        "try: d.load(d.DataSettings(source='sst2'))\nexcept PocketBertError as e: print(e)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            "PATH": "",
            "HF_ENDPOINT": "http://127.0.0.1:9",
            "HF_HOME": str(tmp_path),
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.startswith("cannot read 'nyu-mll/glue' from the Hugging Face hub")
    assert "--data-dir" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""
