"""Consistency, mix and cut: what they ask of a model, what they do to embeddings, and that a resume draws the same."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_runs import Heard, assert_same, backbone, history, stage, staged

from pocketbert.augmentation import Policy
from pocketbert.backbone import classifier
from pocketbert.data.batches import Batch
from pocketbert.training.mixing import Mixing, changed, divergence, kept_spans, kept_words, real_tokens
from pocketbert.training.objective import Classification

LABELS = Classification()


@pytest.fixture
def model(tmp_path):
    return classifier(backbone(tmp_path), labels=("cat", "dog"), regression=False, seed=0).eval()


def batch(clean: bool = False, length: int = 8) -> Batch:
    torch.manual_seed(1)
    ids = torch.randint(5, 40, (6, length))
    mask = torch.ones_like(ids)
    mask[0, 4:] = 0
    inputs = {"input_ids": ids * mask, "token_type_ids": torch.zeros_like(ids), "attention_mask": mask}
    other = {name: tensor.clone() for name, tensor in inputs.items()}
    other["input_ids"][:, 2] = 9
    return Batch(inputs, torch.tensor([0, 1, 1, 0, 1, 0]), int(mask.sum()), other if clean else None)


def test_the_divergence_is_the_mean_of_both_directions():
    one, other = torch.randn(5, 3), torch.randn(5, 3)
    first, second = one.log_softmax(-1), other.log_softmax(-1)
    kl = torch.nn.functional.kl_div
    both = kl(first, second, log_target=True, reduction="sum") + kl(
        second, first, log_target=True, reduction="sum"
    )
    assert divergence(one, other, regression=False) == pytest.approx(float(both / 2), rel=1e-5)
    assert divergence(one, one, regression=False) == 0
    assert divergence(one, other, regression=True) == pytest.approx(
        float(((one - other) ** 2).sum()), rel=1e-5
    )


def test_consistency_learns_both_texts_and_brings_their_answers_together(model):
    both = batch(clean=True)
    mixing = Mixing(LABELS, model.get_input_embeddings(), consistency=2.0)
    terms = mixing.terms(model, both)
    view, clean = model(**both.inputs).logits, model(**both.clean).logits
    assert terms["labels"].item() == pytest.approx(
        float((LABELS(view, both.labels) + LABELS(clean, both.labels)) / 2), rel=1e-5
    )
    assert terms["consistency"].item() == pytest.approx(
        float(2 * divergence(view, clean, regression=False)), rel=1e-4
    )
    assert mixing.counts(both) == {"labels": 6, "consistency": 6}


def test_nothing_is_cut_of_padding_and_of_the_token_that_answers():
    real = real_tokens(batch().inputs)
    assert not real[:, 0].any()
    assert real[0].tolist() == [False, True, True, True, False, False, False, False]
    words = torch.stack([kept_words(real, 0.5)[..., 0] for _ in range(400)])
    assert words[:, ~real].min() == 1
    assert float(words[:, real].mean()) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_one_stretch_of_each_text_is_cut(share):
    real = real_tokens(batch(length=12).inputs)
    starts = set()
    for _ in range(60):
        gone = kept_spans(real, share)[..., 0] == 0
        assert not (gone & ~real).any()
        for row, texts in zip(gone, real, strict=True):
            places = row.nonzero().flatten().tolist()
            assert len(places) == round(share * int(texts.sum()))
            assert places == list(range(places[0], places[0] + len(places))) if places else True
            starts |= set(places[:1])
    assert len(starts) > 3


def test_embeddings_are_changed_while_it_lasts_and_no_longer(model):
    ids = batch().inputs
    before = model(**ids).logits
    with changed(model.get_input_embeddings(), [lambda states: states * 0]):
        assert not torch.allclose(model(**ids).logits, before)
    assert torch.equal(model(**ids).logits, before)


def test_mixup_is_against_both_labels(model, monkeypatch):
    monkeypatch.setattr(torch.distributions.Beta, "sample", lambda self: torch.tensor(1.0))
    rows = batch()
    plain = LABELS(model(**rows.inputs).logits, rows.labels).item()
    mixing = Mixing(LABELS, model.get_input_embeddings(), mixup=0.4)
    assert mixing.terms(model, replace(rows, inputs={**rows.inputs}))["loss"].item() == pytest.approx(
        plain, rel=0.2
    )
    monkeypatch.setattr(torch.distributions.Beta, "sample", lambda self: torch.tensor(0.5))
    one, other = (mixing.terms(model, rows)["loss"].item() for _ in range(2))
    assert one != other  # other partners


KINDS = {
    "consistency": {"consistency": 1.0},
    "cut": {"word_dropout": 0.1, "span_cutoff": 0.1},
    "mixup": {"mixup": 0.4},
    "all": {"consistency": 0.5, "word_dropout": 0.1, "span_cutoff": 0.1, "mixup": 0.4},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("regression", [False, True])
def test_they_train_resume_and_differ(tmp_path: Path, kind: str, regression: bool):
    stages = stage("lora", data="augmented")

    def run(folder: str, heard: Heard | None = None, **settings: object) -> None:
        training = staged(
            tmp_path / folder, stages=stages, train=48, regression=regression, listener=heard, **settings
        )
        replace(training, policy=Policy(clean_share=0.2, warm_up=0, ramp=0)).run()

    def stop(update: int) -> None:
        if update == 8:
            raise KeyboardInterrupt

    run("whole", **KINDS[kind])
    with pytest.raises(KeyboardInterrupt):
        run("stopped", Heard(stop), **KINDS[kind])
    run("stopped", workers=1, **KINDS[kind])
    assert_same(tmp_path / "whole", tmp_path / "stopped")
    run("plain")
    with pytest.raises(AssertionError):
        assert_same(tmp_path / "whole", tmp_path / "plain")
    if "consistency" in KINDS[kind]:
        assert any("consistency" in line.get("terms", {}) for line in history(tmp_path / "whole"))
