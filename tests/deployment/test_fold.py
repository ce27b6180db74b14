"""Folding is exact, and brings every model's values into the range of fp16."""

import copy
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from regauged import regauged
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    MobileBertForSequenceClassification,
    MobileBertModel,
)
from transformers.models.mobilebert.modeling_mobilebert import NoNorm

from pocketbert.backbone import BackboneSettings, classifier, load_backbone
from pocketbert.deployment.fold import fold
from pocketbert.deployment.graph import FoldedClassifier, Residual
from pocketbert.errors import PocketBertError
from tiny_mobilebert import WORDS, randomised, tiny_config

EXACT = 1e-5
HALF = 1e-2
TEXTS = [
    "The battery died after two days, and nobody answers my messages.",
    "Great picture!",
    "I was charged twice this month: once on the 3rd, once on the 4th. Please give one of them back, " * 3,
    "",
]


def difference(expected: torch.Tensor, found: torch.Tensor) -> float:
    return float((expected.double() - found.double()).abs().max() / expected.double().abs().max())


def inputs_of(rows: int = 5, length: int = 13, seed: int = 0) -> dict[str, torch.Tensor]:
    """Random tokens and token types, some rows padded."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, length + 1, (rows, 1), generator=generator)
    lengths[0] = length
    return {
        "input_ids": torch.randint(len(WORDS), (rows, length), generator=generator),
        "attention_mask": (torch.arange(length) < lengths).long(),
        "token_type_ids": torch.randint(2, (rows, length), generator=generator),
    }


@torch.inference_mode()
def exact_logits(model: Any, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """What the model answers in float64."""
    logits: torch.Tensor = copy.deepcopy(model).double()(**inputs).logits
    return logits


@torch.inference_mode()
def logits_of(folded: FoldedClassifier, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    logits: torch.Tensor = folded(**inputs)
    return logits


def tiny(seed: int = 7, **changes: object) -> MobileBertForSequenceClassification:
    return randomised(MobileBertForSequenceClassification(tiny_config(num_labels=3, **changes)), seed)


@pytest.fixture(scope="module")
def bundled() -> tuple[Any, dict[str, torch.Tensor]]:
    """The bundled backbone under a head, and real texts."""
    backbone = load_backbone(BackboneSettings(name="bundled"))
    encoded = backbone.tokenizer(TEXTS, padding=True, return_tensors="pt")
    return classifier(backbone, labels=("a", "b", "c"), regression=False, seed=0), dict(encoded)


OPTIONS = [
    {},
    {"num_feedforward_networks": 1},
    {"num_feedforward_networks": 3},
    {"num_feedforward_networks": 4},
    {"use_bottleneck": False},
    {"use_bottleneck": False, "num_feedforward_networks": 1},
    {"use_bottleneck_attention": True},
    {"key_query_shared_bottleneck": False, "intra_bottleneck_size": 32},
    {"classifier_activation": True},
    {"hidden_act": "gelu"},
    {"trigram_input": False},
    {"trigram_input": False, "embedding_size": 32},
    {"num_hidden_layers": 1},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_is_the_same_function(options: dict[str, object]) -> None:
    model, inputs = tiny(**options), inputs_of()
    assert difference(exact_logits(model, inputs), logits_of(fold(model), inputs)) < EXACT


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    heads=st.sampled_from([1, 2, 4]),
    inner=st.sampled_from([8, 16]),
    hidden=st.sampled_from([8, 20, 32]),
    feed_forwards=st.integers(1, 4),
    layers=st.integers(1, 3),
    length=st.integers(1, 20),
)
def test_shapes_of_every_kind(
    seed: int, heads: int, inner: int, hidden: int, feed_forwards: int, layers: int, length: int
) -> None:
    model = tiny(
        seed, num_attention_heads=heads, intra_bottleneck_size=inner, hidden_size=hidden,
        num_feedforward_networks=feed_forwards, num_hidden_layers=layers,
    )  # fmt: skip
    inputs = inputs_of(length=length, seed=seed)
    assert difference(exact_logits(model, inputs), logits_of(fold(model), inputs)) < EXACT


def test_no_norm_and_no_multiplication_are_left(bundled: tuple[Any, dict[str, torch.Tensor]]) -> None:
    folded = fold(bundled[0])
    assert not [name for name, module in folded.named_modules() if isinstance(module, NoNorm)]
    residuals = [module for module in folded.modules() if isinstance(module, Residual)]
    assert len(residuals) == 6 * 4
    assert all(residual.rescale is None for residual in residuals)


def test_real_and_random_texts_through_the_bundled_backbone(
    bundled: tuple[Any, dict[str, torch.Tensor]],
) -> None:
    model, inputs = bundled
    folded = fold(model)
    generator = torch.Generator().manual_seed(1)
    noise = {name: values.clone() for name, values in inputs.items()}
    noise["input_ids"] = torch.randint(30522, inputs["input_ids"].shape, generator=generator)
    noise["token_type_ids"] = torch.randint(2, inputs["input_ids"].shape, generator=generator)
    for given_inputs in (inputs, noise):
        assert difference(exact_logits(model, given_inputs), logits_of(folded, given_inputs)) < EXACT


@pytest.mark.parametrize("largest", [1e3, 1e7])
def test_values_that_fp16_cannot_hold_are_brought_into_its_range(
    bundled: tuple[Any, dict[str, torch.Tensor]], largest: float
) -> None:
    model, inputs = bundled
    huge = regauged(model, largest)
    expected = exact_logits(model, inputs)
    assert difference(expected, exact_logits(huge, inputs)) < EXACT
    folded = fold(huge)
    assert difference(expected, logits_of(folded, inputs)) < EXACT
    assert difference(expected, logits_of(folded.half(), inputs)) < HALF
    if largest > 1e5:
        with torch.inference_mode():
            assert not copy.deepcopy(huge).half()(**inputs).logits.isfinite().all()


@pytest.mark.parametrize("gain", [0.0, 1e-30, 1e-6, -1e-3, 1e2])
@pytest.mark.parametrize("options", [{"num_hidden_layers": 3}, {"use_bottleneck": False}], ids=str)
def test_gains_that_are_zero_tiny_negative_or_large(gain: float, options: dict[str, object]) -> None:
    model, inputs = tiny(**options), inputs_of()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, NoNorm):
                chosen = torch.rand(len(module.weight), generator=generator) < 0.1
                module.weight[chosen] = gain * torch.randn(int(chosen.sum()), generator=generator)
    expected = exact_logits(model, inputs)
    folded = fold(model)
    assert difference(expected, logits_of(folded, inputs)) < EXACT
    if abs(gain) < 1:
        assert difference(expected, logits_of(folded.half(), inputs)) < HALF


def test_streams_that_shrink_from_layer_to_layer_are_rescaled() -> None:
    model, inputs = tiny(num_hidden_layers=4, use_bottleneck=False), inputs_of()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, NoNorm):
                module.weight.mul_(1e-2)
    folded = fold(model)
    assert any(module.rescale is not None for module in folded.modules() if isinstance(module, Residual))
    expected = exact_logits(model, inputs)
    assert difference(expected, logits_of(folded, inputs)) < EXACT
    assert difference(expected, logits_of(folded.half(), inputs)) < HALF


def test_padding_changes_nothing() -> None:
    model = tiny()
    with torch.no_grad():
        model.mobilebert.embeddings.word_embeddings.weight[0].zero_()
    folded, inputs = fold(model), inputs_of(rows=1)
    padded = {name: torch.nn.functional.pad(values, (0, 9)) for name, values in inputs.items()}
    assert difference(logits_of(folded, inputs), logits_of(folded, padded)) < EXACT


def test_rows_to_calibrate_on_change_scales_but_not_answers() -> None:
    model, inputs = tiny(), inputs_of()
    by_rows = logits_of(fold(model, inputs_of(rows=9, seed=5)), inputs)
    assert difference(logits_of(fold(model), inputs), by_rows) < EXACT


def test_logits_come_at_a_temperature() -> None:
    model = tiny()
    inputs = inputs_of()
    assert (
        difference(logits_of(fold(model), inputs), 2.5 * logits_of(fold(model, temperature=2.5), inputs))
        < EXACT
    )


def test_the_model_itself_is_left_as_it_was() -> None:
    model = tiny()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fold(model)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert model.classifier.weight.dtype == torch.float32


def test_what_cannot_be_folded_is_refused_in_one_line() -> None:
    bert = BertForSequenceClassification(
        BertConfig(
            vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
        )
    )
    for model, words in (
        (bert, "only MobileBERT can be exported, not a 'bert' model"),
        (tiny(normalization_type="layer_norm"), "normalises by layer_norm"),
        (MobileBertModel(tiny_config()), "only models that answer"),
    ):
        with pytest.raises(PocketBertError, match=words) as refused:
            fold(model)
        assert "\n" not in str(refused.value)
