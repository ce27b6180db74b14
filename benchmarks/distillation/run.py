"""What does a teacher give a small MobileBERT?  The chain of the paper, at a scale that fits four CPU cores.

An IB-BERT is pre-trained from scratch by masked LM; students of one shape, one number of tokens and several seeds
learn from it in different ways; each is fine-tuned on two tasks.  What is done stands in `results.json`, run by run:
the same command goes on where it was stopped, within a run too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice, product
from pathlib import Path

from study import (
    RATES,
    ROOT,
    SEEDS,
    SHARED,
    STUDENTS,
    TASKS,
    TEACHER,
    TEXT,
    Pretraining,
    Scale,
    Tuning,
    quick,
)
from study_runs import Bench, Results, pretrain, tune
from study_tables import RESULTS, chosen_rate, tables, write_readme

from pocketbert.errors import PocketBertError
from pocketbert.reporter import Silent

QUICK_DOCUMENTS = 40
SECONDS_BETWEEN_LINES = 60


def main() -> None:
    options = parse_options()
    if not options.text.is_file():
        print(f"skipped: there is no text {options.text}; name a file of plain text with --text")
        return
    if not options.data.is_dir():
        print(f"skipped: there is no folder {options.data} with the tasks' files; name it with --data")
        return
    try:
        with tempfile.TemporaryDirectory() as temporary:
            if options.quick:
                options.work = Path(temporary)
                options.text = beginning_of(options.text, options.work / "text.txt")
                options.out = options.out or options.work / "results.json"
            answer(options)
    except PocketBertError as error:
        sys.exit(str(error))


def answer(options: argparse.Namespace) -> None:
    scale = quick(Scale()) if options.quick else replace(Scale(), budget=options.budget)
    reporter = Lines()
    bench = Bench(options.text, options.data, options.work.absolute(), scale, options.threads, reporter)
    work = Work(bench, Results.open(options.out, bench.study))
    students = [Pretraining(model, seed) for seed, model in product(range(options.seeds), options.student)]
    for model in (Pretraining(TEACHER), *students):
        work.pretrain(model)
        for task in options.task:
            work.tune_best(model, task, RATES[:1] if options.quick else RATES)
    content = asdict(work.results)
    print(*tables(content), sep="\n\n")
    if options.out == RESULTS:
        write_readme(content)


@dataclass(frozen=True)
class Work:
    """What is done and how to do more of it."""

    bench: Bench
    results: Results

    def pretrain(self, cell: Pretraining) -> None:
        if cell.name not in self.results.pretraining:
            self._train(cell)

    def tune(self, cell: Tuning) -> None:
        if cell.name in self.results.tuning:
            return
        self._have(cell.model)
        self.bench.reporter.say(f"{cell.name}: begins")
        record = tune(cell, self.bench)
        self.results.add(cell, record)
        self.bench.reporter.say(
            f"{cell.name}: validation {record['validation']:.4f}, {record['seconds']:.0f} s"
        )

    def tune_best(self, model: Pretraining, task: str, rates: Sequence[float]) -> None:
        """Fine-tune the first seed at every rate, the others at the one that was best on validation rows."""
        chosen = chosen_rate(model.model, task, self.results.tuning)
        for rate in rates if model.seed == 0 else [chosen] if chosen else []:
            self.tune(Tuning(model, task, rate))

    def _have(self, cell: Pretraining) -> None:
        """See to it that a model's files are there, also after the work folder was taken away."""
        if cell.name not in self.results.pretraining or not self.bench.encoder(cell).is_dir():
            self._train(cell)

    def _train(self, cell: Pretraining) -> None:
        if cell.model != TEACHER:
            self._have(Pretraining(TEACHER))
        self.bench.reporter.say(f"{cell.name}: begins")
        record = pretrain(cell, self.bench)
        self.results.add(cell, record)
        self.bench.reporter.say(
            f"{cell.name}: masked LM {record['masked_lm_loss']:.3f}, {record['seconds']:.0f} s"
        )


class Lines(Silent):
    """A line for each thing that is said, and one a minute of progress."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def say(self, line: str) -> None:
        print(time.strftime("%H:%M:%S"), line, file=sys.stderr, flush=True)

    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None:
        if time.monotonic() - self.last >= SECONDS_BETWEEN_LINES:
            self.last = time.monotonic()
            shown = ", ".join(
                f"{name.replace('_', ' ')} {figures[name]:,.4g}"
                for name in ("loss", "tokens_per_second")
                if name in figures
            )
            self.say(f"{what}: {step:,} of {steps:,}, {shown}")


def beginning_of(text: Path, file: Path) -> Path:
    """The first documents of a text, as a file of their own."""
    from pocketbert.data.corpus import Corpus
    from pocketbert.data.settings import CorpusSettings

    documents = Corpus(CorpusSettings(sources=(str(text),))).documents()
    file.write_text("\n\n".join(islice(documents, QUICK_DOCUMENTS)) + "\n", encoding="utf-8")
    return file


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny models, one task: shows that it runs")
    parser.add_argument("--text", type=Path, default=TEXT, help="file of plain text to pre-train on")
    parser.add_argument(
        "--budget", type=int, default=Scale().budget, metavar="TOKENS",
        help="tokens that each student reads; the teacher reads four times as many",
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--student", choices=list(STUDENTS), nargs="+", default=list(STUDENTS))
    parser.add_argument("--task", choices=list(TASKS), nargs="+", help="left out, all; with --quick, one")
    parser.add_argument("--threads", type=int, help="CPU threads; left out, torch's own choice")
    parser.add_argument("--data", type=Path, default=SHARED, help="folder with the tasks' files")
    parser.add_argument(
        "--work", type=Path, default=ROOT / "build" / "distillation-bench", help="runs in progress"
    )
    parser.add_argument("--out", type=Path, help="file for all that was measured")
    options = parser.parse_args()
    if min(options.seeds, options.budget, options.threads or 1) < 1:
        parser.error("--seeds, --budget and --threads are at least 1")
    if not options.data.is_dir() and options.data != SHARED:
        parser.error(f"no folder {options.data} with the tasks' files; name it with --data")
    options.task = options.task or (["trec6"] if options.quick else list(TASKS))
    if options.quick:
        options.seeds = 1
    elif options.out is None:
        if options.text != TEXT or options.budget != Scale().budget:
            parser.error("give --out: results.json is for the default text and budget")
        options.out = RESULTS
    return options


if __name__ == "__main__":
    main()
