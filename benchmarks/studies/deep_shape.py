"""What LoRA saves on MobileBERT's own shape: 24 layers, random weights, texts as long as SST-2's.

Time and memory do not depend on what the weights are; quality does, and is not asked here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from study_answers import Record, change, goal, saving
from ten_tasks import StudyTask

from pocketbert.recipe import Recipe, resolve

ROWS = 768
ADAPTERS = {"qv-8": ("qv", 8, 32.0), "all-4": ("all", 4, 16.0)}
"""The origin's adapter and that of the first study, by name: preset, rank, alpha."""
TITLES = {"full": "full", "qv-8": "LoRA, query and value, rank 8", "all-4": "LoRA, all, rank 4"}
LESS_MEMORY, LESS_TIME = 0.25, 0.30


def random_backbone(folder: Path) -> Path:
    """A folder with the 24-layer model, made once, and the bundled backbone's tokenizer."""
    import torch
    from transformers import AutoTokenizer, MobileBertConfig, MobileBertModel

    from pocketbert.backbone.load import BUNDLED_FOLDER

    if not (folder / "tokenizer_config.json").is_file():
        torch.manual_seed(0)
        MobileBertModel(MobileBertConfig()).save_pretrained(folder)
        AutoTokenizer.from_pretrained(BUNDLED_FOLDER).save_pretrained(folder)
    return folder


def deep_recipes(task: StudyTask, fields: dict[str, Any], backbone: Path) -> dict[str, Recipe]:
    """Full tuning first, then each adapter; one epoch on clean text, no suites."""
    fields = {"data.limit": ROWS} | fields
    fields |= {
        "backbone.name": str(backbone),
        "lora.dropout": 0.0,
        "augmentation.enabled": False,
        "evaluation.suites": "none",
        "evaluation.examples": 0,
    }
    stage = {"epochs": 1, "data": "clean"}
    found = {"full": resolve(task.task, fields, stage | {"method": "full"})}
    for name, (preset, rank, alpha) in ADAPTERS.items():
        adapter = {"lora.preset": preset, "lora.rank": rank, "lora.alpha": alpha}
        found[name] = resolve(task.task, fields | adapter, stage | {"method": "lora"})
    return found


def deep_table(record: Record | None) -> str:
    """A row for each way of training, and how savings stand to the goals."""
    if record is None:
        return "Not run yet."
    lines = ["| 24 layers | trains | time | memory above imports |", "|---|--:|---|---|"]
    for name, title in TITLES.items():
        cost = record["variants"][name]["cost"]
        seconds, memory = cost["seconds"], cost["peak_memory_bytes"]
        cells = [f"{cost['trainable'] / cost['parameters']:.2%}"]
        if name == "full":
            cells += [f"{sum(seconds) / len(seconds):.0f} s", f"{sum(memory) / len(memory) / 2**20:.0f} MiB"]
        else:
            cells += [
                change(saving(record, name, "seconds")),
                change(saving(record, name, "peak_memory_bytes")),
            ]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(deep_goal(record, name) for name in ADAPTERS)])


def deep_goal(record: Record, name: str) -> str:
    memory = -saving(record, name, "peak_memory_bytes")["value"]
    time = -saving(record, name, "seconds")["value"]
    return goal(
        memory >= LESS_MEMORY and time >= LESS_TIME,
        f"{TITLES[name]} takes {memory:.0%} less memory (at least 25 %, aim 35 %) and {time:.0%} less time "
        "(at least 30 %) than full tuning",
    )
