"""A run stopped anywhere and started again ends as one never stopped, bit for bit."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

import pytest
from tiny_runs import (
    STAGES,
    Heard,
    assert_same,
    history,
    stage,
    staged,
    train_and_kill_oneself,
    train_and_say_so,
)

from pocketbert.adaptation import LoraSettings
from pocketbert.errors import PocketBertError

UPDATES = 36  # of a run of STAGES

FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload(
    [
        "pocketbert.training.stages",
        *("accelerate", "datasets", "lemminflect", "peft", "textblob"),
        "transformers.models.mobilebert.modeling_mobilebert",
    ]
)


def killed_run(folder: Path, update: int, **settings: object) -> None:
    """Train in a process of its own, until SIGKILL at one update."""
    process = FRESH.Process(target=train_and_kill_oneself, args=(folder, update, settings))
    process.start()
    wait_until(
        lambda: is_gone(process.pid)
    )  # `join` would wait for its workers, which take seconds to notice
    assert (folder / "killed").exists()
    (folder / "killed").unlink()
    assert not (folder / "model").exists()


def is_gone(process: int | None) -> bool:
    try:
        os.kill(process or 0, 0)
    except ProcessLookupError:
        return True
    return False


def is_under_way_or_gone(folder: Path, process: BaseProcess) -> bool:
    return (folder / "under-way").exists() or not process.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def interrupted_run(folder: Path, update: int, number: int = signal.SIGINT, **settings: object) -> str:
    """Train here, with Ctrl-C at one update; returns what the error says."""

    def interrupt(heard: int) -> None:
        if heard == update:
            signal.raise_signal(number)

    with pytest.raises(PocketBertError) as stopped:
        staged(folder, listener=Heard(interrupt), **settings).run()
    return str(stopped.value)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of both stages, never stopped."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    staged(folder).run()
    return folder


@pytest.mark.parametrize(("workers", "updates"), [(0, (5, 12, 4)), (2, (9, 8))])
def test_killed_again_and_again_it_ends_as_if_it_never_was(tmp_path, unbroken, workers, updates):
    for update in updates:
        killed_run(tmp_path / "run", update, workers=workers)
    heard = Heard()
    staged(tmp_path / "run", listener=heard, workers=workers).run()
    assert heard.lines[0].startswith("going on at stage")
    # An update during which it was killed had no checkpoint yet, save the last of a stage.
    assert len(heard.figures) == UPDATES - sum(update - 1 for update in updates)
    assert_same(tmp_path / "run", unbroken)


def test_killed_at_any_moment_even_within_a_checkpoint(tmp_path, unbroken):
    random = Random(3)
    (tmp_path / "run").mkdir()
    for _ in range(6):
        (tmp_path / "run/under-way").unlink(missing_ok=True)
        process = FRESH.Process(target=train_and_say_so, args=(tmp_path / "run",))
        process.start()
        wait_until(partial(is_under_way_or_gone, tmp_path / "run", process))
        time.sleep(0.15 * random.random())
        process.kill()
        process.join()
    staged(tmp_path / "run").run()
    assert_same(tmp_path / "run", unbroken)


@pytest.mark.parametrize(("update", "workers"), [(1, 0), (7, 2), (12, 0), (13, 2), (30, 0), (36, 0)])
def test_ctrl_c_stops_after_the_update_and_the_same_call_goes_on(tmp_path, unbroken, update, workers):
    settings = {"workers": workers, "checkpoint_seconds": 3600}
    message = interrupted_run(tmp_path / "run", update, **settings)
    of_stage, steps = (update, 12) if update <= 12 else (update - 12, 24)
    assert message == f"stopped at update {of_stage} of {steps}; the same command goes on from there"
    heard = Heard()
    staged(tmp_path / "run", listener=heard, **settings).run()
    assert len(heard.figures) == UPDATES - update
    assert_same(tmp_path / "run", unbroken)


def test_a_polite_kill_is_like_ctrl_c(tmp_path, unbroken):
    interrupted_run(tmp_path / "run", 5, signal.SIGTERM, checkpoint_seconds=3600)
    staged(tmp_path / "run").run()
    assert_same(tmp_path / "run", unbroken)


def test_handlers_of_the_process_are_left_as_they_were(tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    interrupted_run(tmp_path / "run", 2)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


CASES = {
    "norms": {"stages": stage("norms")},
    "lora with all its options": {
        "stages": stage("lora"),
        "lora": LoraSettings(preset="all", dropout=0.2, options={"use_dora": True}),
    },
    "pissa takes part of the weights": {
        "stages": stage("lora"),
        "lora": LoraSettings(rank=4, options={"init_lora_weights": "pissa"}),
    },
    "lora, then full": {"stages": STAGES[::-1]},
    "early stopping": {"stages": stage("full", epochs=8, learning_rate=1e-4), "patience": 2},
    "updates split by the budget": {"stages": stage("full"), "token_budget": 40},
    "bf16": {"stages": stage("lora", data="augmented"), "precision": "bf16"},
    "regression": {"stages": STAGES, "regression": True},
    "balanced classes": {"stages": stage("full"), "class_weights": "balanced", "schedule": "cosine"},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_training_resumes(tmp_path, case):
    whole = Heard()
    staged(tmp_path / "whole/run", listener=whole, **CASES[case]).run()
    updates = len(whole.figures)
    cuts = sorted({Random(case).randrange(1, updates), updates})
    last = 0
    for cut in cuts:
        interrupted_run(tmp_path / "cut/run", cut - last, **CASES[case])
        last = cut
    staged(tmp_path / "cut/run", **CASES[case]).run()
    assert_same(tmp_path / "whole/run", tmp_path / "cut/run")


def test_early_stopping_is_not_forgotten_by_a_resume(tmp_path):
    """Stopped by Ctrl-C at the very update after which patience is out, it must not train on."""
    settings = {"stages": stage(epochs=20), "patience": 2, "score": lambda model: {"accuracy": 0.5}}
    interrupted_run(tmp_path / "run", 36, **settings)
    heard = Heard()
    staged(tmp_path / "run", listener=heard, **settings).run()
    assert heard.figures == []
    assert [line["step"] for line in history(tmp_path / "run") if "validation" in line] == [12, 24, 36]


def test_history_has_every_step_once(tmp_path, unbroken):
    for update in (9, 8, 7):
        killed_run(tmp_path / "run", update)
    staged(tmp_path / "run").run()
    read = [(line["stage"], line["step"]) for line in history(tmp_path / "run") if "loss" in line]
    assert read == [(0, 10), (0, 12), (1, 10), (1, 12), (1, 20), (1, 24)]
    assert history(tmp_path / "run") == history(unbroken)


def test_counts_go_on_where_they_stood(tmp_path):
    whole = staged(tmp_path / "whole/run").run()
    interrupted_run(tmp_path / "cut/run", 20)
    cut = staged(tmp_path / "cut/run").run()
    for one, other in zip(whole, cut, strict=True):
        for name in ("examples", "tokens", "steps", "planned_steps", "best_validation", "parameters"):
            assert one[name] == other[name]
        assert one["seconds"] > 0


def test_a_finished_run_only_writes_its_model_again(tmp_path, unbroken):
    staged(tmp_path / "run").run()
    (tmp_path / "run/model/model.safetensors").unlink()
    heard = Heard()
    staged(tmp_path / "run", listener=heard).run()
    assert heard.figures == []
    assert_same(tmp_path / "run", unbroken)


def test_a_resumed_run_computes_with_the_threads_it_began_with_and_gives_them_back(tmp_path):
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        interrupted_run(tmp_path / "run", 3, threads=None, stages=stage(epochs=1))
        torch.set_num_threads(1)
        used = []
        heard = Heard(lambda update: used.append(torch.get_num_threads()))
        staged(tmp_path / "run", listener=heard, threads=None, stages=stage(epochs=1)).run()
        assert set(used) == {2}
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
