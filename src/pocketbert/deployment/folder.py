"""What lies beside an exported model: labels, vocabulary, tokenizer, card, and how to call it from four languages."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pocketbert.deployment.card import Facts, card
from pocketbert.deployment.formats import FORMATS
from pocketbert.training.answering import LONGEST_ANSWER

if TYPE_CHECKING:
    from jinja2 import Environment
    from transformers import PreTrainedTokenizerFast

    from pocketbert.deployment.gate import Verdict

MODEL = FORMATS["onnx"].file
MODEL_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json")
"""What other programs read beside the graph, as it stands in the run's model."""
EXAMPLES = {
    "onnx": ("example.py", "example.mjs", "Example.kt", "Example.swift"),
    "litert": ("example.py", "Example.kt", "Example.swift"),
    "executorch": ("example.py", "Example.kt", "Example.swift"),
}
"""By format."""
NEEDS_TOKENIZER = ("example.mjs",)
"""onnxruntime-extensions has no build for JavaScript."""


def fill(
    folder: Path,
    files: Mapping[str, bytes],
    facts: Facts,
    tokenizer: PreTrainedTokenizerFast,
    model: Path,
) -> None:
    """Write an export's model files and what they need into a folder; `model` is that of the model they are made of."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    pieces = tokenizer.get_vocab()
    _write_lines(folder / "vocab.txt", sorted(pieces, key=pieces.__getitem__))
    if facts.task.labels:
        _write_lines(folder / "labels.txt", facts.task.labels)
    if facts.thresholds:
        _write_lines(folder / "thresholds.txt", map(repr, facts.thresholds))
    for name in MODEL_FILES:
        if (model / name).exists():
            shutil.copyfile(model / name, folder / name)
    (folder / "card.md").write_text(card(facts), encoding="utf-8")
    for name, text in examples(facts).items():
        (folder / name).write_text(text, encoding="utf-8")


def examples(facts: Facts) -> dict[str, str]:
    """Short programs that answer with the file, by their names."""
    names = [name for name in EXAMPLES[facts.format] if not (facts.reads_text and name in NEEDS_TOKENIZER)]
    kind = "spans" if facts.task.kind == "spans" else "texts"
    return {
        name: _templates()
        .get_template(f"{facts.format}/{kind}/{name}.jinja")
        .render(
            model=FORMATS[facts.format].file,
            pair=facts.task.is_pair,
            labels=facts.task.kind == "classification",
            several=facts.task.kind == "multilabel",
            max_length=facts.max_length,
            stride=facts.stride,
            longest_answer=LONGEST_ANSWER,
            no_answer=facts.no_answer if facts.task.unanswerable else None,
            reads_text=facts.reads_text,
        )
        for name in names
    }


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pocketbert.deployment", "examples"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def degraded_name(path: Path, verdict: Verdict) -> Path:
    """The path, which says so and by how much where the gate was not passed."""
    if verdict.passed:
        return path
    return path.with_name(f"{path.stem}-degraded-{100 * verdict.agreement:.1f}{path.suffix}")
