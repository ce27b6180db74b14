"""What a stage of training does, seen from outside: best weights, patience, divergence, rates, figures."""

import json
import math
from contextlib import contextmanager

import pytest
import torch
from tiny_runs import Heard, history, stage, staged, weights

from pocketbert.adaptation import LoraSettings
from pocketbert.errors import PocketBertError
from pocketbert.training import TrainingSettings
from pocketbert.training.loop import scoring_steps
from pocketbert.training.optimizer import learning_rate_factor


class Snapshots:
    """Scores as told, keeping what the model was each time."""

    def __init__(self, *metrics: float) -> None:
        self.metrics = list(metrics)
        self.models: list[dict[str, torch.Tensor]] = []

    def __call__(self, model: torch.nn.Module) -> dict[str, float]:
        self.models.append({name: value.detach().clone() for name, value in model.state_dict().items()})
        return {"accuracy": self.metrics[len(self.models) - 1], "other": -1.0}


def left(folder):
    return {name.removeprefix("model/"): value for name, value in weights(folder).items()}


@pytest.mark.parametrize(
    ("metrics", "kept"),
    [
        ((0.1, 0.9, 0.5, 0.2), 1),
        ((0.5, 0.5, 0.5, 0.5), 0),
        ((0.1, 0.2, 0.3, 0.4), 3),
        ((math.nan, -0.4, math.nan, -0.4), 1),
        ((math.nan,) * 4, 3),
    ],
)
def test_the_weights_kept_are_those_that_scored_best_the_first_of_equals(tmp_path, metrics, kept):
    score = Snapshots(*metrics)
    (cost,) = staged(tmp_path / "run", stages=stage(), score=score, evaluations_per_epoch=2).run()
    for name, value in left(tmp_path / "run").items():
        assert torch.equal(value, score.models[kept][name]), name
    assert cost["best_validation"] == (None if math.isnan(metrics[kept]) else metrics[kept])


def test_a_stage_stops_when_patience_is_out(tmp_path):
    score = Snapshots(0.1, 0.4, 0.4, 0.3, 0.2, 0.1)
    (cost,) = staged(tmp_path / "run", stages=stage(epochs=6), score=score, patience=2).run()
    assert len(score.models) == 4
    assert (cost["steps"], cost["planned_steps"]) == (48, 72)


def test_patience_starts_anew_with_each_stage(tmp_path):
    score = Snapshots(0.9, 0.8, 0.1, 0.2)
    first, second = stage(name="one") + stage(name="two")
    costs = staged(tmp_path / "run", stages=(first, second), score=score, patience=2).run()
    assert [cost["steps"] for cost in costs] == [24, 24]
    assert [cost["best_validation"] for cost in costs] == [0.9, 0.2]


@pytest.mark.parametrize("regression", [False, True])
def test_divergence_stops_with_one_clear_line(tmp_path, regression):
    with pytest.raises(PocketBertError) as stopped:
        staged(
            tmp_path / "run",
            stages=stage(learning_rate=1e4, epochs=9),
            regression=regression,
            score=lambda model: {"accuracy": 0.0},
        ).run()
    message = str(stopped.value)
    assert message.startswith("training diverged before update ")
    assert "lower the learning rate (now 10000)" in message
    assert "\n" not in message


def test_a_loss_that_is_not_a_number_stops_it(tmp_path):
    training = staged(tmp_path / "run", stages=stage())
    with torch.no_grad():
        training.backbone.encoder.encoder.layer[0].output.dense.weight.fill_(math.inf)
    with pytest.raises(PocketBertError, match="the loss is nan"):
        training.run()


def test_a_large_first_loss_is_not_divergence(tmp_path):
    """As of the released weights, whose hidden values are in the millions under an untrained head."""
    training = staged(tmp_path / "run", stages=stage(learning_rate=1e-5))
    with torch.no_grad():
        training.backbone.encoder.encoder.layer[-1].output.bottleneck.LayerNorm.weight.fill_(1e6)
    training.run()
    assert history(tmp_path / "run")[0]["loss"] > 1000


@pytest.mark.parametrize(
    ("schedule", "warm_up", "expected"),
    [
        ("linear", 0.2, [0.5, 1, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]),
        ("constant", 0.2, [0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
        ("linear", 0.0, [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]),
    ],
)
def test_the_rate_rises_then_takes_its_course(schedule, warm_up, expected):
    settings = TrainingSettings(schedule=schedule, warm_up=warm_up)
    assert [learning_rate_factor(step, 10, settings) for step in range(10)] == pytest.approx(expected)


def test_cosine_falls_from_the_peak_to_nothing():
    settings = TrainingSettings(schedule="cosine", warm_up=0.0)
    rates = [learning_rate_factor(step, 100, settings) for step in range(100)]
    assert rates[0] == 1
    assert rates[50] == pytest.approx(0.5)
    assert 0 < rates[-1] < 0.001
    assert rates == sorted(rates, reverse=True)


def test_the_history_tells_the_rate_used_and_the_loss_since_the_line_before(tmp_path):
    staged(tmp_path / "run", stages=stage(learning_rate=0.01), warm_up=0.0).run()
    lines = [line for line in history(tmp_path / "run") if "loss" in line]
    assert [line["step"] for line in lines] == [10, 12, 20, 24]
    assert [line["epoch"] for line in lines] == pytest.approx([10 / 12, 1, 20 / 12, 2])
    assert [line["learning_rate"] for line in lines] == pytest.approx(
        [0.01 * (1 - step / 24) for step in (9, 11, 19, 23)]
    )
    assert all(0 < line["loss"] < 3 for line in lines)
    assert [line["validation"].keys() for line in history(tmp_path / "run") if "validation" in line] == [
        {"accuracy"}
    ] * 2


class Threes:
    """Teaches 3 for each row, of some updates only, beside the labels or alone."""

    fingerprint = ""

    def __init__(self, *, alone: bool = False) -> None:
        self.alone = alone

    @contextmanager
    def lesson(self, model, labels):
        self.labels = labels
        yield model, self

    def counts(self, batch):
        counted = batch.rows if batch.labels[0] == batch.labels[1] == batch.labels[2] else 0
        return {"threes": counted} if self.alone else {**self.labels.counts(batch), "threes": counted}

    def terms(self, model, batch):
        terms = {} if self.alone else self.labels.terms(model, batch)
        logits = model(**batch.inputs).logits
        return {**terms, "threes": 3.0 * self.counts(batch)["threes"] + 0.0 * logits.sum()}


class StoppedError(Exception):
    """What a test stops a run with, as a kill would."""


def stopping(at: int) -> Heard:
    """A listener that stops a run after so many updates."""

    def stop(update: int) -> None:
        if update == at:
            raise StoppedError

    return Heard(stop)


@pytest.mark.parametrize("stop_at", [None, 4, 13])
@pytest.mark.parametrize("alone", [False, True])
def test_updates_in_which_a_term_counts_nothing_are_no_part_of_its_mean(tmp_path, alone, stop_at):
    if stop_at:
        with pytest.raises(StoppedError):
            staged(
                tmp_path / "run", stages=stage(), teaching=Threes(alone=alone), listener=stopping(stop_at)
            ).run()
    staged(tmp_path / "run", stages=stage(), teaching=Threes(alone=alone)).run()
    lines = [line for line in history(tmp_path / "run") if "loss" in line]
    threes = [line["loss"] if alone else line["terms"].get("threes") for line in lines]
    assert threes == ([3.0, 3.0] if alone else [3.0, None, 3.0, None]), lines
    if not alone:
        assert [line["loss"] for line in lines] == pytest.approx(
            [sum(line["terms"].values()) for line in lines]
        )


@pytest.mark.parametrize(
    ("updates", "epochs", "per_epoch", "expected"),
    [(10, 2, 1, {10, 20}), (10, 1, 4, {2, 5, 8, 10}), (3, 2, 50, {1, 2, 3, 4, 5, 6}), (1, 1, 1, {1})],
)
def test_scorings_are_spread_evenly_and_end_every_epoch(updates, epochs, per_epoch, expected):
    assert scoring_steps(updates, epochs, per_epoch) == expected


def test_a_run_learns(tmp_path):
    (cost,) = staged(
        tmp_path / "run",
        stages=stage("full", epochs=10, learning_rate=1e-2),
        train=400,
        checkpoint_seconds=60,
    ).run()
    assert cost["best_validation"] > 0.9


def test_the_listener_hears_what_a_person_wants_to_know(tmp_path):
    heard = Heard()
    staged(tmp_path / "run", stages=stage(), listener=heard).run()
    assert len(heard.figures) == 24
    assert heard.figures[-1].keys() >= {
        "loss",
        "accuracy",
        "seconds",
        "examples_per_second",
        "tokens_per_second",
        "peak_memory_bytes",
    }
    assert heard.lines == [
        "fine-tuning: full on clean text, 14,546 of 14,546 parameters train, 24 updates, learning rate 0.005"
    ]


def test_it_runs_where_signals_cannot_be_caught(tmp_path):
    from threading import Thread

    costs = []
    thread = Thread(target=lambda: costs.extend(staged(tmp_path / "run", stages=stage()).run()))
    thread.start()
    thread.join()
    assert costs[0]["steps"] == 24


def test_the_random_state_of_the_process_is_left_as_it_was(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    training = staged(tmp_path / "run", stages=stage("lora"))
    torch.manual_seed(5)
    training.run()
    assert torch.equal(torch.rand(3), expected)


def test_seeds_differ_and_a_seed_repeats(tmp_path):
    for name, seed in (("one", 0), ("again", 0), ("other", 1)):
        staged(tmp_path / name / "run", stages=stage(epochs=1), seed=seed).run()
    one, again, other = (left(tmp_path / name / "run") for name in ("one", "again", "other"))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["classifier.weight"], other["classifier.weight"])


def test_two_precisions_in_one_process(tmp_path):
    """`accelerate` keeps the first one it is told."""
    seen = []
    for precision in ("fp32", "bf16", "fp32"):
        training = staged(
            tmp_path / f"{len(seen)}/run", stages=stage("lora"), precision=precision, lora=LoraSettings()
        )
        training.run()
        seen.append(history(tmp_path / f"{len(seen)}/run")[0]["loss"])
        assert {value.dtype for value in weights(tmp_path / f"{len(seen) - 1}/run").values()} == {
            torch.float32
        }
    assert seen[0] == seen[2]
    assert seen[0] != seen[1]
    assert seen[0] == pytest.approx(seen[1], rel=0.1)


def test_history_is_json_a_stranger_can_read(tmp_path):
    staged(tmp_path / "run", stages=stage(epochs=1)).run()
    for line in (tmp_path / "run/history.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(name))
