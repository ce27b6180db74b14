"""The card of an exported model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pocketbert.deployment.formats import FORMATS
from pocketbert.evaluation.schema import Measured
from pocketbert.wording import markdown

if TYPE_CHECKING:
    from pocketbert.deployment.gate import Verdict
    from pocketbert.evaluation.schema import SplitMetrics
    from pocketbert.tasks import Task

NO_SUITES = "Perturbed text was not scored: the run was trained without robustness suites."


@dataclass(frozen=True)
class Facts:
    """What a card says of a file."""

    task: Task
    made: str
    """How: `dynamic int8, 10% of the layers in fp32`."""
    backbone: str
    licence: str
    """Of the backbone, in a sentence."""
    data: str
    max_length: int
    stride: int
    """Tokens that two windows of one context share where a question leaves room, where answers are spans."""
    thresholds: tuple[float, ...]
    """From which probability on each label is given, where a text may have several."""
    no_answer: float
    """How far the logits of no answer must stand above those of the best span, for there to be none."""
    reads_text: bool
    """Whether the tokenizer is inside the graph."""
    format: str
    """Its name in the table of formats."""
    size: int
    verdict: Verdict
    split: SplitMetrics
    milliseconds: dict[int, float]
    """By number of tokens: median of one text, one thread, on the exporting machine."""
    limits: tuple[str, ...]
    """What the format's maker says of the file."""
    processor: str
    version: str


def card(facts: Facts) -> str:
    """The card, in Markdown."""
    task, split = facts.task, facts.split
    reads, answers = _reads_and_answers(task)
    degraded = [] if facts.verdict.passed else [
        "",
        "**Degraded: this file does not answer as its model does** (written on request, `--allow-degraded`):",
        *(f"- {check}" for check in facts.verdict.failed),
    ]  # fmt: skip
    lines = [
        f"# {markdown(task.name)}: {facts.made}",
        "",
        f"Reads {reads}{_as_strings(task) if facts.reads_text else ''}, answers {answers}: "
        f"{markdown(_sentence(task.title))} {FORMATS[facts.format].title}, {facts.size / 1e6:.1f} MB.",
        *degraded,
        "",
        "## Made from",
        "",
        f"- backbone: {markdown(facts.backbone)}; fine-tuned on {markdown(facts.data)}",
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
        *([] if split["suites"] else ["", NO_SUITES]),
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
        *_limits(facts),
        "",
        "## Licence",
        "",
        f"{facts.licence} The training data may have terms of its own. PocketBERT itself, Apache-2.0, adds none.",
    ]
    return "\n".join(lines) + "\n"


def _reads_and_answers(task: Task) -> tuple[str, str]:
    if task.kind == "spans":
        nothing = ", or that there is none" if task.unanswerable else ""
        return "a question and its context", f"where in the context the answer stands{nothing}"
    reads = "pairs of texts" if task.is_pair else "one text"
    several = "any of" if task.kind == "multilabel" else "one of"
    return reads, f"{several} {len(task.labels)} labels" if task.labels else "a number"


def _sentence(title: str) -> str:
    return title if title.endswith((".", "?", "!")) else f"{title}."


def _as_strings(task: Task) -> str:
    return " as two strings, `text` and `text_pair`" if task.is_pair else " as a string"


def _limits(facts: Facts) -> list[str]:
    cut = f"- Texts are cut at {facts.max_length} tokens"
    cut += "." if facts.reads_text else "; give the model no longer ones."
    if facts.task.kind == "spans":
        cut = (
            f"- A question and its context that take more than {facts.max_length} tokens are read in several windows, "
            f"which share up to {facts.stride} tokens of the context."
        )
    return [
        cut,
        "- Trained on the data above: on other kinds of text it answers with the same confidence and no warrant.",
        *(f"- {limit}" for limit in facts.limits),
    ]


def _figure(measured: Measured) -> str:
    return f"{100 * measured['value']:.1f} [{100 * measured['low']:.1f}, {100 * measured['high']:.1f}]"
