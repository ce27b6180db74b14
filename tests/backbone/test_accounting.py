"""Counts agree with the published ones (FACTS: MobileBERT, exactly), and cost no memory."""

import pytest
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    MobileBertConfig,
    MobileBertForQuestionAnswering,
    MobileBertForSequenceClassification,
    MobileBertModel,
)

from pocketbert.backbone import parameters


def on_meta(model_class: type, config: MobileBertConfig, **options: object) -> torch.nn.Module:
    with torch.device("meta"):
        return model_class(config, **options)


@pytest.mark.parametrize(
    ("model_class", "config", "options", "total"),
    [
        (MobileBertModel, {}, {}, 24_844_544),
        (MobileBertModel, {}, {"add_pooling_layer": False}, 24_581_888),
        (MobileBertForSequenceClassification, {"classifier_activation": True}, {}, 24_845_570),
        (MobileBertForSequenceClassification, {"classifier_activation": False}, {}, 24_582_914),
        (MobileBertForQuestionAnswering, {}, {}, 24_582_914),
    ],
)
def test_totals_are_the_published_ones(model_class, config, options, total):
    count = parameters(on_meta(model_class, MobileBertConfig(**config), **options))
    assert count.total == total
    assert count.trainable == total
    assert sum(count.by_part.values()) == total


def test_a_layer_more_costs_what_a_layer_holds():
    counts = [
        parameters(on_meta(MobileBertModel, MobileBertConfig(num_hidden_layers=layers))).total
        for layers in (3, 4)
    ]
    assert counts[1] - counts[0] == 842_240


def test_frozen_parameters_are_not_trainable():
    model = on_meta(MobileBertForSequenceClassification, MobileBertConfig())
    model.mobilebert.requires_grad_(False)
    assert parameters(model).trainable == 512 * 2 + 2


def test_parts_are_named_and_add_up():
    count = parameters(on_meta(MobileBertForSequenceClassification, MobileBertConfig()))
    assert count.by_part["head"] == 512 * 2 + 2
    assert count.by_part["pooler"] == 512 * 512 + 512
    assert count.by_part["norms"] == 68_608
    assert set(count.by_part) == {
        "embeddings",
        "attention",
        "bottleneck",
        "feed-forward",
        "norms",
        "pooler",
        "head",
    }


def test_parts_of_another_encoder():
    with torch.device("meta"):
        count = parameters(BertForSequenceClassification(BertConfig(num_hidden_layers=2)))
    assert sum(count.by_part.values()) == count.total
    assert {"embeddings", "attention", "feed-forward", "norms", "head"} <= set(count.by_part)


def test_projections_to_a_teachers_width_are_a_part_of_their_own():
    model = torch.nn.Module()
    model.encoder = on_meta(MobileBertModel, MobileBertConfig())
    alone = parameters(model).by_part
    model.projections = torch.nn.ModuleDict({"0": torch.nn.Linear(32, 384, device="meta")})
    assert parameters(model).by_part == {**alone, "projections": 32 * 384 + 384}
