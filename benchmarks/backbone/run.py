"""What is the bundled backbone good for?  Eight tasks, full tuning beside LoRA, beside TF-IDF, against the bars.

Clean text, no augmentation.  Learning rate and epochs are chosen for each task and method on validation rows, a
hashed share of the training rows, with the first seed; then the chosen ones are repeated with the other seeds.
What is done stands in `results.json`, run by run: the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Iterator
from itertools import product, zip_longest
from pathlib import Path

import answers
import tfidf
from answer_table import RESULTS, SEEDS, chosen, settings_table, table, write_readme
from questions import QUICK_ROWS, RATES, ROOT, SMALL_FIRST, TASK_FILES, Cell, tried

from pocketbert.errors import PocketBertError


def main() -> None:
    options = parse_options()
    if not options.data.is_dir():
        print(f"skipped: there is no folder {options.data} with the tasks' files; name it with --data")
        return
    try:
        if options.quick:
            with tempfile.TemporaryDirectory() as work:
                options.work, options.out = Path(work), options.out or Path(work) / "results.json"
                answer(options)
        else:
            answer(options)
    except PocketBertError as error:
        sys.exit(str(error))


def answer(options: argparse.Namespace) -> None:
    results = answers.Results.open(options.out, answers.weights_of(options.backbone))
    bench = answers.Bench(options.backbone, options.data, options.work, options.threads)
    for question in options.task:
        known = results.tfidf.get(question)
        if known is None or known["limit"] != options.limit:
            record = tfidf.measure(question, options.limit, bench) | answers.made_with()
            results.add_tfidf(question, record)
    for cell in work_to_do(options, results.cells):
        record = answers.measure(cell, bench)
        results.add_cell(cell.name, record)
        say(f"{cell.name}: validation {record['validation']:.4f}, {record['seconds']:.0f} s")
    content = dataclasses.asdict(results)
    print(table(content, options.limit), settings_table(content, options.limit), sep="\n\n")
    if options.out == RESULTS:
        write_readme(content)


def work_to_do(options: argparse.Namespace, done: dict[str, answers.Record]) -> Iterator[Cell]:
    """The settings to choose from, then the seeds of the one chosen; what is done already is left out."""
    asked = list(product(options.task, options.method))
    for settings in zip_longest(*(tried(question, method, options.limit) for question, method in asked)):
        for cell in settings:
            if cell is not None and cell.name not in done:
                yield cell
        if options.quick:
            return
    for question, method in asked:
        best = chosen(question, method, options.limit, done)
        for seed in range(1, options.seeds) if best else ():
            cell = dataclasses.replace(best, seed=seed)
            if cell.name not in done:
                yield cell


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one task, few rows, one setting: shows that it runs"
    )
    parser.add_argument("--backbone", default="bundled", help="folder of another one; then --out is needed")
    parser.add_argument("--task", choices=SMALL_FIRST, nargs="+", default=list(SMALL_FIRST))
    parser.add_argument("--method", choices=list(RATES), nargs="+", default=["full", "qv", "all"])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="1 only chooses the settings")
    parser.add_argument("--limit", type=int, help="train on at most so many rows of each task")
    parser.add_argument("--threads", type=int, help="CPU threads; left out, torch's own choice")
    parser.add_argument("--data", type=Path, default=TASK_FILES, help="folder with the tasks' files")
    parser.add_argument(
        "--work", type=Path, default=ROOT / "build" / "backbone-bench", help="runs in progress"
    )
    parser.add_argument("--out", type=Path, help="file for all that was measured")
    options = parser.parse_args()
    if min(options.seeds, options.limit or 1, options.threads or 1) < 1:
        parser.error("--seeds, --limit and --threads are at least 1")
    if not options.data.is_dir() and options.data != TASK_FILES:
        parser.error(f"no folder {options.data} with the tasks' files; name it with --data")
    if options.backbone != "bundled" and not (Path(options.backbone) / "model.safetensors").is_file():
        parser.error(f"--backbone {options.backbone} is no folder with model.safetensors")
    if options.quick:
        options.task, options.method, options.seeds = options.task[:1], options.method[:1], 1
        options.limit = QUICK_ROWS
    elif options.out is None:
        if options.backbone != "bundled" or options.limit:
            parser.error("give --out: results.json is for the bundled backbone and all rows")
        options.out = RESULTS
    return options


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
