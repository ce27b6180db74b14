"""A full disk, a damaged file or another model: one line, and nothing is lost."""

import json
import resource
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_runs import Heard, assert_same, backbone, rows, stage, staged, task

from disks import fill, small_disk
from pocketbert.data import Splits
from pocketbert.errors import PocketBertError

ONE_STAGE = {"stages": stage("full")}


def stopped_run(folder: Path, update: int = 5, **settings: object) -> None:
    def stop(heard: int) -> None:
        if heard == update:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        staged(folder, listener=Heard(stop), **settings).run()


def refusal(folder: Path, **settings: object) -> str:
    with pytest.raises(PocketBertError) as refused:
        staged(folder, **settings).run()
    assert "\n" not in str(refused.value)
    assert refused.value.exit_status == 1
    return str(refused.value)


def steps(folder: Path) -> list[Path]:
    return sorted((folder / "checkpoints").glob("step-*"))


def test_a_disk_that_fills_up_loses_nothing(tmp_path):
    with small_disk(tmp_path / "disk", 4) as disk:

        def fill_up(update: int) -> None:
            if update == 6:
                fill(disk, 60_000)

        heard = Heard(fill_up)
        message = refusal(disk / "run", listener=heard, **ONE_STAGE)
        assert "the disk is full; make room, then the same command goes on" in message
        assert message.startswith("could not write the checkpoint")
        assert len(heard.figures) < 24
        assert [path.name[-2:] for path in steps(disk / "run")] == ["04", "05"]
        assert not list((disk / "run/checkpoints").glob(".partial-*"))
        assert "the disk is full" in refusal(disk / "run", **ONE_STAGE)  # still no room

        (disk / "filler").unlink()
        staged(disk / "run", **ONE_STAGE).run()
        staged(tmp_path / "whole/run", **ONE_STAGE).run()
        assert_same(disk / "run", tmp_path / "whole/run")


@pytest.mark.parametrize("limit", [500, 30_000])
def test_files_that_may_not_grow_lose_nothing(tmp_path, limit):
    """The same where nothing can be mounted: the system refuses to write a file beyond a size."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def restrict(update: int) -> None:
        if update == 6:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))

    try:
        message = refusal(tmp_path / "run", listener=Heard(restrict), **ONE_STAGE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert message.startswith("could not write")
    assert "then the same command goes on" in message
    assert len(steps(tmp_path / "run")) == 2
    staged(tmp_path / "run", **ONE_STAGE).run()
    staged(tmp_path / "whole/run", **ONE_STAGE).run()
    assert_same(tmp_path / "run", tmp_path / "whole/run")


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def turn_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def empty(file: Path) -> None:
    file.write_bytes(b"")


def other_words(file: Path) -> None:
    file.write_text('["not", "a", "state"]')


def another_step(file: Path) -> None:
    content = json.loads(file.read_text())
    content["state"]["step"] += 1
    file.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("weights.safetensors", cut_short),
        ("weights.safetensors", Path.unlink),
        ("optimizer.safetensors", turn_a_bit),
        ("optimizer.safetensors", empty),
        ("state.json", cut_short),
        ("state.json", Path.unlink),
        ("state.json", other_words),
        ("state.json", another_step),
    ],
)
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_is_good(
    tmp_path: Path, name: str, damage: Callable[[Path], object]
):
    stopped_run(tmp_path / "run", **ONE_STAGE)
    newest = steps(tmp_path / "run")[-1]
    damage(newest / name)
    message = refusal(tmp_path / "run", **ONE_STAGE)
    assert message.startswith(f"the checkpoint {newest} is damaged: {name} ")
    assert message.endswith("; delete that folder and the run goes on from the one before it")
    shutil.rmtree(newest)
    staged(tmp_path / "run", **ONE_STAGE).run()
    staged(tmp_path / "whole/run", **ONE_STAGE).run()
    assert_same(tmp_path / "run", tmp_path / "whole/run")


def test_with_no_checkpoint_before_it_a_damaged_one_means_to_start_again(tmp_path):
    stopped_run(tmp_path / "run", 2, **ONE_STAGE)
    (only,) = steps(tmp_path / "run")
    cut_short(only / "weights.safetensors")
    assert refusal(tmp_path / "run", **ONE_STAGE).endswith(
        f"; delete {tmp_path}/run/checkpoints and the run starts again"
    )


def test_damage_to_the_weights_that_scored_best_is_found(tmp_path):
    stopped_run(tmp_path / "run", 15, **ONE_STAGE)
    (best,) = (tmp_path / "run/checkpoints").glob("best-*")
    turn_a_bit(best / "weights.safetensors")
    assert str(best) in refusal(tmp_path / "run", score=lambda model: {"accuracy": 0.0}, **ONE_STAGE)


def test_a_checkpoint_of_another_version_is_refused(tmp_path):
    import hashlib

    stopped_run(tmp_path / "run", **ONE_STAGE)
    file = steps(tmp_path / "run")[-1] / "state.json"
    content = json.loads(file.read_text()) | {"schema": 2}
    del content["sha256"]
    seal = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    file.write_text(json.dumps(content | {"sha256": seal}))
    assert "written by another version" in refusal(tmp_path / "run", **ONE_STAGE)


@pytest.mark.parametrize("changed", ["train", "validation"])
def test_data_that_changed_in_one_row_is_noticed(tmp_path, changed):
    stopped_run(tmp_path / "run", **ONE_STAGE)

    def edit(row: dict, index: int) -> dict:
        return {**row, "text": "the cat is elsewhere"} if index == 17 else row

    splits = Splits(task(), rows(96), rows(24, seed=1), None)
    splits = replace(splits, **{changed: getattr(splits, changed).map(edit, with_indices=True)})
    assert refusal(tmp_path / "run", splits=splits, **ONE_STAGE) == (
        f"the data changed since the run in {tmp_path}/run began; choose another --out folder"
    )


def test_another_guard_is_noticed(tmp_path):
    def stop(heard: int) -> None:
        if heard == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(staged(tmp_path / "run", listener=Heard(stop), **ONE_STAGE), guards="one model").run()
    with pytest.raises(PocketBertError, match="the guards changed since the run"):
        replace(staged(tmp_path / "run", **ONE_STAGE), guards="another").run()


def test_the_same_rows_held_in_another_way_are_the_same_data(tmp_path):
    stopped_run(tmp_path / "run", **ONE_STAGE)
    twice = rows(96).select([*range(96), *range(96)])
    splits = Splits(task(), twice.select(range(96, 192)), rows(24, seed=1), None)
    staged(tmp_path / "run", splits=splits, **ONE_STAGE).run()


@pytest.mark.parametrize("other", [{"seed": 8}, {"layers": 3}])
def test_another_backbone_is_noticed(tmp_path, other):
    """Even of the same shape: adapters would go on over weights that they were not trained on."""
    stopped_run(tmp_path / "run", stages=stage("lora"))
    model = backbone(tmp_path / "other", **other)
    assert "the backbone changed" in refusal(tmp_path / "run", model=model, stages=stage("lora"))


def test_weights_of_another_method_are_refused(tmp_path):
    stopped_run(tmp_path / "run", stages=stage("lora"))
    assert refusal(tmp_path / "run", stages=stage("full")) == (
        "the checkpoint holds the weights of another model; choose another --out folder"
    )


def test_the_disk_holds_two_checkpoints_and_what_they_need(tmp_path):
    seen = set()

    def look(update: int) -> None:
        seen.add(len(list((tmp_path / "run/checkpoints").glob("*"))))

    rising = iter(range(100))
    staged(
        tmp_path / "run",
        listener=Heard(look),
        score=lambda model: {"accuracy": float(next(rising))},
        evaluations_per_epoch=12,
    ).run()
    # two steps, the best of each, and the start of the stage (or of the next)
    assert max(seen) <= 6


def test_nothing_is_unpickled():
    import pocketbert.training as room

    for module in Path(room.__file__).parent.glob("*.py"):
        assert "torch.load" not in module.read_text(encoding="utf-8")
        assert "pickle" not in module.read_text(encoding="utf-8")
