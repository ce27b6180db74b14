import gzip
import runpy
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from pocketbert.text.lexicon import longest_from, multiwords_in, polar_words, replacements_of

ROOT = Path(__file__).parent.parent.parent
LEXICON = Path(str(files("pocketbert").joinpath("assets/lexicon")))
WORDNET = Path("/usr/share/wordnet")


def test_what_replaces_a_word_is_told_by_its_place() -> None:
    film, attempt = replacements_of("film"), replacements_of("try")
    assert film is not None
    assert film["D"] == ("movie",)
    assert attempt is not None
    assert attempt["t"] == ("attempt",)
    assert "v" not in attempt
    assert replacements_of("have") is None


def test_words_of_one_dominant_sense_replace_each_other() -> None:
    veer = replacements_of("veer")
    assert veer is not None
    assert veer["v"] == ("swerve",)


def test_phrases_are_replaced_whole() -> None:
    assert longest_from("take") >= 2
    assert longest_from("zebra") == 0
    part = replacements_of("take part")
    assert part is not None
    assert part["V"] == ("participate",)


def test_words_of_praise_and_blame_are_known() -> None:
    assert {"masterpiece", "unfunny", "boredom", "delight", "flop", "insipid"} <= polar_words()
    assert not {"table", "patient", "walk", "monday", "film"} & polar_words()


def test_multiwords_are_known_whole() -> None:
    assert list(multiwords_in(["and", "of", "course", "not"])) == [range(1, 3)]
    assert list(multiwords_in(["the", "mat"])) == []
    assert list(multiwords_in(["in", "order", "to"])) == [range(3)]


def test_the_asset_is_small_and_its_licence_stands_beside_it() -> None:
    assert sum(path.stat().st_size for path in LEXICON.iterdir()) < 500_000
    assert (
        "WordNet 3.0 Copyright 2006 by Princeton University" in (LEXICON / "LICENSE-WordNet.txt").read_text()
    )


@pytest.mark.skipif(not WORDNET.exists(), reason="needs Debian's wordnet-base")
def test_the_script_makes_the_asset_that_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.setattr(sys, "argv", ["make_lexicon.py", "--out", str(tmp_path)])
    runpy.run_path(str(ROOT / "scripts/make_lexicon.py"), run_name="__main__")
    for path in tmp_path.iterdir():
        # The bytes hang on the zlib at hand; what they hold does not.
        assert gzip.decompress(path.read_bytes()) == gzip.decompress((LEXICON / path.name).read_bytes())
