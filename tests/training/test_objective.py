"""What is minimised: split updates, class weights, numbers in any unit."""

import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from tiny_runs import Heard, backbone, rows, stage, staged, task, weights

from pocketbert.backbone import classifier
from pocketbert.data import Encoder, Splits, texts_of
from pocketbert.data.batching import TrainingData, labels_of
from pocketbert.training.checkpoint import Checkpoints, Progress
from pocketbert.training.loop import StageTraining
from pocketbert.training.objective import Classification, balanced_class_weights, objective_for
from pocketbert.training.settings import TrainingSettings
from pocketbert.training.stage_run import StageRun


def gradient(
    tmp_path, token_budget: int, class_weights: tuple[float, ...] | None
) -> tuple[int, torch.Tensor]:
    """Batches of the first update, and what one step of gradient descent at rate 1 makes of the weights."""
    tiny = backbone(tmp_path)
    model = classifier(tiny, labels=("cat", "dog"), regression=False, seed=0)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0  # which draws by position in a batch
    settings = TrainingSettings(gradient_clipping=1e9, warm_up=0)
    data = TrainingData(rows(96), Encoder(tiny.tokenizer, 24), None, 0, 1, 16, token_budget)
    run = StageRun(
        data, Classification(class_weights), lambda model: {}, 1.0, settings, "fp32",
        Checkpoints(tmp_path / "checkpoints"), tmp_path / "history.jsonl", lambda *_: None,
    )  # fmt: skip
    training = StageTraining(model, run, Progress())
    training.optimizer = torch.optim.SGD([{"params": list(model.parameters()), "share": 1.0}], lr=1.0)
    before = torch.cat([weight.detach().flatten().clone() for weight in model.parameters()])
    batches = next(data.updates())
    training.update(batches)
    return len(batches), before - torch.cat([weight.detach().flatten() for weight in model.parameters()])


@pytest.mark.parametrize("class_weights", [None, (0.5, 3.0)])
def test_an_update_split_by_the_budget_is_the_same_update(tmp_path, class_weights):
    whole, expected = gradient(tmp_path, 8192, class_weights)
    several, found = gradient(tmp_path, 60, class_weights)
    assert whole == 1
    assert several > 2
    assert float((found - expected).abs().max() / expected.abs().max()) < 1e-4


@given(st.lists(st.integers(0, 4), min_size=1, max_size=50))
def test_balanced_weights_give_every_label_the_same_say(labels):
    found = np.array(balanced_class_weights(np.array(labels), 5))
    says = [found[label] * labels.count(label) for label in set(labels)]
    assert says == pytest.approx([len(labels) / 5] * len(says))
    assert np.isfinite(found).all()


def test_balanced_weights_give_a_rare_label_its_chance(tmp_path):
    """One label in twelve is `dog` while every text is the same: answers follow the shares of the labels."""
    train = Dataset.from_dict({"text": ["the cat"] * 180, "label": [int(at % 12 == 0) for at in range(180)]})
    splits = Splits(task(), train, train, None)
    found = {}
    for class_weights in ("none", "balanced"):
        later_is_better = iter(range(100))
        training = staged(
            tmp_path / class_weights / "run",
            stages=stage("full", epochs=12, learning_rate=0.02),
            splits=splits,
            score=lambda model, scores=later_is_better: {"accuracy": float(next(scores))},
            class_weights=class_weights,
            checkpoint_seconds=60,
        )
        training.run()
        logits = answers(tmp_path / class_weights / "run", training)
        found[class_weights] = softmax(logits, axis=1)[:, 1].mean()
    assert found["none"] < 0.2
    assert 0.35 < found["balanced"] < 0.65


def answers(folder, training) -> np.ndarray:
    from transformers import AutoModelForSequenceClassification

    from pocketbert.training.inference import predict_logits

    model = AutoModelForSequenceClassification.from_pretrained(folder / "model")
    return predict_logits(model, training.encoder, texts_of(training.splits.validation[:]))


@pytest.mark.parametrize("method", ["full", "lora", "norms"])
def test_a_regression_answers_in_the_unit_of_its_labels(tmp_path, method):
    """Labels between 1300 and 2400, trained at the same rate as any other."""
    training = staged(
        tmp_path / "run", stages=stage(method, epochs=8, learning_rate=1e-2), train=240, regression=True,
        checkpoint_seconds=60,
    )  # fmt: skip
    training.run()
    predicted = answers(tmp_path / "run", training)[:, 0]
    labels = labels_of(training.splits.validation)
    assert 1200 < predicted.min() < predicted.max() < 2500
    assert np.corrcoef(predicted, labels)[0, 1] > 0.2


def test_a_regression_of_several_stages_trains_every_one_in_the_same_unit(tmp_path):
    heard = Heard()
    training = staged(tmp_path / "run", regression=True, listener=heard)
    training.run()
    assert all(figures["loss"] < 20 for figures in heard.figures if "loss" in figures)
    assert 1000 < answers(tmp_path / "run", training).mean() < 2500


def test_the_head_of_a_regression_is_found_among_adapters_of_rank_one(tmp_path):
    from pocketbert.adaptation import LoraSettings

    staged(
        tmp_path / "run",
        regression=True,
        stages=stage("lora", epochs=1),
        lora=LoraSettings(preset="all", rank=1),
    ).run()
    assert weights(tmp_path / "run")["model/classifier.bias"].item() > 1000


def test_labels_that_are_all_the_same_number_are_no_division_by_nothing():
    objective = objective_for(np.full(5, 3.0), regression=True, label_count=0, class_weights="none")
    loss = objective(torch.zeros(2, 1), torch.tensor([3.0, 3.0]))
    assert loss == 0
