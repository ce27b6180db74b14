import pytest

from pocketbert.text.contractions import restates, spelt_out


@pytest.mark.parametrize(
    ("contracted", "full"),
    [
        ("don't", "do not"),
        ("do n't", "do not"),
        ("DON’T", "do not"),
        ("dont", "do not"),
        ("can't", "can not"),
        ("cannot", "can not"),
        ("ca n't", "can not"),
        ("won't", "will not"),
        ("wo n't", "will not"),
        ("I'll", "i will"),
        ("we 've", "we have"),
        ("it's", "it's"),  # "it is" or "it has"
        ("hadn't I'd", "had not i would"),
    ],
)
def test_contractions_in_full(contracted: str, full: str) -> None:
    assert spelt_out(contracted) == full


def test_other_words_do_not_restate_one() -> None:
    assert restates("do not", "don't")
    assert restates(" not", "n't")
    assert not restates("do not", "do")
    assert not restates("will not", "would not")
    assert not restates("can", "can't")
