"""How fast does MobileBERT answer, how large is it, and what would a user have done otherwise?

    python benchmarks/inference/run.py            # the whole matrix, on idle cores
    python benchmarks/inference/run.py --phones   # LiteRT and ExecuTorch too, in the environment of `make test-edge`
    python benchmarks/inference/run.py --quick    # two layers, one cell, once: shows that it runs

The 24-layer shape with random weights in PyTorch, by a stock `torch.onnx` export at a fixed 128 tokens (the usual
recipe for phones), by one of any length, and folded in fp32, fp16 and int8; beside it MiniLM-L6, DistilBERT and
BERT-base, random too.  All take turns in one process, one cell after the other.  Medians and 95th percentiles.
`results.json`, beside this file, keeps every cell once it is measured, and where, and `--work` the models: the same
command goes on where it was stopped, and `--anew` measures again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from bars import bars
from inference_readme import MATRIX, SHORT, page, write_readme
from models import FIXED, INT8, STOCK, make, say

from measured_on import measured_on
from pocketbert.deployment.benchmark import NOTHING, Benchmark, Matrix, measure

RESULTS = Path(__file__).with_name("results.json")
WORK = Path(__file__).parents[2] / "build" / "inference"
PACKAGES = ("torch", "transformers", "onnx", "onnxruntime", "numpy")
SAME = ("versions", "python", "platform", "processor", "cores")
"""What must not differ between the cells of one file."""
SST2_LENGTHS = (10, 14, 17, 20, 23, 26, 29, 32, 37, 44)
"""Tokens of the sentences that stand 5, 15, ... 95 % from the shortest of SST-2's development rows."""
QUICK_LAYERS = 2


def main() -> None:
    options = parse_options()
    if options.tables:
        write_readme(json.loads(RESULTS.read_text(encoding="utf-8")))
        return
    setting = measured_on(RESULTS.parent, PACKAGES)
    if setting["load"] > 1:
        say(f"other work is running (load {setting['load']:.1f}): the ratios will be rough")
    layers = QUICK_LAYERS if options.quick else None
    results = Results(options.out, setting, how(options, layers))
    if options.out and options.out.exists() and not options.anew:
        results.go_on()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) if options.quick else options.work
        work.mkdir(parents=True, exist_ok=True)
        contestants, seconds = make(work, layers, phones=options.phones, anew=options.anew)
        if seconds is not None:
            results.keep("fold_and_export_seconds", seconds)
        two = [one for one in contestants if one.name in (STOCK, INT8)]
        matrix, short = matrices(options)
        for part, those, places in ((SHORT, two, short), (MATRIX, contestants, matrix)):
            keep = partial(results.keep_measured, part)
            measure(those, places, tell, before=results.measured(part), keep=keep)
    found = bars(
        results.measured(MATRIX), results.measured(SHORT), results.content.get("fold_and_export_seconds")
    )
    results.keep("bars", [bar.as_dict() for bar in found])
    print(page(results.content))
    print("two layers, measured once: the bars are for more" if options.quick else "")
    if options.out:
        say(f"written: {options.out}")
    if options.out == RESULTS:
        write_readme(results.content)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two layers, one cell, once: shows that it runs")
    parser.add_argument(
        "--tables", action="store_true", help="only write README.md's tables from results.json"
    )
    parser.add_argument("--phones", action="store_true", help="LiteRT and ExecuTorch too")
    parser.add_argument("--lengths", type=int, nargs="+", default=[16, 32, 64, 128])
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}))
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the models, 2 GB")
    parser.add_argument("--out", type=Path, help="file for all that is measured; left out, results.json")
    parser.add_argument("--anew", action="store_true", help="forget what stands in that file")
    options = parser.parse_args()
    numbers = [*options.lengths, *options.threads, *options.rows, options.turns]
    if max(options.lengths) > FIXED or min(numbers) < 1:
        parser.error(f"lengths are at most {FIXED}, and every number at least 1")
    if options.out is None and not options.quick:  # the published numbers are not from a quick run
        options.out = RESULTS
    return options


def how(options: argparse.Namespace, layers: int | None) -> dict[str, Any]:
    """What cells of one file have in common."""
    matrix, _ = matrices(options)
    return {
        "layers": layers,
        "phones": options.phones,
        "turns": matrix.turns,
        "answers_a_turn": matrix.answers_a_turn,
    }


def matrices(options: argparse.Namespace) -> tuple[Matrix, Matrix]:
    """The whole one, and that of lengths as SST-2's are."""
    if options.quick:
        once = Matrix((16,), (1,), (1,), turns=1, answers_a_turn=2)
        return once, replace(once, lengths=SST2_LENGTHS[:1])
    whole = Matrix(tuple(options.lengths), tuple(options.threads), tuple(options.rows), turns=options.turns)
    return whole, replace(whole, lengths=SST2_LENGTHS, threads=(1,), rows=(1,))


class Results:
    """What is measured, in a file that is written whenever there is more; without one, in memory."""

    def __init__(self, file: Path | None, setting: dict[str, Any], how: dict[str, Any]) -> None:
        self.file = file
        self.content: dict[str, Any] = {"schema": 1, "settings": [setting], "how": how}

    def go_on(self) -> None:
        """Take up what the file holds; ends the program where that was measured otherwise."""
        assert self.file is not None
        stands = json.loads(self.file.read_text(encoding="utf-8"))
        setting, before = self.content["settings"][0], stands["settings"][0]
        other = [name for name in SAME if before[name] != setting[name]]
        if other or stands["how"] != self.content["how"]:
            what = ", ".join(other) or "other options"
            sys.exit(
                f"{self.file} was measured with {what} of its own: give --out FILE, or --anew to replace it"
            )
        self.content = {**stands, "settings": [*stands["settings"], setting]}

    def measured(self, part: str) -> Benchmark:
        return Benchmark.read(self.content[part]) if part in self.content else NOTHING

    def keep_measured(self, part: str, found: Benchmark) -> None:
        self.keep(part, found.as_dict())

    def keep(self, part: str, content: Any) -> None:
        self.content[part] = content
        if self.file:
            unfinished = self.file.with_suffix(".part")
            unfinished.write_text(json.dumps(self.content, indent=1) + "\n", encoding="utf-8")
            unfinished.replace(self.file)


def tell(what: str, done: int, of: int) -> None:
    say(f"{what}: {done} of {of}")


if __name__ == "__main__":
    main()
