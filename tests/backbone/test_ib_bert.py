"""IB-BERT: its published size, its forward pass against one written out here, and its folder."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, layer_norm, linear, pad
from transformers import AutoConfig, AutoModel, BertTokenizer

from pocketbert.backbone import (
    Backbone,
    BackboneSettings,
    classifier,
    load_backbone,
    load_classifier,
    parameters,
    save_base,
    save_classifier,
)
from pocketbert.backbone.ib_bert import IBBertConfig, IBBertModel
from pocketbert.backbone.masked_lm import MaskedLanguageModel
from pocketbert.errors import ArgumentError
from tiny_mobilebert import WORDS, randomised

IDS = torch.tensor([[2, 5, 7, 8, 3], [2, 6, 11, 3, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]])
SEGMENTS = torch.tensor([[0, 0, 0, 1, 1], [0, 0, 1, 1, 0]])


def tiny_config(**changes: object) -> IBBertConfig:
    sizes = {
        "vocab_size": len(WORDS), "embedding_size": 8, "hidden_size": 12, "num_hidden_layers": 2,
        "intra_bottleneck_size": 24, "intermediate_size": 40, "max_position_embeddings": 32,
        "classifier_activation": False,
    }  # fmt: skip
    return IBBertConfig(**{**sizes, **changes})


@pytest.fixture
def backbone(tokenizer: BertTokenizer) -> Backbone:
    encoder = randomised(IBBertModel(tiny_config(), add_pooling_layer=False))
    with torch.no_grad():
        encoder.get_input_embeddings().weight[0].zero_()
    return Backbone(encoder, tokenizer, "tiny", "made in the test")


def on_meta(**changes: object) -> nn.Module:
    with torch.device("meta"):
        return IBBertModel(IBBertConfig(**changes), add_pooling_layer=False)


def test_large_has_294_million_parameters_and_12_a_layer() -> None:
    count = parameters(on_meta())
    assert count.total == 294_205_184
    assert count.total - parameters(on_meta(num_hidden_layers=23)).total == 12_076_544
    assert set(count.by_part) == {"embeddings", "attention", "bottleneck", "feed-forward", "norms"}


def plain_forward(weights: dict[str, Tensor], config: IBBertConfig) -> tuple[list[Tensor], list[Tensor]]:
    """Hidden states and attention of IDS, from the paper's section 3.2 and figure 1b."""

    def dense(values: Tensor, name: str) -> Tensor:
        return linear(values, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(values: Tensor, name: str) -> Tensor:
        weight, bias = weights[f"{name}.LayerNorm.weight"], weights[f"{name}.LayerNorm.bias"]
        return layer_norm(values, weight.shape, weight, bias, 1e-12)

    words = weights["embeddings.word_embeddings.weight"][IDS]
    following, previous = pad(words[:, 1:], (0, 0, 0, 1)), pad(words[:, :-1], (0, 0, 1, 0))
    states = dense(torch.cat([following, words, previous], -1), "embeddings.embedding_transformation")
    states = states + weights["embeddings.position_embeddings.weight"][: IDS.shape[1]]
    states = norm(states + weights["embeddings.token_type_embeddings.weight"][SEGMENTS], "embeddings")
    all_states, all_attention = [states], []
    width = config.intra_bottleneck_size // config.num_attention_heads
    for number in range(config.num_hidden_layers):
        layer = f"encoder.layer.{number}"
        residual = norm(dense(states, f"{layer}.bottleneck.input.dense"), f"{layer}.bottleneck.input")
        query, key, value = (
            dense(states, f"{layer}.attention.self.{name}").unflatten(-1, (-1, width)).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        scores = (query @ key.mT / math.sqrt(width)).masked_fill(MASK[:, None, None] == 0, -math.inf)
        attention = scores.softmax(-1)
        mixed = (attention @ value).transpose(1, 2).flatten(2)
        inner = norm(dense(mixed, f"{layer}.attention.output.dense") + residual, f"{layer}.attention.output")
        widened = gelu(dense(inner, f"{layer}.intermediate.dense"))
        inner = norm(dense(widened, f"{layer}.output.dense") + inner, f"{layer}.output")
        states = norm(dense(inner, f"{layer}.output.bottleneck.dense") + states, f"{layer}.output.bottleneck")
        all_states.append(states)
        all_attention.append(attention)
    return all_states, all_attention


def test_the_forward_pass_is_the_one_of_the_paper(backbone: Backbone) -> None:
    encoder = backbone.encoder
    encoder.set_attn_implementation("eager")
    with torch.no_grad():
        output = encoder(IDS, MASK, SEGMENTS, output_hidden_states=True, output_attentions=True)
        states, attention = plain_forward(dict(encoder.state_dict()), encoder.config)
    assert len(output.hidden_states) == len(states) == 3
    assert len(output.attentions) == len(attention) == 2
    for found, expected in zip(
        (*output.hidden_states, *output.attentions), (*states, *attention), strict=True
    ):
        assert (found - expected).abs().max() / expected.abs().max() < 1e-5
    assert output.last_hidden_state is output.hidden_states[-1]


def test_hidden_dropout_is_a_tenth_in_training(backbone: Backbone) -> None:
    encoder = backbone.encoder.train()
    assert encoder.config.hidden_dropout_prob == 0.1
    torch.manual_seed(0)
    assert not torch.equal(encoder(IDS, MASK).last_hidden_state, encoder(IDS, MASK).last_hidden_state)


def test_new_weights_are_drawn_as_all_others_are() -> None:
    torch.manual_seed(0)
    attention = (
        IBBertModel(tiny_config(hidden_size=256, intra_bottleneck_size=512)).encoder.layer[0].attention
    )
    for name in ("query", "key", "value"):
        drawn = getattr(attention.self, name)
        assert drawn.weight.shape == (512, 256)
        assert drawn.weight.std().item() == pytest.approx(0.02, rel=0.02)
        assert drawn.bias.eq(0).all()


def test_a_saved_encoder_comes_back(tmp_path: Path, backbone: Backbone) -> None:
    folder = tmp_path / "teacher"
    save_base(backbone, backbone.tokenizer, folder)
    assert type(AutoConfig.from_pretrained(folder)) is IBBertConfig
    loaded = load_backbone(BackboneSettings(name=str(folder)))
    assert type(loaded.encoder) is IBBertModel
    with torch.no_grad():
        expected = backbone.encoder(IDS, MASK).last_hidden_state
        assert torch.equal(loaded.encoder(IDS, MASK).last_hidden_state, expected)
        automatic = AutoModel.from_pretrained(folder)
        assert torch.equal(automatic(IDS, MASK).last_hidden_state, expected)


def test_a_saved_classifier_comes_back(tmp_path: Path, backbone: Backbone) -> None:
    model = classifier(backbone, labels=("bad", "good"), regression=False, seed=0)
    save_classifier(model, backbone.tokenizer, tmp_path / "model")
    loaded, _ = load_classifier(tmp_path / "model")
    with torch.no_grad():
        states = backbone.encoder(IDS, MASK).last_hidden_state
        expected = linear(states[:, 0], model.classifier.weight, model.classifier.bias)
        torch.testing.assert_close(loaded(IDS, MASK).logits, expected)
    assert loaded.config.id2label == {0: "bad", 1: "good"}


def test_masked_lm_trains_every_weight_of_it() -> None:
    model = MaskedLanguageModel(randomised(IBBertModel(tiny_config(), add_pooling_layer=False)))
    scores = model(
        {"input_ids": IDS, "attention_mask": MASK, "token_type_ids": SEGMENTS}, torch.tensor([1, 6])
    )
    nn.functional.cross_entropy(scores, torch.tensor([5, 6])).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None, name
        # a softmax does not see what the key's bias adds to every score
        assert weight.grad.abs().sum() > 0 or name.endswith("key.bias"), name


@pytest.mark.parametrize(
    "changes",
    [{"key_query_shared_bottleneck": True}, {"use_bottleneck_attention": True}, {"use_bottleneck": False}],
)
def test_a_config_of_another_wiring_is_refused(changes: dict[str, bool]) -> None:
    with pytest.raises(ValueError, match="read its input"):
        IBBertConfig(**changes)


def test_a_folder_with_such_a_config_is_one_line(tmp_path: Path, backbone: Backbone) -> None:
    folder = tmp_path / "wrong"
    save_base(backbone, backbone.tokenizer, folder)
    config = folder / "config.json"
    shared = '"key_query_shared_bottleneck": false'
    assert shared in config.read_text()
    config.write_text(config.read_text().replace(shared, shared.replace("false", "true")))
    with pytest.raises(ArgumentError, match=r"does not describe a ib_bert model: .*read its input"):
        load_backbone(BackboneSettings(name=str(folder)))


def test_a_mobilebert_stays_as_it_is(write_model: Callable[..., Path]) -> None:
    loaded = load_backbone(BackboneSettings(name=str(write_model()))).encoder
    assert loaded.encoder.layer[0].attention.self.query.in_features == 16
