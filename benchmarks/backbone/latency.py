"""How fast is the bundled encoder in ONNX Runtime, and how large its file, beside another one such as its teacher?

    python benchmarks/backbone/latency.py --teacher FOLDER    # needs onnx, onnxscript and onnxruntime

Both are exported in fp32 with eager attention and free sizes, one text a call; they take turns, and medians count.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from answer_table import write_section
from answers import made_with, weights_of

from pocketbert.backbone.load import BUNDLED_FOLDER
from pocketbert.backbone.quiet import quiet

RESULTS = Path(__file__).with_name("latency.json")
OURS, THEIRS = "backbone", "teacher"
LENGTHS, THREADS = (32, 128), (1, 4)
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
CALLS_A_TURN = 5
TIMES_AS_FAST, SHARE_OF_FILE = 2.0, 0.25  # at length 32, at least; of the other's file, at most
MEGABYTE = 1e6


def main() -> None:
    options = parse_options()
    made = made_with()
    if made["load"] > 1:
        say(f"other work is running (load {made['load']:.1f}): the ratios will be rough")
    folders = {OURS: options.backbone}
    if options.teacher:
        folders[THEIRS] = options.teacher
    with tempfile.TemporaryDirectory() as work:
        files = {name: Path(work) / f"{name}.onnx" for name in folders}
        for name, folder in folders.items():
            export(folder, files[name])
        milliseconds = {
            f"{threads} thread{'s' * (threads > 1)}, length {length}": time_all(
                files, length, threads, options.turns
            )
            for threads, length in product(THREADS, LENGTHS)
        }
        sizes = {name: {"onnx": file.stat().st_size} for name, file in files.items()}
    for name, folder in folders.items():
        sizes[name]["safetensors"] = (folder / "model.safetensors").stat().st_size
    results = {
        "schema": 1,
        **made,
        "onnxruntime": version("onnxruntime"),
        "backbone": weights_of("bundled" if options.backbone == BUNDLED_FOLDER else str(options.backbone)),
        "turns": options.turns,
        "milliseconds": milliseconds,
        "bytes": sizes,
        "bars": bars(milliseconds, sizes) if options.teacher else [],
    }
    print(table(results))
    if options.out:
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        say(f"written: {options.out}")
    if options.out == RESULTS:
        write_section(
            "latency", f"{results['processor']}, load {results['load']:.1f} before:\n\n{table(results)}"
        )


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", type=Path, default=BUNDLED_FOLDER, help="folder of another one")
    parser.add_argument(
        "--teacher", type=Path, help="folder of the encoder to compare with, MiniLM-L6 for the bars"
    )
    parser.add_argument("--turns", type=int, default=60, help=f"turns of {CALLS_A_TURN} calls each")
    parser.add_argument("--quick", action="store_true", help="one turn: shows that it runs")
    parser.add_argument("--out", type=Path, help="file for what was measured")
    options = parser.parse_args()
    for folder in (options.backbone, options.teacher):
        if folder and not (folder / "model.safetensors").is_file():
            parser.error(f"{folder} is no folder with model.safetensors")
    if options.quick:
        options.turns = 1
    elif options.out is None and options.backbone == BUNDLED_FOLDER and options.teacher:
        options.out = RESULTS
    return options


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def export(folder: Path, file: Path) -> None:
    """Write an encoder as ONNX: token ids in, last hidden states out, rows and length free."""
    import torch
    from transformers import AutoModel

    class HiddenStates(torch.nn.Module):
        def __init__(self, encoder: torch.nn.Module) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, *values: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.encoder(**dict(zip(INPUTS, values, strict=True))).last_hidden_state
            return states

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    rows, length = torch.export.Dim("rows", max=1024), torch.export.Dim("length", min=4, max=512)
    with quiet():
        encoder = AutoModel.from_pretrained(
            folder, attn_implementation="eager", dtype=torch.float32, add_pooling_layer=False
        )
        torch.onnx.export(
            HiddenStates(encoder).eval(),
            tuple(torch.ones(2, 16, dtype=torch.int64) for _ in INPUTS),
            file,
            input_names=INPUTS,
            output_names=["states"],
            dynamic_shapes=[tuple({0: rows, 1: length} for _ in INPUTS)],
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    leave_out_notes(file)


def leave_out_notes(file: Path) -> None:
    """Take out what the exporter notes at every node about the code it came from: a megabyte for ours."""
    import onnx

    model = onnx.load(file)
    for node in model.graph.node:
        del node.metadata_props[:]
    onnx.save(model, file)


def time_all(files: dict[str, Path], length: int, threads: int, turns: int) -> dict[str, float]:
    """Median milliseconds of a call, by model; the models take turns."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    sessions = {
        name: onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        for name, file in files.items()
    }
    ids = np.random.default_rng(0).integers(1000, 30000, (1, length))
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    seconds: dict[str, list[float]] = {name: [] for name in sessions}
    for turn in range(turns + 1):  # the first warms up
        for name, session in sessions.items():
            for _ in range(CALLS_A_TURN):
                started = time.perf_counter()
                session.run(None, inputs)
                if turn:
                    seconds[name].append(time.perf_counter() - started)
    return {name: 1000 * median(measured) for name, measured in seconds.items()}


def bars(milliseconds: dict[str, dict[str, float]], sizes: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    """Latency and size against the other encoder."""
    found = []
    for case, figures in milliseconds.items():
        if case.endswith(f"length {LENGTHS[0]}"):
            times = figures[THEIRS] / figures[OURS]
            found.append(
                {"what": f"times as fast, {case}", "value": times, "at_least": TIMES_AS_FAST}
                | {"met": times >= TIMES_AS_FAST}
            )
    share = sizes[OURS]["onnx"] / sizes[THEIRS]["onnx"]
    found.append(
        {"what": "share of its ONNX file", "value": share, "at_most": SHARE_OF_FILE}
        | {"met": share <= SHARE_OF_FILE}
    )
    return found


def table(results: dict[str, Any]) -> str:
    names = list(results["bytes"])
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for case, figures in results["milliseconds"].items():
        lines.append(f"| {case}, ms | " + " | ".join(f"{figures[name]:.2f}" for name in names) + " |")
    for kind in ("onnx", "safetensors"):
        entries = [f"{results['bytes'][name][kind] / MEGABYTE:.1f}" for name in names]
        lines.append(f"| {kind}, MB | " + " | ".join(entries) + " |")
    lines.append("")
    for one in results["bars"]:
        limit = f"at least {one['at_least']}" if "at_least" in one else f"at most {one['at_most']}"
        lines.append(f"{'met' if one['met'] else 'MISSED'}: {one['what']} {one['value']:.3f} ({limit})")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
