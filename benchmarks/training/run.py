"""Our training loop against `transformers.Trainer`, with its defaults and with its length grouping.

The table shows medians; every measurement is a process of its own, so that its peak memory is its own, and the
contestants take turns.  `results.json`, beside this file, keeps all that was measured and where.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from contestants import ALPHA, CONTESTANTS, DEFAULTS, GROUPED, OURS, RANK, ROWS_AN_UPDATE, Job
from texts import CORPORA, texts_like

sys.path.append(str(Path(__file__).parents[1]))

from measured_on import measured_on

RESULTS = Path(__file__).with_name("results.json")
SEED = 0
ROWS = {"sst2": (768, 96), "medical_abstracts": (96, 32)}  # timed, and to warm up
QUICK_ROWS = {"sst2": (192, 32), "medical_abstracts": (32, 32)}
PACKAGES = ("torch", "transformers", "peft", "accelerate", "datasets", "numpy")
MEGABYTE = 2**20
SPOILED = 0.2  # cores that other work keeps busy, from which on a measurement is rough


def main() -> None:
    options = parse_options()
    rows = QUICK_ROWS if options.quick else ROWS
    repetitions = 1 if options.quick else options.repetitions
    setting = describe(options, rows, repetitions)
    if setting["load"] > 1:
        say(f"other work is running (load {setting['load']:.1f}): the ratios will be rough")
    raw: dict[str, dict[str, list[Any]]] = {
        corpus: {name: [] for name in CONTESTANTS} for corpus in options.corpus
    }
    seconds_of_help()  # the first call fills the disk's cache
    help_seconds: list[float] = []
    for repetition in range(repetitions):
        for corpus in options.corpus:
            for turn in range(len(CONTESTANTS)):
                name = CONTESTANTS[(turn + repetition) % len(CONTESTANTS)]
                job = Job(
                    name, corpus, *rows[corpus], options.max_length, SEED, options.threads, corpus == "sst2"
                )
                figures = measure(job)
                raw[corpus][name].append(figures)
                say(
                    f"{repetition + 1}/{repetitions} {corpus}, {name}: {figures['examples_per_second']:.1f}/s"
                )
        help_seconds.append(seconds_of_help())
        summary = summarise(raw, help_seconds)
        results = {"schema": 1, "setting": setting, **summary, "raw": {**raw, "help_seconds": help_seconds}}
        if options.out:
            options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(table(summary))
    if options.out:
        say(f"written: {options.out}")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="once, on few rows: shows that it runs")
    parser.add_argument("--repetitions", type=int, default=5, help="measurements to take the median of")
    parser.add_argument("--corpus", choices=list(CORPORA), nargs="+", default=list(CORPORA))
    parser.add_argument("--max-length", type=int, default=128, help="tokens a row is cut to")
    parser.add_argument("--threads", type=int, help="CPU threads; left out, torch's own choice")
    parser.add_argument("--out", type=Path, help="file for all that was measured")
    options = parser.parse_args()
    if options.repetitions < 1 or options.max_length < 8 or (options.threads or 1) < 1:
        parser.error("--repetitions and --threads are at least 1, --max-length at least 8")
    if options.out is None and not options.quick:  # the published numbers are not from a quick run
        options.out = RESULTS
    return options


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def measure(job: Job) -> dict[str, Any]:
    script = Path(__file__).with_name("contestants.py")
    started, before = time.monotonic(), seconds_busy_elsewhere()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, job.as_json()],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{job.contestant} on {job.corpus} failed:\n{done.stderr[-2000:]}")
    elsewhere = (seconds_busy_elsewhere() - before) / (time.monotonic() - started)
    return {**json.loads(done.stdout.splitlines()[-1]), "cores_busy_elsewhere": round(elsewhere, 2)}


def seconds_busy_elsewhere() -> float:
    """Processor seconds that all but this script and its children have used; 0 where the system does not say."""
    counts = Path("/proc/stat")
    if not counts.exists():
        return 0.0
    user, nice, system = map(int, counts.read_text().split()[1:4])
    own = os.times()
    ours = own.user + own.system + own.children_user + own.children_system
    return (user + nice + system) / os.sysconf("SC_CLK_TCK") - ours


def seconds_of_help() -> float:
    command = Path(sys.executable).with_name("pocketbert")
    started = time.perf_counter()
    subprocess.run([command, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def summarise(raw: dict[str, dict[str, list[Any]]], help_seconds: list[float]) -> dict[str, Any]:
    """Medians, ratios of medians, and the bars they are held to."""
    medians = {
        corpus: {
            name: {key: middle(runs, key) for key in ("examples_per_second", "peak_memory_bytes")}
            | {"tokens_with_padding": runs[0]["tokens_with_padding"]}
            for name, runs in contestants.items()
        }
        for corpus, contestants in raw.items()
    }
    ratios = {
        corpus: {
            name: figures[OURS]["examples_per_second"] / figures[name]["examples_per_second"]
            for name in (DEFAULTS, GROUPED)
        }
        for corpus, figures in medians.items()
    }
    runs = [run for contestants in raw.values() for runs in contestants.values() for run in runs]
    summary: dict[str, Any] = {
        "medians": medians,
        "ratios": ratios,
        "help_seconds": median(help_seconds),
        "spoiled": sum(run["cores_busy_elsewhere"] > SPOILED for run in runs),
    }
    bars = []
    if "sst2" in raw:
        views = [run["augmentation"] for run in raw["sst2"][OURS]]
        summary["augmentation"] = {key: middle(views, key) for key in views[0]}
        bars += [
            bar("SST-2 against the defaults", ratios["sst2"][DEFAULTS], at_least=2.2),
            bar("SST-2 against length grouping", ratios["sst2"][GROUPED], at_least=1.1),
            bar(
                "views, share of a step, first epoch",
                summary["augmentation"]["share_first_epoch"],
                at_most=0.03,
            ),
            bar("views, share of a step, later", summary["augmentation"]["share_later_epochs"], at_most=0.03),
        ]
    bars.append(bar("seconds to answer --help", summary["help_seconds"], at_most=0.5))
    return {**summary, "bars": bars}


def middle(runs: list[dict[str, Any]], key: str) -> float:
    return median(run[key] for run in runs)


def bar(
    what: str, value: float, *, at_least: float | None = None, at_most: float | None = None
) -> dict[str, Any]:
    met = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    return {"what": what, "value": value, "at_least": at_least, "at_most": at_most, "met": met}


def table(summary: dict[str, Any]) -> str:
    lines = ["", f"{'':<20}{'':<17}{'examples/s':>11}{'ours, times':>12}{'peak MB':>9}{'tokens':>9}"]
    for corpus, contestants in summary["medians"].items():
        for name, figures in contestants.items():
            ratio = summary["ratios"][corpus].get(name)
            lines.append(
                f"{CORPORA[corpus].title:<20}{name:<17}{figures['examples_per_second']:>11.1f}"
                + (f"{ratio:>12.2f}" if ratio else f"{'':>12}")
                + f"{figures['peak_memory_bytes'] / MEGABYTE:>9.0f}{figures['tokens_with_padding']:>9}"
            )
    if summary["spoiled"]:
        lines.append(
            f"Other work ran during {summary['spoiled']} measurements: repeat this on an idle machine."
        )
    lines.append("")
    for one in summary["bars"]:
        limit = f"at least {one['at_least']}" if one["at_least"] is not None else f"at most {one['at_most']}"
        lines.append(f"{'met ' if one['met'] else 'MISSED':<8}{one['what']:<38}{one['value']:>8.3f}  {limit}")
    return "\n".join(lines)


def describe(
    options: argparse.Namespace, rows: dict[str, tuple[int, int]], repetitions: int
) -> dict[str, Any]:
    """Where, when and with what this was measured."""
    return {
        **measured_on(Path(__file__).parent, PACKAGES),
        "threads": options.threads,
        "seed": SEED,
        "repetitions": repetitions,
        "quick": options.quick,
        "rows_an_update": ROWS_AN_UPDATE,
        "max_length": options.max_length,
        "lora": {"modules": "query, value", "rank": RANK, "alpha": ALPHA, "dropout": 0.0},
        "corpora": {
            name: {"rows": rows[name][0], "texts": texts_like(CORPORA[name], 1, SEED)[1]}
            for name in options.corpus
        },
    }


if __name__ == "__main__":
    main()
