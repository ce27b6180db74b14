"""What trains under each method, how much that is, and that seeds alone decide how it starts."""

import pytest
import torch
from steps import logits, relative_difference, train
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DistilBertConfig,
    MobileBertConfig,
    MobileBertForSequenceClassification,
    ModernBertConfig,
    RobertaConfig,
)

from pocketbert.adaptation import LoraSettings, apply_method, merge
from pocketbert.backbone import Backbone, classifier, parameters
from pocketbert.errors import ArgumentError

HEAD = 512 * 2 + 2


def on_meta(**config: object) -> torch.nn.Module:
    with torch.device("meta"):
        return MobileBertForSequenceClassification(MobileBertConfig(**config))


def new(backbone: Backbone, seed: int = 0, labels: tuple[str, ...] = ("yes", "no")) -> torch.nn.Module:
    return classifier(backbone, labels=labels, regression=False, seed=seed)


@pytest.mark.parametrize("activation", [True, False])
@pytest.mark.parametrize(
    ("preset", "adapters"), [("qv", 172_032), ("attention", 270_336), ("ffn", 983_040), ("all", 1_622_016)]
)
def test_presets_train_the_published_counts(preset, adapters, activation):
    model = on_meta(classifier_activation=activation)
    count = parameters(apply_method(model, "lora", LoraSettings(preset=preset)))
    assert count.trainable == adapters + HEAD
    assert count.by_part["adapter"] == adapters


def test_the_default_on_mobilebert_as_released_counts_what_was_published():
    count = parameters(apply_method(on_meta(classifier_activation=False), "lora", LoraSettings()))
    assert (count.total, count.trainable) == (24_755_972, 173_058)


def test_norms_train_the_published_count():
    assert parameters(apply_method(on_meta(), "norms", LoraSettings())).trainable == 68_608 + HEAD


def test_full_trains_everything_even_after_another_method():
    model = on_meta()
    apply_method(model, "norms", LoraSettings())
    count = parameters(apply_method(model, "full", LoraSettings()))
    assert count.trainable == count.total


@pytest.mark.parametrize("method", ["full", "lora", "norms"])
def test_training_changes_what_it_should_and_nothing_else(backbone, batch, method):
    model = new(backbone)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    after = merge(train(apply_method(model, method, LoraSettings()), batch)).state_dict()
    changed = {name for name, weight in after.items() if not torch.equal(weight, before[name])}
    assert {"classifier.weight", "classifier.bias"} <= changed
    encoder = {name for name in changed if not name.startswith("classifier")}
    if method == "lora":
        assert encoder
        assert all(name.endswith(("query.weight", "value.weight")) for name in encoder)
    if method == "norms":
        assert encoder
        assert all("LayerNorm" in name for name in encoder)
    if method == "full":
        assert any("dense" in name for name in encoder)


@pytest.mark.parametrize("method", ["full", "lora", "norms"])
def test_padding_stays_zero_and_without_effect(backbone, batch, method):
    model = merge(train(apply_method(new(backbone), method, LoraSettings()), batch))
    assert not model.get_input_embeddings().weight[0].any()
    alone = dict(backbone.tokenizer(["home"], return_tensors="pt"))
    assert relative_difference(logits(model, alone)[0], logits(model, batch)[2]) <= 1e-5


def test_the_seed_alone_decides_head_and_adapters(backbone, batch):
    def start(seed: int) -> dict[str, torch.Tensor]:
        torch.rand(seed + 1)  # where the global state stands must not matter
        adapted = apply_method(new(backbone, seed), "lora", LoraSettings(), seed=seed)
        return {name: weight for name, weight in adapted.named_parameters() if weight.requires_grad}

    first, again, other = start(0), start(0), start(1)
    assert all(torch.equal(weight, again[name]) for name, weight in first.items())
    assert any(not torch.equal(weight, other[name]) for name, weight in first.items() if "lora_A" in name)
    assert any(not torch.equal(weight, other[name]) for name, weight in first.items() if "classifier" in name)


def test_the_global_random_state_is_left_alone(backbone):
    before = torch.get_rng_state()
    apply_method(new(backbone), "lora", LoraSettings(options={"init_lora_weights": "pissa_niter_2"}))
    assert torch.equal(torch.get_rng_state(), before)


def test_one_backbone_starts_several_runs(backbone, batch):
    before = {name: weight.clone() for name, weight in backbone.encoder.state_dict().items()}
    train(apply_method(new(backbone), "full", LoraSettings()), batch)
    assert all(torch.equal(weight, before[name]) for name, weight in backbone.encoder.state_dict().items())


def test_labels_and_kind_are_in_the_config(backbone):
    model = new(backbone, labels=("bug", "praise", "question"))
    assert model.config.id2label == {0: "bug", 1: "praise", 2: "question"}
    assert model.config.label2id["question"] == 2
    assert model.config.problem_type == "single_label_classification"
    number = classifier(backbone, labels=(), regression=True, seed=0)
    assert (number.config.num_labels, number.config.problem_type) == (1, "regression")


def test_stages_follow_one_another(backbone, batch):
    model = new(backbone)
    for method in ("full", "lora", "norms", "lora"):
        settings = LoraSettings(preset="all")
        adapted = apply_method(model, method, settings)
        answers = logits(train(adapted, batch), batch)
        model = merge(adapted)
        assert isinstance(model, MobileBertForSequenceClassification)
        assert not any("lora" in name for name in model.state_dict())
        assert relative_difference(answers, logits(model, batch)) <= 1e-5


VARIANTS = [
    {},
    {"use_rslora": True},
    {"use_dora": True},
    {"init_lora_weights": "pissa"},
    {"init_lora_weights": "olora"},
    {"bias": "all"},
    {"layers_to_transform": [1]},
    {"target_modules": ["query", "bottleneck.input.dense"]},
    {"target_modules": "all-linear"},
    {"modules_to_save": ["embeddings.LayerNorm"]},
]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
@pytest.mark.parametrize("preset", ["qv", "all"])
def test_merged_equals_unmerged(backbone, batch, preset, options):
    adapted = apply_method(new(backbone), "lora", LoraSettings(preset=preset, dropout=0.1, options=options))
    start = logits(adapted.eval(), batch)
    trained = logits(train(adapted, batch), batch)
    assert relative_difference(start, trained) > 1e-2
    # OLoRA takes its start out of the weights, so that merging rounds twice
    bound = 3e-5 if options.get("init_lora_weights") == "olora" else 1e-5
    assert relative_difference(trained, logits(merge(adapted), batch)) <= bound


@pytest.mark.parametrize(
    ("config", "query", "feed_forward"),
    [
        (BertConfig(num_hidden_layers=2), 2, 4),
        (RobertaConfig(num_hidden_layers=2), 2, 4),
        (DistilBertConfig(n_layers=2), 2, 4),
        (ModernBertConfig(num_hidden_layers=2), 2, 4),
    ],
    ids=lambda value: getattr(value, "model_type", ""),
)
def test_other_encoders_have_presets_too(config, query, feed_forward):
    def targets(preset: str) -> list[str]:
        with torch.device("meta"):
            model = AutoModelForSequenceClassification.from_config(config)
        adapted = apply_method(model, "lora", LoraSettings(preset=preset))
        head = [
            name for name, weight in adapted.named_parameters() if weight.requires_grad and "lora" not in name
        ]
        assert all("classifier" in name or "head" in name for name in head)
        return [name for name, _ in adapted.named_modules() if name.endswith("lora_A.default")]

    names = targets("qv")
    assert len(names) in (query, 2 * query)  # one layer each, or one for both
    assert len(targets("ffn")) == feed_forward
    assert len(targets("all")) >= len(targets("attention")) + feed_forward


def test_a_pooler_its_backbone_lacked_trains_with_the_head(backbone):
    from dataclasses import replace

    from transformers import BertModel

    config = BertConfig(
        vocab_size=14, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    lacking = replace(backbone, encoder=BertModel(config), fresh=("pooler.dense.bias", "pooler.dense.weight"))
    for method in ("lora", "norms"):
        adapted = apply_method(new(lacking), method, LoraSettings())
        trained = [name for name, weight in adapted.named_parameters() if weight.requires_grad]
        assert any("pooler" in name for name in trained)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"use_rslorra": True}, "did you mean 'use_rslora'"),
        ({"r": 4}, "rank"),
        ({"task_type": "CAUSAL_LM"}, "task"),
        ({"init_lora_weights": "eva"}, "init_lora_weights"),
        ({"init_lora_weights": "pisa"}, "did you mean 'pissa'"),
    ],
)
def test_options_that_cannot_be_are_refused_when_read(options, said):
    with pytest.raises(ValueError, match=said) as caught:
        LoraSettings(options=options)
    assert "\n" not in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"options": {"target_modules": ["qery"]}}, "did you mean 'query'"),
        ({"options": {"target_modules": "nothing_like_it"}}, "nothing_like_it"),
        ({"options": {"layers_to_transform": [99]}}, "lora"),
        ({"options": {"bias": "some"}}, "lora"),
        ({"options": {"rank_pattern": {"query": -1}}}, "lora"),
        ({"options": {"use_dora": "perhaps", "megatron_config": None}}, "megatron"),
        ({"options": {"target_modules": "("}}, "regular expression"),
        ({"options": {"target_modules": []}}, "list of module names"),
        ({"rank": 512, "options": {"init_lora_weights": "pissa"}}, "at most rank 16"),
        ({"rank": 512, "options": {"init_lora_weights": "olora"}}, "at most rank 16"),
    ],
    ids=str,
)
def test_settings_that_do_not_fit_the_model_give_one_line(backbone, settings, said):
    with pytest.raises((ArgumentError, ValueError), match=said) as caught:
        apply_method(new(backbone), "lora", LoraSettings(**settings))
    if isinstance(caught.value, ArgumentError):
        assert "\n" not in str(caught.value)
