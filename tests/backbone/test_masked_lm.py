"""The masked-LM head: shares the embedding, scores only what is asked, and is found beside its encoder."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy, layer_norm
from transformers import BertConfig, BertModel, BertTokenizer, MobileBertModel

from pocketbert.backbone import Backbone, BackboneSettings, load_backbone, save_base
from pocketbert.backbone.load import zero_padding
from pocketbert.backbone.masked_lm import HEAD_FILE, MaskedLanguageModel, fill, load_masked_lm
from pocketbert.errors import ArgumentError, PocketBertError
from tiny_mobilebert import WORDS, randomised, tiny_config

IDS = torch.tensor([[2, 5, 4, 8, 3], [2, 4, 10, 4, 3]])
PLACES = torch.tensor([2, 6, 8])


def tiny_bert() -> BertModel:
    return BertModel(
        BertConfig(
            vocab_size=len(WORDS),
            hidden_size=24,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=32,
        )
    )


ENCODERS = [
    pytest.param(lambda: MobileBertModel(tiny_config()), 32, 16, id="mobilebert"),
    pytest.param(tiny_bert, 24, 24, id="bert"),
]


@pytest.mark.parametrize(("encoder", "hidden", "embedding"), ENCODERS)
def test_the_head_adds_a_projection_and_a_bias_and_shares_the_embedding(
    encoder: Callable[[], torch.nn.Module], hidden: int, embedding: int
) -> None:
    model = randomised(MaskedLanguageModel(encoder()))
    assert {name: tuple(weight.shape) for name, weight in model.head.named_parameters()} == {
        "bias": (len(WORDS),),
        "projection.weight": (embedding, hidden),
        "projection.bias": (embedding,),
    }
    before = model({"input_ids": IDS}, PLACES)
    assert before.shape == (3, len(WORDS))
    states = layer_norm(model.encoder(IDS).last_hidden_state, (hidden,)).reshape(-1, hidden)[PLACES]
    head, words = model.head, model.encoder.get_input_embeddings().weight
    expected = (states @ head.projection.weight.T + head.projection.bias) @ words.T + head.bias
    expected[:, 0] = head.bias[0]
    torch.testing.assert_close(before, expected)


@pytest.mark.parametrize(("encoder", "hidden", "embedding"), ENCODERS)
def test_training_leaves_the_embedding_of_padding_at_zero(
    encoder: Callable[[], torch.nn.Module], hidden: int, embedding: int
) -> None:
    model = MaskedLanguageModel(encoder()).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    losses = []
    for _ in range(30):
        loss = cross_entropy(model({"input_ids": IDS}, PLACES), torch.tensor([7, 6, 9]))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    words = model.encoder.get_input_embeddings().weight
    assert words[0].eq(0).all()
    assert words[1:].abs().sum(1).gt(0).all()
    assert losses[0] == pytest.approx(math.log(len(WORDS)), rel=0.2)
    assert losses[-1] < losses[0] / 2


def saved(folder: Path, tokenizer: BertTokenizer) -> MaskedLanguageModel:
    """A model whose encoder and head lie in a folder."""
    model = randomised(MaskedLanguageModel(MobileBertModel(tiny_config(), add_pooling_layer=False)))
    zero_padding(model.encoder, tokenizer.pad_token_id)
    save_base(Backbone(model.encoder, tokenizer, "tiny", "a test"), tokenizer, folder)
    model.save_head(folder)
    return model


def test_a_saved_head_comes_back_in_fp16_with_its_encoder(tmp_path: Path, tokenizer: BertTokenizer) -> None:
    model = saved(tmp_path / "pair", tokenizer)
    assert {value.dtype for value in load_file(tmp_path / "pair" / HEAD_FILE).values()} == {torch.float16}
    again = load_masked_lm(tmp_path / "pair")
    assert next(again.head.parameters()).dtype == torch.float32
    with torch.no_grad():
        scores, expected = again({"input_ids": IDS}, PLACES), model({"input_ids": IDS}, PLACES)
    torch.testing.assert_close(scores, expected, rtol=0, atol=2e-3 * expected.abs().max().item())
    named = load_masked_lm(load_backbone(BackboneSettings(name=str(tmp_path / "pair"))))
    torch.testing.assert_close(named({"input_ids": IDS}, PLACES), again({"input_ids": IDS}, PLACES))


def test_a_backbone_without_a_head_is_one_line(write_model: Callable[..., Path]) -> None:
    with pytest.raises(ArgumentError, match=r"has no masked-LM head \(masked_lm\.safetensors\)") as caught:
        load_masked_lm(write_model())
    assert "\n" not in str(caught.value)


def test_a_damaged_head_and_one_of_another_encoder_are_one_line(
    tmp_path: Path, tokenizer: BertTokenizer
) -> None:
    saved(tmp_path / "pair", tokenizer)
    path = tmp_path / "pair" / HEAD_FILE
    tensors = load_file(path)
    save_file({**tensors, "projection.weight": torch.zeros(16, 8)}, path)
    with pytest.raises(PocketBertError, match=r"does not fit the encoder beside it: .*16 x 8.*16 x 32"):
        load_masked_lm(tmp_path / "pair")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(PocketBertError, match=r"masked_lm\.safetensors is truncated or damaged"):
        load_masked_lm(tmp_path / "pair")


def test_a_disk_that_refuses_the_head_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PocketBertError, match="cannot write the masked-LM head to") as caught:
        MaskedLanguageModel(tiny_bert()).save_head(tmp_path / "file")
    assert "\n" not in str(caught.value)


def test_a_batch_in_which_nothing_is_asked_for_still_trains(tmp_path: Path) -> None:
    model = MaskedLanguageModel(tiny_bert())
    loss = cross_entropy(model({"input_ids": IDS}, PLACES[:0]), PLACES[:0], reduction="sum")
    loss.backward()
    assert loss == 0
    assert model.head.projection.weight.grad is not None


def test_fill_says_what_stands_at_each_mask(tmp_path: Path, tokenizer: BertTokenizer) -> None:
    saved(tmp_path / "pair", tokenizer)
    backbone = load_backbone(BackboneSettings(name=str(tmp_path / "pair")))
    model = load_masked_lm(backbone)
    texts = ["the cat [MASK] on the [MASK].", "the dog ran home.", "a [MASK] sat"]
    guesses = fill(model, backbone, texts, count=3)
    assert [[len(words) for words in text] for text in guesses] == [[3, 3], [], [3]]
    for text in guesses:
        for words in text:
            shares = [guess.probability for guess in words]
            assert shares == sorted(shares, reverse=True)
            assert 0 < sum(shares) <= 1
            assert {guess.word for guess in words} <= set(WORDS)
    assert fill(model, backbone, []) == []
    alone = fill(model, backbone, texts[2:], count=3)[0]
    assert [guess.word for guess in alone[0]] == [guess.word for guess in guesses[2][0]]
