"""What a run is said to have cost."""

import time

import numpy as np
from tiny_runs import Heard, backbone, rows, stage, staged

from pocketbert.data import Encoder, texts_of
from pocketbert.training.meter import Meter, forget_peak_memory, memory_of_imports, peak_memory

MEGABYTE = 2**20


def test_examples_and_tokens_are_counted_without_padding(tmp_path):
    (cost,) = staged(tmp_path / "run", stages=stage(epochs=3)).run()
    tokenizer = backbone(tmp_path).tokenizer
    lengths = [len(one.input_ids) for one in Encoder(tokenizer, 24)(texts_of(rows(96)[:]))]
    assert cost["examples"] == 3 * 96
    assert cost["tokens"] == 3 * sum(lengths)


def test_scoring_and_checkpoints_are_not_training_time(tmp_path):
    def slow_score(model) -> dict[str, float]:
        time.sleep(2)
        return {"accuracy": 0.5}

    (cost,) = staged(tmp_path / "run", stages=stage(epochs=2), score=slow_score).run()
    assert 0 < cost["seconds"] < 3.9
    assert cost["examples_per_second"] > 192 / 3.9


def test_a_large_allocation_shows_in_the_peak_even_after_it_is_gone():
    memory_of_imports()
    forget_peak_memory()
    before = peak_memory()
    block = np.ones(200 * MEGABYTE // 8)
    del block
    grown = peak_memory() - before
    assert 190 * MEGABYTE < grown < 260 * MEGABYTE


def test_the_peak_of_one_stage_is_not_the_next_ones():
    memory_of_imports()
    first = Meter()
    first.start()
    block = np.ones(200 * MEGABYTE // 8)
    held = first.read()["peak_memory_bytes"]
    del block
    second = Meter()
    second.start()
    assert held - second.read()["peak_memory_bytes"] > 150 * MEGABYTE


def test_a_resumed_meter_goes_on():
    resumed = Meter.resumed({"seconds": 10.0, "examples": 100, "tokens": 1000, "peak_memory_bytes": 2**40})
    resumed.start()
    resumed.count(10, 100)
    figures = resumed.read()
    assert figures["seconds"] >= 10
    assert (figures["examples"], figures["tokens"], figures["peak_memory_bytes"]) == (110, 1100, 2**40)
    assert figures["examples_per_second"] <= 11


def test_memory_of_a_run_is_its_models_not_the_libraries(tmp_path):
    heard = Heard()
    staged(tmp_path / "run", stages=stage(), listener=heard).run()
    assert 0 <= heard.figures[-1]["peak_memory_bytes"] < 1000 * MEGABYTE
