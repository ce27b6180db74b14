"""Plans made once: in any number of processes, kept by content, right again after whatever happened to the files."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pocketbert.augmentation import OPERATORS, Engine, Policy, planning
from pocketbert.augmentation.guard import Rules
from pocketbert.augmentation.operator import Slot
from pocketbert.augmentation.plan import Plan, plan_of
from pocketbert.augmentation.plan_record import plan_from, record_of
from pocketbert.augmentation.plan_store import PlanStore, Segment, key_of_text
from pocketbert.augmentation.planning import Planner
from pocketbert.errors import PocketBertError
from pocketbert.text.edits import Edit

SENTENCES = [
    "The big dog purchased a phone yesterday.",
    "When the rain stopped, we quickly walked to the old theater, and nobody saw us.",
    "of course , the film is funny and clever , but it 's too long .",
    'In 20 patients, the dose was reduced; "no effect"\twas seen.\nNone.',
    "El gato se sentó en la alfombra",
    "",
    "\ud800 lone surrogates and \u2028 odd lines",
]
TEXTS = [*SENTENCES, *(f"The cat number {row} sat on the mat, and the dog slept." for row in range(60))]
POLICY = Policy(preset="everything", clean_share=0.1, magnitude=1.0)


def views(engine: Engine, texts: Sequence[str] = TEXTS) -> list[object]:
    return [engine.view((text,), epoch=epoch, row=row) for epoch in (0, 3) for row, text in enumerate(texts)]


PLAIN = views(Engine(POLICY, seed=5))


def prepared(cache: Path | None = None, texts: Sequence[str] = TEXTS, **options: object) -> Engine:
    engine = Engine(POLICY, seed=5)
    engine.prepare(texts, cache=cache, **options)
    return engine


def files_in(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(), st.sampled_from(SENTENCES)))
def test_a_record_holds_the_plan(text: str) -> None:
    plan = plan_of(text, OPERATORS.values(), Rules.of(), noise=True)
    kept = plan_from(text, record_of(plan))
    assert (kept.text, kept.words, list(kept.slots)) == (plan.text, plan.words, list(plan.slots))
    for name, slots in plan.slots.items():
        assert list(kept.slots[name]) == list(slots)
        assert kept.slots[name][:2] == list(slots[:2])
        assert kept.slots[name][-1] == slots[-1]


@pytest.mark.parametrize("workers", [0, 2])
def test_prepared_views_are_those_of_an_engine_that_plans_as_it_goes(tmp_path, monkeypatch, workers) -> None:
    monkeypatch.setattr(planning, "_WORTH_PROCESSES", 1)
    assert views(prepared(workers=workers)) == PLAIN
    assert views(prepared(tmp_path, workers=workers)) == PLAIN
    assert views(prepared(tmp_path)) == PLAIN  # from disk


def test_a_prepared_engine_goes_to_other_processes_whole(tmp_path) -> None:
    for engine in (prepared(), prepared(tmp_path)):
        assert views(pickle.loads(pickle.dumps(engine))) == PLAIN
    assert len(pickle.dumps(prepared(tmp_path))) < 2_000 + 200 * len(files_in(tmp_path))


def plans_made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    plain = planning.plan_of
    monkeypatch.setattr(
        planning, "plan_of", lambda text, *rest, **more: made.append(text) or plain(text, *rest, **more)
    )
    return made


def test_every_text_is_planned_once_for_all_runs(tmp_path, monkeypatch) -> None:
    made = plans_made(monkeypatch)
    heard: list[tuple[int, int]] = []
    prepared(tmp_path, [*TEXTS, *TEXTS], progress=lambda done, of: heard.append((done, of)))
    assert sorted(made) == sorted(TEXTS)
    assert heard[-1] == (2 * len(TEXTS), 2 * len(TEXTS))
    assert heard == sorted(heard)
    made.clear()
    engine = prepared(tmp_path)
    views(engine)
    assert made == []
    engine.prepare([*TEXTS, "A new one."], cache=tmp_path)
    assert made == ["A new one."]


def test_what_a_plan_hangs_on_makes_other_plans(tmp_path, monkeypatch) -> None:
    engine = Engine(Policy())
    names = {Planner.of(policy).fingerprint() for policy in (
        Policy(), Policy(preset="sentiment"), Policy(magnitude=1.0), Policy(operators=["typo"]),
        Policy(protected=("cat",)), Policy(protected_patterns=("c.t",)),
    )}  # fmt: skip
    assert len(names) == 6
    same = Planner.of(Policy(clean_share=0, second=0, magnitude=0.5, ramp=0.7)).fingerprint()
    assert same == Planner.of(engine.policy).fingerprint()
    assert Planner.of(Policy()).fingerprint(["guard-1"]) != same
    monkeypatch.setattr(planning, "revision", lambda: "code or lexicon that changed")
    assert Planner.of(Policy()).fingerprint() != same


def test_the_revision_follows_code_and_lexicon(tmp_path, monkeypatch) -> None:
    for room in ("augmentation", "text", "assets/lexicon"):
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "part.py").write_text("one")
    monkeypatch.setattr(planning, "files", lambda package: tmp_path)
    seen = set()
    for room in (None, "augmentation", "text", "assets/lexicon"):
        if room:
            (tmp_path / room / "part.py").write_text("two")
        planning.revision.cache_clear()
        seen.add(planning.revision())
    planning.revision.cache_clear()
    assert len(seen) == 4


@pytest.mark.parametrize("damage", ["cut", "emptied", "flipped", "foreign"])
def test_a_damaged_file_costs_its_plans_alone(tmp_path, monkeypatch, damage: str) -> None:
    engine = prepared(tmp_path, TEXTS[:30])
    engine.prepare(TEXTS, cache=tmp_path)
    whole, other = files_in(tmp_path)
    content = bytearray(whole.read_bytes())
    middle = len(content) // 2
    content[middle] ^= 1
    spoilt = {"cut": content[:middle], "emptied": b"", "flipped": content, "foreign": b"not of Arrow" * 100}
    whole.unlink()
    whole.write_bytes(spoilt[damage])
    made = plans_made(monkeypatch)
    assert views(prepared(tmp_path)) == PLAIN
    assert len(made) in (30, len(TEXTS) - 30)
    assert other in files_in(tmp_path)
    made.clear()
    assert views(prepared(tmp_path)) == PLAIN
    assert made == []


def test_a_killed_process_leaves_no_half_file_and_the_next_goes_on(tmp_path) -> None:
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from pocketbert.augmentation import Engine, planning
from test_planning import POLICY
planning._TEXTS_A_SEGMENT = 20
texts = [f"The dog number {{row}} slept in the garden when the rain fell." for row in range(100_000)]
Engine(POLICY).prepare(texts, cache=Path({str(tmp_path)!r}))
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 60
    while len(files_in(tmp_path)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = list(tmp_path.rglob("*.arrow"))
    assert len(kept) >= 2
    rows = sum(len(Segment.read(path)) for path in kept)
    assert rows % 20 == 0
    store = PlanStore(kept[0].parent)
    assert store.get("The dog number 0 slept in the garden when the rain fell.") is not None


def test_a_disk_that_refuses_leaves_the_plans_in_memory(tmp_path) -> None:
    (tmp_path / "plans").write_text("a file where a folder should be")
    assert views(prepared(tmp_path / "plans")) == PLAIN


def test_keys_that_begin_alike_are_told_apart() -> None:
    store = PlanStore()
    key = key_of_text("one")
    store.add([key[:8] + bytes(8)], [b"0"])
    assert store.get("one") is None
    assert store.missing(["one"]) == {key: "one"}


class Trimming:
    """Leaves the first proposal of every slot, and puts in a slot of an operator's own."""

    fingerprint = "trimming-1"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, plans: Sequence[Plan]) -> list[Plan]:
        self.batches.append(len(plans))
        return [
            replace(
                plan,
                slots={
                    **{name: tuple(Slot(slot.start, slot.end, slot.proposals[:1]) for slot in slots)
                       for name, slots in plan.slots.items()},
                    "casing": (Slot(0, 0, ((Edit(0, 0, "Well: "),),)),),
                },
            )
            for plan in plans
        ]  # fmt: skip


def test_refiners_see_plans_in_batches_and_have_the_last_word(tmp_path) -> None:
    refiner = Trimming()
    policy = Policy(operators={"synonym": 1, "casing": 1}, clean_share=0)
    engine = Engine(policy)
    engine.prepare(TEXTS, cache=tmp_path, refiners=[refiner])
    assert sum(refiner.batches) == len(TEXTS)
    assert max(refiner.batches) > 16
    drawn = {
        engine.view(("The big dog purchased a phone yesterday.",), epoch=epoch, row=0).texts[0]
        for epoch in range(60)
    }
    assert "Well: The big dog purchased a phone yesterday." in drawn
    refiner.batches.clear()
    again = Engine(policy)
    again.prepare(TEXTS, cache=tmp_path, refiners=[refiner])
    assert refiner.batches == []
    assert views(again) == views(engine)
    plain = Engine(policy)
    plain.prepare(TEXTS, cache=tmp_path)
    assert views(plain) == views(Engine(policy))


def test_a_text_not_prepared_is_refined_where_the_refiners_are_and_refused_elsewhere() -> None:
    engine = Engine(Policy(operators=["casing"], clean_share=0))
    engine.prepare(TEXTS[:1], refiners=[Trimming()])
    assert engine.view(("so it is",), epoch=0, row=0).texts == ("Well: so it is",)
    elsewhere = pickle.loads(pickle.dumps(engine))
    assert elsewhere.view(tuple(TEXTS[:1]), epoch=0, row=0) == engine.view(tuple(TEXTS[:1]), epoch=0, row=0)
    with pytest.raises(PocketBertError, match="so it is"):
        elsewhere.view(("so it is",), epoch=0, row=0)


def test_a_refiner_that_loses_a_plan_is_found_out() -> None:
    class Losing(Trimming):
        def __call__(self, plans: Sequence[Plan]) -> list[Plan]:
            return list(plans)[1:]

    with pytest.raises(ValueError, match="gave other plans"):
        Engine(POLICY).prepare(TEXTS, refiners=[Losing()])


def _prepare_here(cache: Path) -> int:
    prepared(cache)
    return os.getpid()


def test_several_processes_fill_one_folder(tmp_path) -> None:
    with multiprocessing.Pool(3) as pool:
        pool.map(_prepare_here, [tmp_path] * 3)
    assert not [path for path in files_in(tmp_path) if path.suffix != ".arrow"]
    assert views(prepared(tmp_path)) == PLAIN
