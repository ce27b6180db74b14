"""What each objective asks of a student: against plain formulas, alike however a batch is split."""

import copy
from functools import partial

import pytest
import torch
from tiny_pairs import VOCABULARY, bert, labelled, learner, mobilebert, pairing, windows
from torch.nn.functional import cross_entropy, layer_norm
from transformers import AutoConfig, AutoModel, MobileBertForSequenceClassification

from pocketbert.data.pretraining import PretrainingBatch
from pocketbert.distillation import losses
from pocketbert.distillation.learner import (
    show_attention,
    train_only_what_is_reached,
    without_attention_dropout,
)
from pocketbert.distillation.mapping import Shape, map_layers
from pocketbert.distillation.objectives import (
    Answers,
    Labels,
    LayerTransfer,
    MaskedLM,
    NextSentence,
    WeightedTerms,
)
from pocketbert.distillation.reading import (
    Teacher,
    read_classifier,
    read_learner,
    read_masked,
    read_original,
)
from pocketbert.training.objective import Classification, Regression

ATTENTION = partial(LayerTransfer, losses.attention_transfer, compared="attention")
FEATURE_MAPS = partial(LayerTransfer, losses.feature_map_transfer)
LAYER = "language_model.encoder.encoder.layer.0"


def pretraining(terms, teacher=None, mapping=None, read=read_masked) -> WeightedTerms:
    known = None if teacher is None else Teacher(teacher, mapping, read)
    return WeightedTerms({name: (1.0, term) for name, term in terms.items()}, read_learner, known)


def terms_of(objective, model, batch) -> dict[str, float]:
    return {name: term.item() for name, term in objective.terms(model, batch).items()}


def test_masked_lm_asks_for_the_tokens_that_were_masked():
    student, batch = mobilebert(), windows()
    objective = pretraining({"masked_lm": MaskedLM()})
    states = student.encoder(**batch.inputs).last_hidden_state
    normal = layer_norm(states, states.shape[-1:])[batch.asked]
    narrow = student.head.projection(normal)
    scores = narrow @ student.encoder.get_input_embeddings().weight.T + student.head.bias
    expected = cross_entropy(scores, batch.original_ids[batch.asked], reduction="sum")
    assert terms_of(objective, learner(student), batch) == pytest.approx(
        {"masked_lm": expected.item()}, rel=1e-4
    )
    assert objective.counts(batch) == {"masked_lm": 4 * 3}


def test_a_student_that_is_its_teacher_has_nothing_to_learn_from_feature_maps():
    student = mobilebert()
    teacher = copy.deepcopy(student).eval()
    terms = {
        "feature_maps": FEATURE_MAPS((0, 1, 2)),
        "means": LayerTransfer(losses.mean_transfer, (1, 2)),
        "variances": LayerTransfer(losses.variance_transfer, (1, 2)),
    }
    objective = pretraining(terms, teacher, pairing(student, teacher))
    assert terms_of(objective, learner(student), windows()) == pytest.approx(
        dict.fromkeys(terms, 0), abs=1e-5
    )


def test_attention_and_soft_targets_pull_no_more_once_the_student_is_its_teacher():
    """Both are cross-entropies: not nothing there, but at their least."""
    student = mobilebert()
    teacher = copy.deepcopy(student).eval()
    terms = {"attention": ATTENTION((1, 2)), "masked_lm": MaskedLM(true_share=0.0)}
    objective, model = pretraining(terms, teacher, pairing(student, teacher)), learner(student)
    found = objective.terms(model, windows())
    sum(found.values()).backward()
    assert all(float(term) > 1 for term in found.values())
    assert (
        max(float(weight.grad.abs().max()) for weight in model.parameters() if weight.grad is not None) < 1e-4
    )


def test_the_teacher_is_left_alone():
    student, teacher = mobilebert(), bert()
    mapping = pairing(student, teacher)
    terms = {
        "attention": ATTENTION((1, 2)),
        "feature_maps": FEATURE_MAPS((1, 2)),
        "masked_lm": MaskedLM(0.5),
    }
    model = learner(student, mapping)
    sum(pretraining(terms, teacher, mapping).terms(model, windows()).values()).backward()
    assert all(weight.grad is None for weight in teacher.parameters())
    assert not teacher.training
    assert model.language_model.encoder.encoder.layer[0].attention.self.query.weight.grad is not None
    assert model.projections["1"].weight.grad is not None


def test_layers_heads_and_widths_that_differ_are_mapped():
    """Against the same worked from the models' own outputs."""
    student, teacher, batch = mobilebert(), bert(), windows()
    mapping = pairing(student, teacher)
    model = learner(student, mapping)
    terms = {"attention": ATTENTION((2,)), "feature_maps": FEATURE_MAPS((1, 2))}
    found = terms_of(pretraining(terms, teacher, mapping), model, batch)
    seen = {"output_hidden_states": True, "output_attentions": True}
    ours, theirs = student.encoder(**batch.inputs, **seen), teacher.encoder(**batch.inputs, **seen)
    expected = sum(
        (
            layer_norm(model.projections[str(layer)](ours.hidden_states[layer]), (24,))
            - layer_norm(theirs.hidden_states[2 * layer], (24,))
        )
        .square()
        .mean(-1)
        .sum()
        for layer in (1, 2)
    )
    assert found["feature_maps"] == pytest.approx(float(expected), rel=1e-4)
    grouped = torch.stack([theirs.attentions[3][:, :2].mean(1), theirs.attentions[3][:, 2:].mean(1)], 1)
    surprise = -(grouped * ours.attentions[1].log()).sum(-1).mean(1).sum()
    assert found["attention"] == pytest.approx(float(surprise), rel=1e-4)


def test_a_teacher_of_the_original_text_teaches_only_where_nothing_is_asked():
    student, teacher, batch = mobilebert(), bert(hidden=16), windows()
    mapping = pairing(student, teacher)
    objective = pretraining(
        {"feature_maps": FEATURE_MAPS((2,), asked_too=False)}, teacher, mapping, read_original
    )
    assert objective.counts(batch) == {"feature_maps": 4 * 6}
    ours = student.encoder(**batch.inputs).last_hidden_state[~batch.asked]
    theirs = teacher.encoder(input_ids=batch.original_ids).last_hidden_state[~batch.asked]
    expected = (layer_norm(ours, (16,)) - layer_norm(theirs, (16,))).square().mean(-1).sum()
    assert terms_of(objective, learner(student, mapping), batch)["feature_maps"] == pytest.approx(
        float(expected), rel=1e-4
    )


def test_a_batch_in_parts_comes_to_the_same():
    student, teacher = mobilebert(), bert()
    mapping = pairing(student, teacher)
    terms = {
        "attention": ATTENTION((1, 2)), "feature_maps": FEATURE_MAPS((1, 2)), "masked_lm": MaskedLM(0.5),
        "next_sentence": NextSentence(),
    }  # fmt: skip
    objective, model = pretraining(terms, teacher, mapping), learner(student, mapping, next_sentence=True)
    whole = windows()
    parts = [whole.select(slice(0, 1)), whole.select(slice(1, 4))]
    for name, expected in terms_of(objective, model, whole).items():
        assert sum(terms_of(objective, model, part)[name] for part in parts) == pytest.approx(
            expected, rel=1e-4
        )
        assert sum(objective.counts(part)[name] for part in parts) == objective.counts(whole)[name]


def test_next_sentence_asks_whether_the_second_part_follows():
    student, batch = mobilebert(), windows()
    model = learner(student, next_sentence=True)
    first = student.encoder(**batch.inputs).last_hidden_state[:, 0]
    scores = model.next_sentence(layer_norm(first, (16,)))
    expected = float(cross_entropy(scores, batch.next_sentence, reduction="sum"))
    found = terms_of(pretraining({"next_sentence": NextSentence()}), model, batch)
    assert found == pytest.approx({"next_sentence": expected}, rel=1e-4)


def test_weights_scale_their_terms():
    student, batch = mobilebert(), windows()
    once = pretraining({"masked_lm": MaskedLM()}).terms(learner(student), batch)["masked_lm"]
    thrice = WeightedTerms({"masked_lm": (3.0, MaskedLM())}, read_learner).terms(learner(student), batch)
    assert float(thrice["masked_lm"]) == pytest.approx(3 * float(once))


def test_what_a_loss_does_not_reach_or_has_no_rate_stands_still():
    student, teacher = mobilebert(), bert()
    mapping = pairing(student, teacher)
    model = learner(student, mapping)
    objective = pretraining({"feature_maps": FEATURE_MAPS((1,))}, teacher, mapping)
    train_only_what_is_reached(
        model, objective, windows(), lambda name: float(not name.endswith("query.weight"))
    )
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert "projections.1.weight" in trained
    assert f"{LAYER}.output.bottleneck.dense.weight" in trained
    for name in ("projections.2.weight", "language_model.head.bias", f"{LAYER}.attention.self.query.weight"):
        assert name not in trained
    assert not any(".layer.1." in name for name in trained)
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        ("mobilebert", {"attention_probs_dropout_prob": 0.5}),
        ("bert", {"attention_probs_dropout_prob": 0.5}),
        ("albert", {"attention_probs_dropout_prob": 0.5, "embedding_size": 16}),
        ("deberta-v2", {"attention_probs_dropout_prob": 0.5, "relative_attention": True}),
        ("mpnet", {"attention_probs_dropout_prob": 0.5}),
        ("distilbert", {"attention_dropout": 0.5}),
        ("modernbert", {"attention_dropout": 0.5, "pad_token_id": 0}),
    ],
)
def test_attention_is_shown_without_dropout(kind, sizes):
    widths = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    encoder = AutoModel.from_config(
        AutoConfig.for_model(kind, vocab_size=VOCABULARY, **widths, **sizes)
    ).train()
    show_attention(encoder)
    without_attention_dropout(encoder)
    attention = encoder(input_ids=windows().inputs["input_ids"], output_attentions=True).attentions[0]
    torch.testing.assert_close(attention.sum(-1), torch.ones(attention.shape[:-1]))


def classifier(seed: int, labels: int = 2) -> MobileBertForSequenceClassification:
    config = mobilebert().encoder.config
    config.num_labels = labels
    torch.manual_seed(seed)
    model = MobileBertForSequenceClassification(config).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.3 * torch.randn(weight.shape))
    without_attention_dropout(model)
    show_attention(model)
    return model


def test_task_distillation_reads_a_fine_tuned_teachers_logits_and_layers():
    student, teacher, batch = classifier(0), classifier(1), labelled()
    mapping = map_layers(Shape(2, 2, 16), Shape(2, 2, 16))
    terms = {
        "labels": (0.5, Labels(Classification())),
        "answers": (0.5, Answers(Classification(), temperature=2.0)),
        "feature_maps": (1.0, FEATURE_MAPS((2,))),
        "attention": (1.0, ATTENTION((1, 2))),
    }
    objective = WeightedTerms(terms, read_classifier, Teacher(teacher, mapping, read_classifier))
    assert objective.counts(batch) == {"labels": 4, "answers": 4, "feature_maps": 28, "attention": 28}
    found = terms_of(objective, student, batch)
    ours, theirs = student(**batch.inputs).logits, teacher(**batch.inputs).logits
    assert found["labels"] == pytest.approx(
        float(cross_entropy(ours, batch.labels, reduction="sum")) / 2, rel=1e-4
    )
    softened = (theirs / 2).softmax(-1)
    divergence = (softened * (softened.log() - (ours / 2).log_softmax(-1))).sum()
    assert found["answers"] == pytest.approx(2 * float(divergence), rel=1e-4)
    assert found["feature_maps"] > 0


def test_padding_counts_for_nothing_in_task_distillation():
    """Rows cut to their real tokens lose the same as rows with padding."""
    student, teacher = classifier(0), classifier(1)
    for model in (student, teacher):
        model.get_input_embeddings().weight.data[0] = 0
    mapping = map_layers(Shape(2, 2, 16), Shape(2, 2, 16))
    terms = {"feature_maps": (1.0, FEATURE_MAPS((1, 2))), "attention": (1.0, ATTENTION((1, 2)))}
    objective = WeightedTerms(terms, read_classifier, Teacher(teacher, mapping, read_classifier))
    padded = labelled().select(slice(2, 4))
    cut = labelled().select(slice(2, 4))
    cut.inputs["input_ids"], cut.inputs["attention_mask"] = (
        padded.inputs["input_ids"][:, :5], padded.inputs["attention_mask"][:, :5],
    )  # fmt: skip
    assert terms_of(objective, student, padded) == pytest.approx(terms_of(objective, student, cut), rel=1e-4)


def test_a_regressions_teacher_gives_values_in_label_units():
    student, teacher, batch = classifier(0, 1), classifier(1, 1), labelled(values=True)
    objective = WeightedTerms(
        {"answers": (1.0, Answers(Regression(mean=10.0, scale=2.0)))},
        read_classifier,
        Teacher(teacher, map_layers(Shape(2, 2, 16), Shape(2, 2, 16)), read_classifier),
    )
    ours, theirs = student(**batch.inputs).logits[:, 0], teacher(**batch.inputs).logits[:, 0]
    expected = float((ours - (theirs - 10) / 2).square().sum())
    assert terms_of(objective, student, batch)["answers"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("model", [mobilebert(), bert()])
def test_layer_0_is_the_embeddings_and_the_last_is_what_the_model_ends_with(model):
    """What transformers calls the hidden states of a model; everything here counts on it."""
    encoder, inputs = model.encoder, windows().inputs
    output = encoder(**inputs, output_hidden_states=True, output_attentions=True)
    assert len(output.hidden_states) == 1 + encoder.config.num_hidden_layers
    assert torch.equal(output.hidden_states[0], encoder.embeddings(inputs["input_ids"]))
    assert torch.equal(output.hidden_states[-1], output.last_hidden_state)
    assert len(output.attentions) == encoder.config.num_hidden_layers


def test_a_batch_in_which_nothing_is_asked_costs_nothing_and_reaches_the_head():
    batch = windows()
    quiet = PretrainingBatch.of(
        {"input_ids": batch.original_ids}, batch.original_ids, torch.zeros_like(batch.asked)
    )
    model, objective = learner(mobilebert()), pretraining({"masked_lm": MaskedLM()})
    (loss,) = objective.terms(model, quiet).values()
    loss.backward()
    assert loss.item() == 0
    assert objective.counts(quiet) == {"masked_lm": 0}
    assert model.language_model.head.projection.weight.grad is not None
