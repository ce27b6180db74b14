"""The models that the benchmark of inference sets side by side, as files: random weights, the shapes people use."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DistilBertConfig,
    MobileBertConfig,
    PretrainedConfig,
)

from pocketbert.backbone.quiet import quiet
from pocketbert.deployment.contestants import Contestant, OnnxFile, PhoneFile, TorchFolder, stock_export
from pocketbert.deployment.fold import fold
from pocketbert.deployment.graph import FoldedClassifier
from pocketbert.deployment.onnx import in_half, to_onnx
from pocketbert.deployment.quantise import HEAD, to_int8
from pocketbert.writing import whole, whole_folder

FIXED = 128
SEED = 0
EAGER, STOCK, ANY, FP32, FP16, INT8 = (
    "PyTorch", f"torch.onnx at {FIXED}", "torch.onnx", "folded fp32", "folded fp16", "folded int8",
)  # fmt: skip

OTHERS = ("MiniLM-L6", "DistilBERT", "BERT-base")


def shapes(layers: int | None) -> dict[str, PretrainedConfig]:
    """By name; `layers` cuts them all down."""
    minilm = {"hidden_size": 384, "num_attention_heads": 12, "intermediate_size": 1536}
    others = (
        BertConfig(num_hidden_layers=layers or 6, **minilm),
        DistilBertConfig(n_layers=layers or 6),
        BertConfig(num_hidden_layers=layers or 12),
    )
    own = MobileBertConfig(classifier_activation=False, num_hidden_layers=layers or 24)
    return {"MobileBERT": own, **dict(zip(OTHERS, others, strict=True))}


def make(
    work: Path, layers: int | None, *, phones: bool, anew: bool = False
) -> tuple[list[Contestant], float | None]:
    """All contestants, and the seconds that folding and exporting MobileBERT to fp32 and int8 took.

    With `phones` LiteRT and ExecuTorch files too, which need the libraries of `requirements-edge.lock`.  What stands
    in `work` already is not made again, and the seconds are None then; `anew` at least takes them again.
    """
    contestants: list[Contestant] = []
    for name, config in shapes(layers).items():
        folder = work / name
        if not folder.is_dir():
            torch.manual_seed(SEED)
            with quiet(), whole_folder(folder) as unfinished:
                AutoModelForSequenceClassification.from_config(config).eval().save_pretrained(unfinished)
        made(work / f"{name}.onnx", partial(stock_export, folder))
        if name == "MobileBERT":
            made(work / "fixed.onnx", partial(stock_export, folder, fixed=FIXED))
            contestants += [TorchFolder(EAGER, folder), OnnxFile(STOCK, work / "fixed.onnx", FIXED)]
        contestants.append(OnnxFile(ANY if name == "MobileBERT" else name, work / f"{name}.onnx"))
    seconds = make_folded(work, anew=anew)
    own = [OnnxFile(precision, work / f"{precision}.onnx") for precision in (FP32, FP16, INT8)]
    if phones:
        own += for_phones(work)
    return [*contestants[:3], *own, *contestants[3:]], seconds


def made(file: Path, make_it: Callable[[Path], object]) -> None:
    """Make a file, whole or not at all, unless it is there."""
    if not file.exists():
        say(f"making {file.name}")
        with whole(file) as unfinished:
            make_it(unfinished)


def folded_model(work: Path) -> FoldedClassifier:
    with quiet():
        return fold(AutoModelForSequenceClassification.from_pretrained(work / "MobileBERT").eval())


def make_folded(work: Path, *, anew: bool) -> float | None:
    """MobileBERT's own files, in three precisions."""
    files = {precision: work / f"{precision}.onnx" for precision in (FP32, INT8, FP16)}
    if not anew and all(file.exists() for file in files.values()):
        return None
    say("folding and exporting MobileBERT")
    start = time.perf_counter()
    folded = folded_model(work)
    exact = to_onnx(folded, {})
    graphs = {FP32: exact, INT8: to_int8(exact, "dynamic", [])}
    seconds = time.perf_counter() - start
    graphs[FP16] = to_onnx(in_half(folded, streams=True), {})
    for precision, graph in graphs.items():
        files[precision].write_bytes(graph.SerializeToString())
    return seconds


def for_phones(work: Path) -> list[Contestant]:
    """LiteRT and ExecuTorch, in fp32 and int8."""
    from pocketbert.deployment.executorch import to_executorch
    from pocketbert.deployment.litert import in_precision, to_litert
    from pocketbert.deployment.phone import lengths_up_to

    folded = folded_model(work)
    keep = [name for name in HEAD if name in dict(folded.named_parameters())]

    def litert() -> bytes:
        return to_litert(folded, lengths_up_to(FIXED), scores="softmax")

    exact = work / "LiteRT fp32.tflite"
    makers: dict[str, Callable[[], bytes]] = {
        exact.name: litert,
        "LiteRT int8.tflite": lambda: in_precision(exact.read_bytes(), "int8", folded, keep),
        **{
            f"ExecuTorch {precision}.pte": partial(
                to_executorch, folded, FIXED, scores="softmax", int8=precision == "int8", keep=keep
            )
            for precision in ("fp32", "int8")
        },
    }
    for name, maker in makers.items():
        made(work / name, lambda file, maker=maker: file.write_bytes(maker()))
    return [PhoneFile(Path(name).stem, work / name) for name in makers]


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
