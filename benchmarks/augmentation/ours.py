"""One measurement of our engine, in a process of its own: `python ours.py JOB`, a line of JSON on standard output."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sentences import real_sentences, sentences_of_twenty_words

MAX_LENGTH = 128
ROWS_AN_UPDATE = 32
UPDATES_NOT_TIMED = 64
WORDS_AT_ONCE = 2_048  # rows whose ids are put together at a time, as training does


@dataclass(frozen=True)
class Job:
    """What to measure, on how many sentences, how often over; `workers` prepare batches."""

    what: str
    sentences: int
    seed: int
    rounds: int = 1
    workers: int = 0

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def planning(job: Job) -> dict[str, Any]:
    """Sentences planned a second, for all default operators, when lexicon and tagger are loaded."""
    from pocketbert.augmentation import Engine

    texts, _ = sentences_of_twenty_words(job.sentences + 200, job.seed)
    Engine().prepare(texts[:200])
    engine, timed = Engine(), list(dict.fromkeys(texts[200:]))
    seconds = cpu_seconds(lambda: engine.prepare(timed))
    return {"planned_per_second": len(timed) / seconds}


def views(job: Job) -> dict[str, Any]:
    """Views drawn a second from prepared plans, at full strength and clean share 0: to text, and on to ids."""
    texts, _ = sentences_of_twenty_words(job.sentences, job.seed)
    with TemporaryDirectory() as folder:
        engine, encoder = prepared(texts, Path(folder)), bundled_encoder()

        def to_text(epoch: int) -> list[tuple[str, ...]]:
            return [engine.view((text,), epoch=epoch, row=row).texts for row, text in enumerate(texts)]

        def to_ids(epoch: int) -> None:
            drawn = to_text(epoch)
            for at in range(0, len(drawn), WORDS_AT_ONCE):
                encoder(drawn[at : at + WORDS_AT_ONCE])

        to_ids(0)  # words of the language are met once in a training
        text_seconds = cpu_seconds(lambda: [to_text(epoch) for epoch in range(1, 1 + job.rounds)])
        id_seconds = cpu_seconds(lambda: [to_ids(epoch) for epoch in range(1, 1 + job.rounds)])
        changed = sum(view != (text,) for view, text in zip(to_text(1), texts, strict=True)) / len(texts)
    made = job.rounds * len(texts)
    return {
        "views_per_second": made / text_seconds,
        "ids_per_second": made / id_seconds,
        "share_changed": changed,
    }


def training(job: Job) -> dict[str, Any]:
    """Seconds of the training thread for a row that comes with a view, and for one that comes as it is."""
    texts, _ = sentences_of_twenty_words(job.sentences, job.seed)
    with TemporaryDirectory() as folder:
        started = time.process_time()
        engine = prepared(texts, Path(folder))
        planned = time.process_time() - started
        varied = min(_seconds_a_row(texts, engine, job) for _ in range(job.rounds))
        plain = min(_seconds_a_row(texts, None, job) for _ in range(job.rounds))
    return {
        "seconds_a_row": varied,
        "seconds_a_clean_row": plain,
        "seconds_to_plan_a_row": planned / len(set(texts)),
    }


def sustained(job: Job) -> dict[str, Any]:
    """Augmented rows a second, ready to train on, that `job.workers` processes keep up."""
    texts, _ = sentences_of_twenty_words(job.sentences, job.seed)
    with TemporaryDirectory() as folder:
        seconds = _seconds_a_row(texts, prepared(texts, Path(folder)), job, clock=time.perf_counter)
    return {"examples_per_second": 1 / seconds}


def ids_match(job: Job) -> dict[str, Any]:
    """Views of real sentences whose ids differ from those of the tokenizer, of how many."""
    texts, source = real_sentences(job.sentences)
    encoder = bundled_encoder()
    differing = made = 0
    for at in range(0, len(texts), WORDS_AT_ONCE):
        some = texts[at : at + WORDS_AT_ONCE]
        engine = _engine(preset="everything", magnitude=1.0)
        drawn = [engine.view((text,), epoch=0, row=at + row).texts for row, text in enumerate(some)]
        expected = encoder.tokenizer([text for (text,) in drawn], truncation=True, max_length=MAX_LENGTH)
        found = [row.input_ids for row in encoder(drawn)]
        differing += sum(one != other for one, other in zip(found, expected["input_ids"], strict=True))
        made += len(drawn)
    return {"views": made, "differing": differing, "source": source}


def imports(job: Job) -> dict[str, Any]:
    """Seconds from a running interpreter to an engine, and to its first view, which loads lexicon and tagger."""
    started = time.perf_counter()
    from pocketbert.augmentation import Engine

    engine = Engine()
    imported = time.perf_counter() - started
    engine.plan("The first sentence loads what others need.")
    return {"import_seconds": imported, "first_plan_seconds": time.perf_counter() - started}


def size(job: Job) -> dict[str, Any]:
    """Bytes of the data that the engine ships with."""
    import pocketbert

    package = Path(pocketbert.__file__).parent
    rooms = (package / "assets" / "lexicon", package / "augmentation")
    data = [
        path for room in rooms for path in room.rglob("*") if path.suffix in (".gz", ".txt", ".toml", ".json")
    ]
    return {"data_bytes": sum(path.stat().st_size for path in data)}


JOBS: dict[str, Callable[[Job], dict[str, Any]]] = {
    job.__name__: job for job in (planning, views, training, sustained, ids_match, imports, size)
}


def prepared(texts: list[str], folder: Path) -> Any:
    """An engine whose plans are read from disk, as training reads them."""
    engine = _engine()
    engine.prepare(texts, cache=folder)
    return engine


def _engine(**policy: Any) -> Any:
    from pocketbert.augmentation import Engine, Policy

    return Engine(Policy(clean_share=0.0, warm_up=0.0, ramp=0.0, **policy))


def bundled_encoder() -> Any:
    from transformers import AutoTokenizer

    import pocketbert
    from pocketbert.data import Encoder

    return Encoder(
        AutoTokenizer.from_pretrained(Path(pocketbert.__file__).parent / "assets" / "backbone"), MAX_LENGTH
    )


def _seconds_a_row(
    texts: list[str], engine: Any, job: Job, clock: Callable[[], float] = time.process_time
) -> float:
    """Time for a row to come out of the loader, the first updates not counted."""
    from datasets import Dataset

    from pocketbert.data.batching import TrainingData

    rows = Dataset.from_dict({"text": texts, "label": [0] * len(texts)})
    data = TrainingData(rows, bundled_encoder(), engine, job.seed, 2, ROWS_AN_UPDATE, 8_192, job.workers)
    updates = data.updates()
    for _ in range(UPDATES_NOT_TIMED):
        next(updates)
    started = clock()
    timed = sum(batch.rows for batches in updates for batch in batches)
    return (clock() - started) / timed


def cpu_seconds(work: Callable[[], object]) -> float:
    """Processor time of `work`: other work on the machine does not count as ours."""
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    job = Job(**json.loads(sys.argv[1]))
    print(json.dumps(JOBS[job.what](job)))
