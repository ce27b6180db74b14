"""How fast views are drawn, beside nlpaug, TextAttack, EDA and AEDA, and what they cost a training.

The table shows medians; every measurement is a process of its own with one thread, and ours and the peers take
turns.  Rates are sentences a second of processor time.  `speed.json` keeps all that was measured and where.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from ours import Job
from peers.environment import nltk_data, peers_python
from sentences import sentences_of_twenty_words

sys.path.append(str(Path(__file__).parents[1]))

from measured_on import measured_on

HERE = Path(__file__).parent
RESULTS = HERE / "speed.json"
PEERS_FOLDER = HERE.parents[1] / "build" / "augmentation-peers"
SEED = 0
PACKAGES = ("torch", "transformers", "tokenizers", "datasets", "numpy", "textblob", "lemminflect")
PEER_SENTENCES = {"nlpaug": 500, "textattack": 200, "eda": 2_000, "aeda": 20_000}
LEARNED_FROM = 2_000  # sentences from which the peers' tagger learns
REAL_SENTENCES = 100_000
EXAMPLES_A_SECOND = 70  # of the training that a step is measured by
ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1"),
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
}


def main() -> None:
    options = parse_options()
    python = None if options.quick or options.no_peers else environment(options.peers)
    setting = {
        **measured_on(HERE, PACKAGES),
        "seed": SEED,
        "repetitions": options.repetitions,
        "quick": options.quick,
        "sentences": sentences_of_twenty_words(1, SEED)[1],
    }
    if setting["load"] > 1:
        say(f"other work is running (load {setting['load']:.1f}): the figures will be rough")
    raw: dict[str, list[dict[str, Any]]] = {}
    for repetition in range(options.repetitions):
        for job in repeated_jobs(quick=options.quick):
            raw.setdefault(job.what, []).append(measured(job))
            say(f"{repetition + 1}/{options.repetitions} {job.what}: {in_short(raw[job.what][-1])}")
        for name in PEER_SENTENCES if python else ():
            raw.setdefault(name, []).append(measured_peer(python, options.peers, name))
            say(f"{repetition + 1}/{options.repetitions} {name}: {in_short(raw[name][-1])}")
    for job in single_jobs(quick=options.quick):
        raw[job.what] = [measured(job)]
        say(f"{job.what}: {in_short(raw[job.what][-1])}")
    summary = summarise(raw)
    print(table(summary))
    if options.out:
        results = {"schema": 1, "setting": setting, **summary, "raw": raw}
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        say(f"written: {options.out}")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="once, few sentences, no peers: shows that it runs"
    )
    parser.add_argument("--no-peers", action="store_true", help="measure our engine alone")
    parser.add_argument("--peers", type=Path, default=PEERS_FOLDER, help="folder of the peers' environment")
    parser.add_argument("--repetitions", type=int, default=5, help="measurements to take the median of")
    parser.add_argument("--out", type=Path, help="file for all that was measured")
    options = parser.parse_args()
    if options.repetitions < 1:
        parser.error("--repetitions is at least 1")
    if options.quick:
        options.repetitions = 1
    elif options.out is None and not options.no_peers:
        options.out = RESULTS
    return options


def repeated_jobs(*, quick: bool) -> list[Job]:
    """What is measured as often as the options say."""
    few = 300
    return [
        Job("imports", 0, SEED),
        Job("planning", few if quick else 4_000, SEED),
        Job("views", few if quick else 4_096, SEED, rounds=1 if quick else 4),
        Job("training", 2_200 if quick else 20_000, SEED, rounds=1 if quick else 3),
    ]


def single_jobs(*, quick: bool) -> list[Job]:
    """What takes long, or is the same every time."""
    return [
        Job("sustained", 2_200 if quick else 60_000, SEED, workers=1 if quick else 4),
        Job("ids_match", 200 if quick else REAL_SENTENCES, SEED),
        Job("size", 0, SEED),
    ]


def environment(folder: Path) -> Path | None:
    """The peers' interpreter; None, with a word about it, where they cannot be installed."""
    try:
        return peers_python(folder, sentences_of_twenty_words(LEARNED_FROM, SEED)[0])
    except (subprocess.CalledProcessError, OSError) as error:
        say(f"the peers cannot run here: {error}")
        return None


def measured(job: Job) -> dict[str, Any]:
    return _run([sys.executable, "-W", "ignore", HERE / "ours.py", job.as_json()], job.what)


def measured_peer(python: Path, folder: Path, name: str) -> dict[str, Any]:
    sentences, _ = sentences_of_twenty_words(PEER_SENTENCES[name], SEED)
    command = [python, "-W", "ignore", HERE / "peers" / "contestants.py", name]
    places = {"NLTK_DATA": str(nltk_data(folder)), "TA_CACHE_DIR": str(folder / "textattack")}
    return _run(command, name, given=json.dumps(sentences), places=places)


def _run(
    command: list[Any], what: str, given: str | None = None, places: dict[str, str] | None = None
) -> dict[str, Any]:
    surroundings = {**os.environ, **ONE_THREAD, **(places or {})}
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=surroundings)
    if done.returncode:
        sys.exit(f"{what} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def summarise(raw: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians, ratios of medians, and the bars they are held to."""
    ours = {key: middle(raw, "views", key) for key in ("views_per_second", "ids_per_second", "share_changed")}
    ours["planned_per_second"] = middle(raw, "planning", "planned_per_second")
    ours |= {key: middle(raw, "imports", key) for key in ("import_seconds", "first_plan_seconds")}
    rows = {key: middle(raw, "training", key) for key in raw["training"][0]}
    ours["share_of_a_step"] = EXAMPLES_A_SECOND * (rows["seconds_a_row"] - rows["seconds_a_clean_row"])
    ours["share_of_the_first_epoch_to_plan"] = EXAMPLES_A_SECOND * rows["seconds_to_plan_a_row"]
    ours["examples_per_second_with_workers"] = raw["sustained"][0]["examples_per_second"]
    ours["data_bytes"] = raw["size"][0]["data_bytes"]
    peers = {name: middle(raw, name, "per_second") for name in PEER_SENTENCES if name in raw}
    ratios = {name: ours["views_per_second"] / rate for name, rate in peers.items()}
    differing = raw["ids_match"][0]
    bars = [
        bar("views to text a second", ours["views_per_second"], at_least=30_000),
        bar("views to ids a second", ours["ids_per_second"], at_least=20_000),
        bar("sentences planned a second", ours["planned_per_second"], at_least=2_000),
        bar(f"views of {differing['views']:,} with other ids", differing["differing"], at_most=0),
        bar("seconds to import the engine", ours["import_seconds"], at_most=0.5),
        bar("megabytes of data", ours["data_bytes"] / 1e6, at_most=2),
        bar("share of a step, no worker", ours["share_of_a_step"], at_most=0.03),
        bar("examples a second, four workers", ours["examples_per_second_with_workers"], at_least=5_000),
    ]
    if peers:
        bars.append(bar("times nlpaug's synonyms", ratios["nlpaug"], at_least=25))
        bars.append(bar("times TextAttack's WordNet", ratios["textattack"], at_least=500))
    return {"ours": ours, "peers": peers, "ratios": ratios, "bars": bars}


def middle(raw: dict[str, list[dict[str, Any]]], what: str, key: str) -> float:
    return median(run[key] for run in raw[what])


def bar(
    what: str, value: float, *, at_least: float | None = None, at_most: float | None = None
) -> dict[str, Any]:
    met = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
    return {"what": what, "value": value, "at_least": at_least, "at_most": at_most, "met": met}


def table(summary: dict[str, Any]) -> str:
    lines = ["", f"{'sentences of 20 words':<30}{'a second':>12}{'ours, times':>14}"]
    lines.append(f"{'ours, all default operators':<30}{summary['ours']['views_per_second']:>12,.0f}")
    for name, rate in summary["peers"].items():
        lines.append(f"{name:<30}{rate:>12,.0f}{summary['ratios'][name]:>14,.1f}")
    lines.append("")
    for one in summary["bars"]:
        limit = (
            f"at least {one['at_least']:,}" if one["at_least"] is not None else f"at most {one['at_most']:,}"
        )
        lines.append(
            f"{'met ' if one['met'] else 'MISSED':<8}{one['what']:<38}{one['value']:>12,.3f}  {limit}"
        )
    return "\n".join(lines)


def in_short(figures: dict[str, Any]) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {value:,.4g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in figures.items()
    )


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
