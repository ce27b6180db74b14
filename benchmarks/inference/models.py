"""The models that the benchmark of inference sets side by side, as files: random weights, the shapes people use."""

from __future__ import annotations

import sys
import time
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


def make(work: Path, layers: int | None, *, phones: bool) -> tuple[list[Contestant], float]:
    """All contestants, and the seconds that folding and exporting MobileBERT to fp32 and int8 took.

    With `phones` LiteRT and ExecuTorch files too, which need the libraries of `requirements-edge.lock`.
    """
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
        contestants += [
            TorchFolder(EAGER, folder),
            OnnxFile(STOCK, work / "fixed.onnx", FIXED),
            OnnxFile(ANY, work / f"{name}.onnx"),
        ]
        start = time.perf_counter()
        folded = fold(model)
        exact = to_onnx(folded, {})
        made = {FP32: exact, INT8: to_int8(exact, "dynamic", [])}
        seconds = time.perf_counter() - start
        made[FP16] = to_onnx(in_half(folded, streams=True), {})
        for precision in (FP32, FP16, INT8):
            file = work / f"{precision}.onnx"
            file.write_bytes(made[precision].SerializeToString())
            contestants.append(OnnxFile(precision, file))
        if phones:
            contestants += for_phones(work, folded)
    return contestants, seconds


def for_phones(work: Path, folded: FoldedClassifier) -> list[Contestant]:
    """LiteRT and ExecuTorch, in fp32 and int8."""
    from pocketbert.deployment.executorch import to_executorch
    from pocketbert.deployment.litert import in_precision, to_litert
    from pocketbert.deployment.phone import lengths_up_to

    say("exporting to LiteRT")
    keep = [name for name in HEAD if name in dict(folded.named_parameters())]
    exact = to_litert(folded, lengths_up_to(FIXED), scores="softmax")
    files = {"LiteRT fp32.tflite": exact, "LiteRT int8.tflite": in_precision(exact, "int8", folded, keep)}
    for precision in ("fp32", "int8"):
        say(f"exporting to ExecuTorch, {precision}")
        files[f"ExecuTorch {precision}.pte"] = to_executorch(
            folded, FIXED, scores="softmax", int8=precision == "int8", keep=keep
        )
    for name, content in files.items():
        (work / name).write_bytes(content)
    return [PhoneFile(Path(name).stem, work / name) for name in files]


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
