"""What lies beside an exported model: its card, and how to call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pocketbert.evaluation.schema import Measured

if TYPE_CHECKING:
    from pocketbert.deployment.gate import Verdict
    from pocketbert.evaluation.schema import SplitMetrics
    from pocketbert.tasks import Task


@dataclass(frozen=True)
class Facts:
    """What a card says of a file."""

    task: Task
    made: str
    """How: `dynamic int8, 10% of the layers in fp32`."""
    backbone: str
    data: str
    max_length: int
    size: int
    verdict: Verdict
    split: SplitMetrics
    milliseconds: dict[int, float]
    """By number of tokens: median of one text, one thread, on the exporting machine."""
    processor: str
    version: str


def card(facts: Facts) -> str:
    """The card, in Markdown."""
    task, split = facts.task, facts.split
    reads = "pairs of texts" if task.is_pair else "one text"
    answers = f"one of {len(task.labels)} labels" if task.labels else "a number"
    degraded = [] if facts.verdict.passed else [
        "",
        "**Degraded: this file does not answer as its model does** (written on request, `--allow-degraded`):",
        *(f"- {check}" for check in facts.verdict.failed),
    ]  # fmt: skip
    lines = [
        f"# {task.name}: {facts.made}",
        "",
        f"Reads {reads}, answers {answers}: {task.title.rstrip('.')}. ONNX, {facts.size / 1e6:.1f} MB.",
        *degraded,
        "",
        "## Made from",
        "",
        f"- backbone: {facts.backbone}; fine-tuned on {facts.data}",
        f"- by PocketBERT {facts.version}: LoRA merged, norms folded into the weights, {facts.made}",
        "",
        f"## Measured on this file: {split['n']:,} validation rows",
        "",
        "These rows also chose the checkpoint, so the figures are a little too good.",
        "",
        f"| text | {split['main_metric']} | answers that flip |",
        "|---|--:|--:|",
        f"| clean | {_figure(split['clean'][split['main_metric']])} | |",
        *(
            f"| {name}{'' if suite['seen'] else ' (unseen)'} | {_figure(suite['metrics'][split['main_metric']])} "
            f"| {100 * suite['flip_rate']:.1f} % |"
            for name, suite in split["suites"].items()
        ),
        "",
        "Against the PyTorch model, bounds one-sided at 95 %:",
        "",
        *(f"- {check}" for check in facts.verdict.checks),
        *([f"- {facts.verdict.warning}"] if facts.verdict.warning else []),
        "",
        "## Latency",
        "",
        f"One text, one thread, on {facts.processor}; a phone differs:",
        "",
        *(f"- {tokens} tokens: {value:.1f} ms" for tokens, value in facts.milliseconds.items()),
        "",
        "## Limits",
        "",
        f"- Texts are cut at {facts.max_length} tokens; give the model no longer ones.",
        "- Trained on the data above: on other kinds of text it answers with the same confidence and no warrant.",
        *(
            [
                "- Dynamic int8 takes its scales from the whole batch: ask one text at a time for the figures above."
            ]
            if "dynamic" in facts.made
            else []
        ),
        "",
        "## Licence",
        "",
        "That of the backbone and of the training data; PocketBERT itself, Apache-2.0, adds no terms.",
    ]
    return "\n".join(lines) + "\n"


def _figure(measured: Measured) -> str:
    return f"{100 * measured['value']:.1f} [{100 * measured['low']:.1f}, {100 * measured['high']:.1f}]"


def python_example(task: Task, max_length: int) -> str:
    """A program of twenty lines that answers its arguments: `python example.py TEXT`."""
    answer = (
        'print(f"{float(logits[0]):.3f}")'
        if task.kind == "regression"
        else "shares = np.exp(logits - logits.max())\nshares /= shares.sum()\nbest = int(shares.argmax())\n"
        'print(labels[best], f"{shares[best]:.3f}")'
    )
    labels = (
        ""
        if task.kind == "regression"
        else 'labels = (here / "labels.txt").read_text(encoding="utf-8").splitlines()\n'
    )
    arguments = "TEXT TEXT" if task.is_pair else "TEXT"
    return f'''"""python example.py {arguments}    (pip install numpy onnxruntime tokenizers)"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

here = Path(__file__).parent
session = onnxruntime.InferenceSession(here / "model.onnx", providers=["CPUExecutionProvider"])
tokenizer = Tokenizer.from_file(str(here / "tokenizer.json"))
tokenizer.enable_truncation({max_length})
{labels}
text = tokenizer.encode({"sys.argv[1], sys.argv[2]" if task.is_pair else "sys.argv[1]"})
inputs = {{"input_ids": text.ids, "attention_mask": text.attention_mask, "token_type_ids": text.type_ids}}
logits = session.run(None, {{name: np.array([ids], np.int64) for name, ids in inputs.items()}})[0][0]
{answer}
'''


def javascript_example(task: Task, max_length: int) -> str:
    """The same for transformers.js, in Node or on a page."""
    given = "process.argv[2], { text_pair: process.argv[3], " if task.is_pair else "process.argv[2], { "
    answer = (
        "console.log(logits.data[0]);"
        if task.kind == "regression"
        else "const shares = softmax(logits.data);\nconst best = shares.indexOf(Math.max(...shares));\n"
        "console.log(model.config.id2label[best], shares[best]);"
    )
    names = "AutoModelForSequenceClassification, AutoTokenizer, env"
    names += "" if task.kind == "regression" else ", softmax"
    return f"""// node example.mjs {"TEXT TEXT" if task.is_pair else "TEXT"}    (npm install @huggingface/transformers)

import {{ basename, dirname }} from "node:path";
import {{ fileURLToPath }} from "node:url";
import {{ {names} }} from "@huggingface/transformers";

const here = dirname(fileURLToPath(import.meta.url));
env.allowRemoteModels = false;
env.localModelPath = dirname(here);
const tokenizer = await AutoTokenizer.from_pretrained(basename(here));
const model = await AutoModelForSequenceClassification.from_pretrained(basename(here), {{
  subfolder: "", model_file_name: "model", dtype: "fp32",  // dtype only chooses a file name: the file is as it is
}});

const inputs = tokenizer({given}truncation: true, max_length: {max_length} }});
const {{ logits }} = await model(inputs);
{answer}
"""
