import gzip
import runpy
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from pocketbert.text.lexicon import multiwords_in, synonyms_of

ROOT = Path(__file__).parent.parent.parent
LEXICON = Path(str(files("pocketbert").joinpath("assets/lexicon")))
WORDNET = Path("/usr/share/wordnet")


def test_synonyms_share_their_dominant_sense() -> None:
    assert "movie" in synonyms_of("film", "NN")
    assert "purchase" in synonyms_of("buy", "VBD")
    assert "attempt" in synonyms_of("try", "VB", before_to=True)
    assert synonyms_of("try", "VB") == ()
    assert synonyms_of("have", "VBP") == ()


def test_multiwords_are_known_whole() -> None:
    assert list(multiwords_in(["and", "of", "course", "not"])) == [range(1, 3)]
    assert list(multiwords_in(["the", "mat"])) == []


def test_the_asset_is_small_and_its_licence_stands_beside_it() -> None:
    assert sum(path.stat().st_size for path in LEXICON.iterdir()) < 1_500_000
    assert (
        "WordNet 3.0 Copyright 2006 by Princeton University" in (LEXICON / "LICENSE-WordNet.txt").read_text()
    )


@pytest.mark.skipif(not WORDNET.exists(), reason="needs Debian's wordnet-base")
def test_the_script_makes_the_asset_that_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["make_lexicon.py", "--out", str(tmp_path)])
    runpy.run_path(str(ROOT / "scripts/make_lexicon.py"), run_name="__main__")
    for path in tmp_path.iterdir():
        # The bytes hang on the zlib at hand; what they hold does not.
        assert gzip.decompress(path.read_bytes()) == gzip.decompress((LEXICON / path.name).read_bytes())
