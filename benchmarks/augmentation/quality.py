"""How many views are wrong by a reader's judgement: ours without and with the context guard, and the peers'.

`draw` writes a sheet for the reader, views of all engines in any order, and a key that the reader must not open.
`tally` takes the sheet that the reader filled in and writes `quality.json` and `quality-judged.csv`.

python benchmarks/augmentation/quality.py draw --out FOLDER [--trial] [--seed N] [--views N] [--peers FOLDER]
python benchmarks/augmentation/quality.py tally FOLDER --judge WHO
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from peers.environment import nltk_data, peers_python
from record import FOLDER, commit, record
from speed import LEARNED_FROM, ONE_THREAD, PEERS_FOLDER
from training_texts import TASK_FILES

from pocketbert.augmentation import Engine, Policy, presets
from pocketbert.tasks import load_task

SEED = 7
VIEWS = 200
PEERS = ("nlpaug", "textattack", "textattack_easydata", "eda", "aeda")
OURS, GUARDED = "ours", "ours, context guard"
LEFT_OUT = ("related", "typo")
"""Of the presets: a wider or neighbouring word changes the meaning by design, and slips of the pen are noise."""
SHORTEST, LONGEST = 6, 40  # words of a sentence
CONFIDENCE = 0.95
BARS = {OURS: 0.12, GUARDED: 0.08}
SHEET, KEY, JUDGED = "sheet.csv", "key.json", "quality-judged.csv"
VERDICTS = ("fine", "wrong")


@dataclass(frozen=True)
class Sentence:
    """A sentence, and where it stands: the row of its file from 0, and the sentence of that row."""

    task: str
    row: int
    sentence: int
    text: str


@dataclass(frozen=True)
class Item:
    """A view of a sentence, the engines that made this very view, and which operators did, where they are ours."""

    sentence: Sentence
    view: str
    engines: tuple[str, ...]
    operators: tuple[str, ...] = ()


def main() -> None:
    options = parse_options()
    if options.command == "draw":
        draw(options)
    else:
        tally(options.folder, options.judge)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw", help="write a sheet to judge, and its key")
    drawing.add_argument("--out", type=Path, required=True, help="new folder for sheet and key")
    drawing.add_argument("--trial", action="store_true", help="from rows that operators were tuned on")
    drawing.add_argument("--views", type=int, default=VIEWS, help="views of ours, and of all peers together")
    drawing.add_argument("--seed", type=int, default=SEED, help="seed of sentences, views and order")
    drawing.add_argument("--no-peers", action="store_true", help="ours alone: nobody is blind then")
    drawing.add_argument("--peers", type=Path, default=PEERS_FOLDER, help="folder of the peers' environment")
    drawing.add_argument("--data", type=Path, default=TASK_FILES, help="folder of the tasks' files")
    tallying = commands.add_parser("tally", help="count what the reader wrote into the sheet")
    tallying.add_argument("folder", type=Path, help="folder of sheet and key")
    tallying.add_argument("--judge", required=True, help="who judged, and what they knew")
    return parser.parse_args()


# Drawing


def draw(options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True)
    random.seed(options.seed)
    every = {
        task: sentences_of(task, options.data, trial=options.trial) for task in ("sst2", "medical_abstracts")
    }
    items: list[Item] = []
    for task, sentences in every.items():
        random.shuffle(sentences)
        rest = iter(sentences)
        items += our_items(task, rest, options.views // len(every), options.seed)
        if not options.no_peers:
            share = options.views // len(every) // len(PEERS)
            for name in PEERS:
                items += peer_items(name, rest, share, options.peers)
    random.shuffle(items)
    write_sheet(options.out / SHEET, items)
    told = {"trial": options.trial, "seed": options.seed, "commit": commit()}
    told["items"] = [asdict(item) for item in items]
    (options.out / KEY).write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(f"{len(items)} views to judge: {options.out / SHEET}")


def sentences_of(task: str, data: Path, *, trial: bool) -> list[Sentence]:
    """The sentences that views are drawn of, each once.

    SST-2: development rows.  Medical abstracts: of the rows held back as test split, every second one, as the others
    were read while `reorder` was tuned.  For a trial: SST-2's training rows, and those other rows.
    """
    rows = sst2_rows(data, trial=trial) if task == "sst2" else medical_rows(data, trial=trial)
    found: dict[str, Sentence] = {}
    for row, text in rows:
        for number, sentence in enumerate(split_sentences(text) if task != "sst2" else [text]):
            if SHORTEST <= len(sentence.split()) <= LONGEST:
                found.setdefault(sentence, Sentence(task, row, number, sentence))
    return list(found.values())


def sst2_rows(data: Path, *, trial: bool) -> Iterator[tuple[int, str]]:
    with (data / "glue" / "SST-2" / ("train.tsv" if trial else "dev.tsv")).open(encoding="utf-8") as lines:
        next(lines)
        for row, line in enumerate(lines):
            yield row, line.split("\t")[0].strip()


def medical_rows(data: Path, *, trial: bool) -> Iterator[tuple[int, str]]:
    from pocketbert.data import DataSettings
    from pocketbert.data.loading import load

    folder = data / "medical_abstracts"
    test = load(DataSettings(source="medical_abstracts", data_dir=folder)).test
    held_back = set(test["text"]) if test is not None else set()
    with (folder / "medical_tc_test.csv").open(encoding="utf-8", newline="") as file:
        for row, values in enumerate(csv.DictReader(file)):
            text = values["medical_abstract"]
            if row % 2 == 0 if trial else row % 2 == 1 and text in held_back:
                yield row, text


def split_sentences(text: str) -> list[str]:
    """By a rule of this script's own: a mark at the end, and a capital after it."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text)]


def our_items(task: str, sentences: Iterator[Sentence], count: int, seed: int) -> list[Item]:
    """So many views without the context guard, and so many with it, of the same sentences as far as both have one.

    A view that both make is judged once.
    """
    from pocketbert.augmentation.context import ContextGuard
    from pocketbert.backbone.in_context import WordsInContext

    preset = load_task(task).augmentation
    weights = {name: weight for name, weight in presets()[preset].operators.items() if name not in LEFT_OUT}
    policy = Policy(preset=preset, operators=weights, clean_share=0)
    engines = {OURS: Engine(policy, seed=seed), GUARDED: Engine(policy, seed=seed)}
    guard = ContextGuard(WordsInContext.load("bundled"))
    drawn: dict[str, int] = dict.fromkeys(engines, 0)
    items: list[Item] = []
    for row, sentence in enumerate(sentences):
        wanted = [name for name in engines if drawn[name] < count]
        if not wanted:
            break
        engines[GUARDED].prepare([sentence.text], refiners=[guard])
        made: dict[str, list[str]] = {}
        operators: dict[str, tuple[str, ...]] = {}
        for name in wanted:
            view = engines[name].view((sentence.text,), epoch=0, row=row)
            if not view.clean:
                drawn[name] += 1
                made.setdefault(view.texts[0], []).append(name)
                operators[view.texts[0]] = view.operators
        items += [Item(sentence, view, tuple(names), operators[view]) for view, names in made.items()]
    return items


def peer_items(name: str, sentences: Iterator[Sentence], count: int, folder: Path) -> list[Item]:
    """So many views of a peer that are not their sentence again."""
    given = [next(sentences) for _ in range(2 * count)]
    views = peer_views(name, [sentence.text for sentence in given], folder)
    changed = [
        Item(sentence, view, (name,))
        for sentence, view in zip(given, views, strict=True)
        if view.split() != sentence.text.split()
    ]
    return changed[:count]


def peer_views(name: str, texts: Sequence[str], folder: Path) -> list[str]:
    from sentences import sentences_of_twenty_words

    python = peers_python(folder, sentences_of_twenty_words(LEARNED_FROM, 0)[0])
    places = {"NLTK_DATA": str(nltk_data(folder)), "TA_CACHE_DIR": str(folder / "textattack")}
    command = [python, "-W", "ignore", FOLDER / "peers" / "contestants.py", name, "views"]
    done = subprocess.run(
        command,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        env={**os.environ, **ONE_THREAD, **places},
    )
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr[-2000:]}")
    views: list[str] = json.loads(done.stdout.splitlines()[-1])
    return views


def write_sheet(path: Path, items: Iterable[Item]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("number", "text", "view", "verdict", "reason"))
        for number, item in enumerate(items, 1):
            writer.writerow((number, item.sentence.text, item.view, "", ""))


# Counting


def tally(folder: Path, judge: str) -> None:
    key = json.loads((folder / KEY).read_text(encoding="utf-8"))
    with (folder / SHEET).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    judged = list(zip(rows, key["items"], strict=True))
    for row, item in judged:
        row["verdict"] = row["verdict"].strip().casefold()
        if row["verdict"] not in VERDICTS:
            sys.exit(f"{folder / SHEET}: number {row['number']} is '{row['verdict']}'; write fine or wrong")
        if row["view"] != item["view"]:
            sys.exit(f"{folder / SHEET}: number {row['number']} is not the view that the key has there")
    engines = {
        name: rate(judged, lambda item, name=name: name in item["engines"])
        for name in (OURS, GUARDED, *PEERS)
    }
    engines = {name: one for name, one in engines.items() if one["of"]}
    operators = sorted({name for _, item in judged for name in item["operators"]})
    answer = {
        "judge": judge,
        "trial": key["trial"],
        "seed": key["seed"],
        "drawn_at_commit": key["commit"],
        "left_out": LEFT_OUT,
        "views": len(judged),
        "engines": engines,
        "error_rates": {
            name: rate(judged, lambda item, name=name: OURS in item["engines"] and name in item["operators"])
            for name in operators
        },
        "error_rates_with_context_guard": {
            name: rate(
                judged, lambda item, name=name: GUARDED in item["engines"] and name in item["operators"]
            )
            for name in operators
        },
        "bars": [
            {
                "what": name,
                "at_most": most,
                "value": engines[name]["share"],
                "met": bool(engines[name]["share"] <= most),
            }
            for name, most in BARS.items()
        ],
    }
    print(table(answer))
    if key["trial"]:
        print("a trial: nothing is published")
        return
    write_judged(FOLDER / JUDGED, judged)
    record("quality", answer)


def rate(judged: Sequence[tuple[dict[str, str], dict[str, Any]]], counts: Any) -> dict[str, Any]:
    """How many of those that count are wrong, with Wilson's interval."""
    from pocketbert.evaluation.intervals import proportion

    wrong = [row["verdict"] == "wrong" for row, item in judged if counts(item)]
    share = proportion(wrong, CONFIDENCE)
    return {
        "wrong": sum(wrong),
        "of": len(wrong),
        "share": share["value"],
        "low": share["low"],
        "high": share["high"],
    }


def write_judged(path: Path, judged: Sequence[tuple[dict[str, str], dict[str, Any]]]) -> None:
    """Every verdict, with where its sentence stands and a hash of the view: the texts themselves are others'."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            (
                "number",
                "task",
                "row",
                "sentence",
                "engines",
                "operators",
                "taken out",
                "put in",
                "view",
                "verdict",
                "reason",
            )
        )
        for row, item in judged:
            place, view = item["sentence"], item["view"]
            old, new = Counter(place["text"].split()), Counter(view.split())
            writer.writerow(
                (
                    row["number"], place["task"], place["row"], place["sentence"], "; ".join(item["engines"]),
                    "; ".join(item["operators"]), " ".join((old - new).elements()), " ".join((new - old).elements()),
                    blake2b(view.encode(), digest_size=8).hexdigest(), row["verdict"], row["reason"],
                )
            )  # fmt: skip


def table(answer: dict[str, Any]) -> str:
    lines = [f"{'':<32}{'wrong':>7}{'of':>6}{'share':>8}   95 % interval"]
    groups = (
        answer["engines"],
        {f"{name}": one for name, one in answer["error_rates"].items()},
        {f"{name}, guarded": one for name, one in answer["error_rates_with_context_guard"].items()},
    )
    for group in groups:
        for name, one in group.items():
            interval = f"{one['low']:.1%} to {one['high']:.1%}"
            lines.append(f"{name:<32}{one['wrong']:>7}{one['of']:>6}{one['share']:>8.1%}   {interval}")
        lines.append("")
    for bar in answer["bars"]:
        lines.append(f"{'met' if bar['met'] else 'MISSED'}: {bar['what']} at most {bar['at_most']:.0%}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
