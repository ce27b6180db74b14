"""How fast does MobileBERT answer, how large is it, and what would a user have done otherwise?

    python benchmarks/inference/run.py            # the whole matrix: an hour on idle cores
    python benchmarks/inference/run.py --quick    # one cell, once: shows that it runs

The 24-layer shape with random weights in PyTorch, by a stock `torch.onnx` export at a fixed 128 tokens (the usual
recipe for phones), by one of any length, and folded in fp32, fp16 and int8; beside it MiniLM-L6, DistilBERT and
BERT-base, random too.  All take turns in one process, one cell after the other.  Medians and 95th percentiles;
`results.json`, beside this file, keeps them and where they were measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DistilBertConfig,
    MobileBertConfig,
    PretrainedConfig,
)

from pocketbert.backbone.quiet import quiet
from pocketbert.deployment.benchmark import Benchmark, Cell, Matrix, measure
from pocketbert.deployment.contestants import Contestant, OnnxFile, TorchFolder, stock_export
from pocketbert.deployment.fold import fold
from pocketbert.deployment.onnx import in_half, to_onnx
from pocketbert.deployment.quantise import to_int8

sys.path.append(str(Path(__file__).parents[1]))

from measured_on import measured_on

RESULTS = Path(__file__).with_name("results.json")
PACKAGES = ("torch", "transformers", "onnx", "onnxruntime", "numpy")
FIXED = 128
SEED = 0
SST2_LENGTHS = (16, 32, 64)  # tokens; nine in ten sentences of SST-2's development rows have at most 41
QUICK_LAYERS = 2
EAGER, STOCK, ANY, FP32, FP16, INT8 = (
    "PyTorch", f"torch.onnx at {FIXED}", "torch.onnx", "folded fp32", "folded fp16", "folded int8",
)  # fmt: skip


def shapes(layers: int | None) -> dict[str, PretrainedConfig]:
    """The models' shapes; `layers` cuts them all down."""
    minilm = {"hidden_size": 384, "num_attention_heads": 12, "intermediate_size": 1536}
    return {
        "MobileBERT": MobileBertConfig(classifier_activation=False, num_hidden_layers=layers or 24),
        "MiniLM-L6": BertConfig(num_hidden_layers=layers or 6, **minilm),
        "DistilBERT": DistilBertConfig(n_layers=layers or 6),
        "BERT-base": BertConfig(num_hidden_layers=layers or 12),
    }


def main() -> None:
    options = parse_options()
    setting = measured_on(RESULTS.parent, PACKAGES)
    if setting["load"] > 1:
        say(f"other work is running (load {setting['load']:.1f}): the ratios will be rough")
    with tempfile.TemporaryDirectory() as work:
        contestants, seconds = make(Path(work), QUICK_LAYERS if options.quick else None)
        found = measure(contestants, matrix_of(options), tell)
    results: dict[str, Any] = {"schema": 1, "setting": setting, "fold_and_export_seconds": seconds}
    results |= found.as_dict() | {
        "bars": [] if options.quick else bars(found, seconds)
    }  # two layers keep none
    print(table(found))
    print(
        "\n".join(
            f"{'kept  ' if bar['kept'] else 'MISSED'} {bar['name']}: {bar['found']:.2f}"
            for bar in results["bars"]
        )
    )
    if options.out:
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        say(f"written: {options.out}")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="two layers, one cell, once: shows that it runs")
    parser.add_argument("--lengths", type=int, nargs="+", default=[16, 32, 64, 128])
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}))
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--out", type=Path, help="file for all that was measured; left out, results.json")
    options = parser.parse_args()
    if (
        max(options.lengths) > FIXED
        or min(options.lengths + options.threads + options.rows + [options.turns]) < 1
    ):
        parser.error(f"lengths are at most {FIXED}, and every number at least 1")
    if options.out is None and not options.quick:  # the published numbers are not from a quick run
        options.out = RESULTS
    return options


def matrix_of(options: argparse.Namespace) -> Matrix:
    if options.quick:
        return Matrix((16,), (1,), (1,), turns=1, answers_a_turn=2)
    return Matrix(tuple(options.lengths), tuple(options.threads), tuple(options.rows), turns=options.turns)


def make(work: Path, layers: int | None) -> tuple[list[Contestant], float]:
    """All contestants as files, and the seconds that folding and exporting to fp32 and int8 took."""
    contestants: list[Contestant] = []
    seconds = 0.0
    for name, config in shapes(layers).items():
        folder = work / name
        torch.manual_seed(SEED)
        with quiet():
            model = AutoModelForSequenceClassification.from_config(config).eval()
            model.save_pretrained(folder)
        say(f"exporting {name}")
        stock_export(folder, work / f"{name}.onnx")
        if name != "MobileBERT":
            contestants.append(OnnxFile(name, work / f"{name}.onnx"))
            continue
        stock_export(folder, work / "fixed.onnx", FIXED)
        start = time.perf_counter()
        folded = fold(model)
        exact = to_onnx(folded, {})
        made = {FP32: exact, INT8: to_int8(exact, "dynamic", [])}
        seconds = time.perf_counter() - start
        made[FP16] = to_onnx(in_half(folded, streams=True), {})
        contestants += [
            TorchFolder(EAGER, folder),
            OnnxFile(STOCK, work / "fixed.onnx", FIXED),
            OnnxFile(ANY, work / f"{name}.onnx"),
        ]
        for precision in (FP32, FP16, INT8):
            file = work / f"{precision}.onnx"
            file.write_bytes(made[precision].SerializeToString())
            contestants.append(OnnxFile(precision, file))
    return contestants, seconds


def bars(found: Benchmark, seconds: float) -> list[dict[str, Any]]:
    """What the project promises of the 24-layer shape, one text at a time on one thread, and what was found."""
    cells = {(cell.name, cell.tokens, cell.threads, cell.rows): cell for cell in found.cells}
    sizes = {one.name: one.file / 1e6 for one in found.footprints}

    def times_faster(name: str, beside: str, tokens: int) -> float | None:
        pair = [cells.get((one, tokens, 1, 1)) for one in (beside, name)]
        return pair[0].median / pair[1].median if pair[0] and pair[1] else None

    short = [ratio for length in SST2_LENGTHS[:2] if (ratio := times_faster(INT8, STOCK, length))]
    same = [
        cell.median / other.median
        for cell in found.cells
        if cell.name == FP32 and (other := cells.get((ANY, cell.tokens, cell.threads, cell.rows)))
    ]
    demands: list[tuple[str, float | None, float, bool]] = [
        ("int8 against PyTorch, 128 tokens, at least 1.9", times_faster(INT8, EAGER, 128), 1.9, True),
        ("int8 against PyTorch, 32 tokens, at least 2.9", times_faster(INT8, EAGER, 32), 2.9, True),
        ("int8 against the stock export at 128, 16 and 32 tokens, at least 4", mean(short) if short else None, 4, True),
        ("fp32 beside the stock export of any length, median cell, at most 1.03", median(same), 1.03, False),
        ("int8 file in MB, at most 27", sizes[INT8], 27, False),
        ("seconds of folding and exporting to fp32 and int8, at most 60", seconds, 60, False),
    ]  # fmt: skip
    return [
        {"name": name, "found": value, "kept": value >= limit if at_least else value <= limit}
        for name, value, limit, at_least in demands
        if value is not None
    ]


def table(found: Benchmark) -> str:
    """Markdown: a row for each contestant and number of threads and rows, a column for each length."""
    lengths = list(dict.fromkeys(cell.tokens for cell in found.cells))
    sizes = {one.name: one for one in found.footprints}
    groups: dict[tuple[int, int, str], list[Cell]] = {}
    for cell in found.cells:
        groups.setdefault((cell.rows, cell.threads, cell.name), []).append(cell)
    lines = [
        "| texts | threads | model | "
        + " | ".join(f"{length} tokens" for length in lengths)
        + " | file | memory |",
        "|--:|--:|---|" + "--:|" * (len(lengths) + 2),
    ]
    for (rows, threads, name), cells in groups.items():
        times = " | ".join(f"{cell.median:.1f} ({cell.p95:.1f})" for cell in cells)
        one = sizes[name]
        lines.append(
            f"| {rows} | {threads} | {name} | {times} | {one.file / 1e6:.1f} MB | {one.memory / 1e6:.0f} MB |"
        )
    return "\n".join(lines)


def tell(what: str, done: int, of: int) -> None:
    say(f"{what}: {done} of {of}")


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
