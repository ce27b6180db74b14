"""Planning many texts: in parallel processes, and known by all that a plan hangs on."""

import json
import multiprocessing
import signal
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from functools import cache, lru_cache, partial
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from multiprocessing.pool import Pool

from pocketbert.augmentation.guard import Rules
from pocketbert.augmentation.operator import NOISE
from pocketbert.augmentation.operators import OPERATORS
from pocketbert.augmentation.plan import Plan, plan_of
from pocketbert.augmentation.plan_record import plan_from, record_of
from pocketbert.augmentation.plan_store import PlanStore
from pocketbert.augmentation.policy import Policy, presets
from pocketbert.augmentation.refining import Refiner

Progress = Callable[[int, int], None]
"""Hears how many texts are done, of how many."""

_TEXTS_A_TASK = 64
_TEXTS_A_SEGMENT = 8_192
_WORTH_PROCESSES = 1_000  # texts; fewer are planned before processes have started

_A_SENTENCE = "The first sentence loads the lexicon and the tagger."
_READ_BY_PLANS = ("augmentation", "text", "assets/lexicon")
_LIBRARIES = ("textblob", "lemminflect")


@dataclass(frozen=True)
class Planner:
    """Plans a text as a policy asks: these fields are all of the policy that a plan hangs on."""

    operators: tuple[str, ...]
    protect: tuple[str, ...]
    protected: tuple[str, ...]
    patterns: tuple[str, ...]
    noise: bool

    @classmethod
    def of(cls, policy: Policy) -> "Planner":
        protect = presets()[policy.preset].protect
        noise = policy.full_strength > NOISE
        return cls(tuple(policy.weights), protect, policy.protected, policy.protected_patterns, noise)

    def __call__(self, text: str) -> Plan:
        return plan_of(text, [OPERATORS[name] for name in self.operators], self.rules, noise=self.noise)

    @property
    def rules(self) -> Rules:
        """What the policy protects."""
        return _rules(self.protect, self.protected, self.patterns)

    def fingerprint(self, refiners: Iterable[str] = ()) -> str:
        """What plans are known by that this planner makes, and refiners of these fingerprints refine."""
        told = json.dumps([astuple(self), list(refiners), revision()])
        return blake2b(told.encode(), digest_size=16).hexdigest()


_rules = lru_cache(maxsize=8)(Rules.of)


@cache
def revision() -> str:
    """Changes with the code and the data that plans hang on."""
    digest = blake2b(digest_size=16)
    for room in _READ_BY_PLANS:
        for name, content in _contents(files("pocketbert").joinpath(room), room):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    digest.update("".join([unicodedata.unidata_version, *map(version, _LIBRARIES)]).encode())
    return digest.hexdigest()


def _contents(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _contents(entry, f"{name}/{entry.name}")
        elif entry.is_file():
            yield f"{name}/{entry.name}", entry.read_bytes()


def fill(
    store: PlanStore,
    texts: Collection[str],
    planner: Planner,
    *,
    refiners: Sequence[Refiner] = (),
    workers: int = 0,
    progress: Progress | None = None,
) -> None:
    """Plan what the store lacks of `texts`, and refine it; what was stored stays if this is interrupted."""
    every, done = iter(texts), 0
    with _planning(planner, workers, len(texts)) as plan:
        while some := list(islice(every, _TEXTS_A_SEGMENT)):
            missing = store.missing(some)
            left = list(missing.values())
            done += len(some) - len(left)
            records: list[bytes] = []
            for part in plan(left):
                records += _refined(left[len(records) :], part, refiners)
                if progress:
                    progress(done + len(records), len(texts))
            if records:
                store.add(list(missing), records)
            done += len(left)
            if progress:
                progress(done, len(texts))


def _refined(texts: Sequence[str], records: list[bytes], refiners: Sequence[Refiner]) -> list[bytes]:
    """The records after refining; `texts` begins with their texts."""
    if not refiners:
        return records
    return [record_of(plan) for plan in refined(map(plan_from, texts, records), refiners)]


def refined(plans: Iterable[Plan], refiners: Iterable[Refiner]) -> list[Plan]:
    """The plans after every refiner.  Raises: ValueError where one does not give as many as it took."""
    before = [
        Plan(plan.text, plan.words, {name: tuple(of) for name, of in plan.slots.items()}) for plan in plans
    ]
    for refine in refiners:
        after = refine(before)
        if [plan.text for plan in after] != [plan.text for plan in before]:
            raise ValueError(f"{refine!r} gave other plans than it took: {len(after)} for {len(before)}")
        before = after
    return before


@contextmanager
def _planning(
    planner: Planner, workers: int, texts: int
) -> Iterator[Callable[[Sequence[str]], Iterator[list[bytes]]]]:
    """What plans texts, in `workers` processes or, without any or for few texts, in this one.

    It gives the records in the order of the texts, some at a time.
    """
    plan = partial(_records_of, planner)
    if not workers or texts < _WORTH_PROCESSES:
        yield lambda some: map(plan, _tasks(some))
        return
    with ExitStack() as running:

        @cache
        def pool() -> Pool:  # started when the first text is missing
            planner(_A_SENTENCE)  # forked processes share what this loads
            return running.enter_context(
                multiprocessing.Pool(workers, initializer=_leave_interrupts_to_the_parent)
            )

        yield lambda some: pool().imap(plan, _tasks(some)) if some else iter(())


def _records_of(planner: Planner, texts: Sequence[str]) -> list[bytes]:
    return [record_of(planner(text)) for text in texts]


def _tasks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[at : at + _TEXTS_A_TASK] for at in range(0, len(texts), _TEXTS_A_TASK))


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
