"""Stock masked-LM heads: found where there is one, asked only where tokens are masked."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForMaskedLM,
    MobileBertForMaskedLM,
    PreTrainedModel,
)

from pocketbert.backbone import BackboneSettings, load_backbone
from pocketbert.backbone.stock_head import load_stock_head
from tiny_mobilebert import WORDS, randomised, tiny_config

BERT = BertConfig(
    vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24
)
DISTILBERT = DistilBertConfig(vocab_size=len(WORDS), dim=16, n_layers=2, n_heads=2, hidden_dim=24)
IDS = torch.tensor([[2, 6, 4, 8, 3], [2, 5, 7, 4, 3]])
PLACES = torch.tensor([2, 8])


@pytest.mark.parametrize(
    "make",
    [
        lambda: BertForMaskedLM(BERT),
        lambda: DistilBertForMaskedLM(DISTILBERT),
        lambda: MobileBertForMaskedLM(tiny_config()),
    ],
)
def test_it_answers_as_the_whole_model_does(
    tmp_path: Path, tokenizer: BertTokenizer, make: Callable[[], PreTrainedModel]
) -> None:
    whole = randomised(make())
    whole.save_pretrained(tmp_path / "stock")
    tokenizer.save_pretrained(tmp_path / "stock")
    model = load_stock_head(load_backbone(BackboneSettings(name=str(tmp_path / "stock"))))
    assert model is not None
    with torch.no_grad():
        found = model.score(model.encoder(input_ids=IDS).last_hidden_state, PLACES)
        expected = whole(input_ids=IDS).logits.flatten(0, 1)[PLACES]
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-4)


def test_released_weights_have_one_and_a_pickle_is_not_asked(write_model: Callable[..., Path]) -> None:
    assert load_stock_head(load_backbone(BackboneSettings(name=str(write_model())))) is not None
    pickled = load_backbone(BackboneSettings(name=str(write_model("old", pickled=True))))
    assert load_stock_head(pickled) is None


def test_an_encoder_alone_has_none(tmp_path: Path, tokenizer: BertTokenizer) -> None:
    randomised(BertForMaskedLM(BERT)).bert.save_pretrained(tmp_path / "plain")
    tokenizer.save_pretrained(tmp_path / "plain")
    assert load_stock_head(load_backbone(BackboneSettings(name=str(tmp_path / "plain")))) is None
