"""Operators' weights are learned between epochs, told in the history, and not forgotten by a resume."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_runs import Heard, assert_same, history, stage, staged

from pocketbert.augmentation import Policy
from pocketbert.errors import PocketBertError
from pocketbert.training import Stage
from pocketbert.training.operator_weights import OperatorWeights

USUAL = {"typo": 1.0, "stopword": 1.0}
STAGES = (
    Stage(name="first", data="clean", method="full", epochs=2, learning_rate=5e-3),
    Stage(name="second", data="augmented", method="lora", epochs=3, learning_rate=5e-3),
    Stage(name="third", data="augmented", method="lora", epochs=2, learning_rate=5e-3),
)


def rates(model: torch.nn.Module) -> dict[str, float]:
    """Flip rates that hang on the model as it is."""
    share = float(sum(weight.detach().abs().sum() for weight in model.parameters())) % 1
    return {"typo": share, "stopword": 1 - share}


def adaptive(folder: Path, heard: Heard | None = None, **settings: int):
    policy = Policy(operators=USUAL, warm_up=0, ramp=0, clean_share=0)
    training = staged(folder, stages=STAGES, listener=heard, **settings)
    return replace(training, policy=policy, operator_weights=OperatorWeights(USUAL, rates))


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    adaptive(folder).run()
    return folder


def test_the_history_tells_weights_after_every_epoch_that_another_follows(unbroken):
    told = [line for line in history(unbroken) if "operators" in line]
    assert [(line["stage"], line["epoch"]) for line in told] == [(1, 1.0), (1, 2.0), (2, 1.0)]
    for line in told:
        weights, found = line["operators"]["weights"], line["operators"]["flip_rates"]
        assert sum(weights.values()) == pytest.approx(2.0, abs=1e-5)
        assert found.keys() == USUAL.keys()
    assert len({line["operators"]["weights"]["typo"] for line in told}) == 3


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("update", [30, 36, 37, 50, 60, 61, 75])
def test_a_run_stopped_between_or_within_epochs_ends_as_one_never_stopped(
    tmp_path, unbroken, update, workers
):
    """Updates 24 to 60 are the second stage, 12 an epoch."""

    def stop(heard: int) -> None:
        if heard == update:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adaptive(tmp_path / "run", Heard(stop), workers=workers).run()
    heard = Heard()
    adaptive(tmp_path / "run", heard, workers=workers).run()
    assert heard.lines[0].startswith("going on at stage")
    assert_same(tmp_path / "run", unbroken)


def test_views_are_others_than_without(tmp_path, unbroken):
    plain = replace(adaptive(tmp_path / "run"), operator_weights=None)
    plain.run()
    with pytest.raises(AssertionError):
        assert_same(tmp_path / "run", unbroken)


def test_with_clean_text_nothing_is_learned(tmp_path):
    training = replace(adaptive(tmp_path / "run"), stages=stage())
    training.run()
    assert not any("operators" in line for line in history(tmp_path / "run"))


def test_weights_come_back_with_the_checkpoint_that_they_belong_to(tmp_path):
    def stop(heard: int) -> None:
        if heard == 40:
            raise PocketBertError("stopped")

    training = adaptive(tmp_path / "run", Heard(stop))
    with pytest.raises(PocketBertError):
        training.run()
    assert training.operator_weights.current != USUAL
    again = adaptive(tmp_path / "run")
    again.run()
    told = [line["operators"]["weights"] for line in history(tmp_path / "run") if "operators" in line]
    assert again.operator_weights.current == told[-1]
