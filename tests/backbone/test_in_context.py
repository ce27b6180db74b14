"""A masked language model as the scorer of the context guard."""

from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertForMaskedLM

from pocketbert.augmentation.context import Replacement
from pocketbert.backbone import save_base
from pocketbert.backbone.in_context import WordsInContext
from pocketbert.backbone.masked_lm import MaskedLanguageModel
from pocketbert.errors import ArgumentError
from tiny_mobilebert import WORDS, randomised, tiny_backbone

ASKED = [
    Replacement("the cat sat on the ", "mat", "dog home", "."),
    Replacement("the cat sat on the ", "mat", "home", "."),
    Replacement("", "the", "a", " happy dog ran home and sat"),
    Replacement("the ", "", "happy", " cat sat"),
    Replacement("the dog ", "ran", "sat", ""),
]


@pytest.fixture
def scorer(tmp_path: Path) -> WordsInContext:
    backbone = tiny_backbone(tmp_path)
    return WordsInContext(backbone, randomised(MaskedLanguageModel(backbone.encoder)))


def test_scores_hang_on_the_replacement_alone(scorer: WordsInContext) -> None:
    together = scorer(ASKED)
    assert len(set(together)) == len(ASKED)
    assert [round(score, 4) for asked in ASKED for score in scorer([asked])] == [
        round(score, 4) for score in together
    ]
    assert scorer(ASKED[::-1]) == pytest.approx(together[::-1], abs=1e-5)
    assert scorer([]) == []


def test_a_word_in_its_own_place_fits_best(scorer: WordsInContext) -> None:
    best = scorer([Replacement("the cat sat on the ", "mat", "mat", ".")])[0]
    assert best == pytest.approx(0.25, abs=1e-5)  # as close in the sentence as alone
    assert scorer([Replacement("a ", "", "", " cat")])[0] == pytest.approx(1, abs=1e-5)


def test_only_so_much_context_is_read(scorer: WordsInContext) -> None:
    far = [Replacement("a " * times, "cat", "dog", " ran" * times) for times in (32, 40)]
    assert scorer(far[:1]) == scorer(far[1:])


def test_other_weights_are_another_scorer(scorer: WordsInContext, tmp_path: Path) -> None:
    backbone = tiny_backbone(tmp_path)
    same = WordsInContext(backbone, randomised(MaskedLanguageModel(backbone.encoder)))
    assert scorer.fingerprint == same.fingerprint
    other = MaskedLanguageModel(tiny_backbone(tmp_path, seed=8).encoder)
    assert WordsInContext(backbone, other).fingerprint != scorer.fingerprint


def test_a_stock_head_serves_as_well(tmp_path: Path) -> None:
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    model = randomised(BertForMaskedLM(BertConfig(vocab_size=len(WORDS), **sizes)))
    model.save_pretrained(tmp_path / "stock")
    tiny_backbone(tmp_path).tokenizer.save_pretrained(tmp_path / "stock")
    scores = WordsInContext.load(str(tmp_path / "stock"))(ASKED)
    assert len(set(scores)) == len(ASKED)
    assert all(map(torch.isfinite, torch.tensor(scores)))


def test_a_backbone_without_a_head_is_refused(tmp_path: Path) -> None:
    backbone = tiny_backbone(tmp_path)
    save_base(backbone.encoder, backbone.tokenizer, tmp_path / "bare")
    with pytest.raises(ArgumentError, match="has no masked-LM head"):
        WordsInContext.load(str(tmp_path / "bare"))


def test_the_bundled_model_tells_sense_from_nonsense() -> None:
    scorer = WordsInContext.load("bundled")
    told = [
        ("The ", "doctor", "physician", "window", " examined my knee."),
        ("It was a ", "difficult", "hard", "purple", " question."),
        ("They ", "began", "started", "melted", " to sing."),
        ("We watched the ", "film", "movie", "cheese", " twice."),
        ("He drove the ", "car", "vehicle", "sentence", " to Boston."),
        ("The ", "results", "findings", "trousers", " were published in May."),
    ]
    fitting = scorer([Replacement(before, old, good, after) for before, old, good, _, after in told])
    absurd = scorer([Replacement(before, old, bad, after) for before, old, _, bad, after in told])
    assert all(one > another for one, another in zip(fitting, absurd, strict=True))
