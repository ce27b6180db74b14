"""What a run leaves loads in a fresh process with peft and transformers alone, head included."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from steps import logits, relative_difference, train

from disks import fill, small_disk
from pocketbert.adaptation import LoraSettings, apply_method, merge, save_adapter
from pocketbert.backbone import classifier, load_classifier, save_base, save_classifier

LABELS = ("bug", "praise", "question")
VARIANTS: dict[str, LoraSettings] = {
    "qv": LoraSettings(),
    "all": LoraSettings(preset="all"),
    "rslora": LoraSettings(options={"use_rslora": True}),
    "dora": LoraSettings(preset="all", options={"use_dora": True}),
    "pissa": LoraSettings(preset="all", options={"init_lora_weights": "pissa"}),
    "pissa-rslora": LoraSettings(options={"init_lora_weights": "pissa", "use_rslora": True}),
    "pissa-dora": LoraSettings(options={"init_lora_weights": "pissa", "use_dora": True}),
    "pissa-ranks": LoraSettings(
        preset="attention",
        options={
            "init_lora_weights": "pissa",
            "use_rslora": True,
            "rank_pattern": {"query": 4},
            "alpha_pattern": {"value": 7},
        },
    ),
    "olora": LoraSettings(preset="all", options={"init_lora_weights": "olora"}),
    "bias": LoraSettings(options={"bias": "lora_only"}),
    "norm-kept": LoraSettings(options={"modules_to_save": ["embeddings.LayerNorm"]}),
}
READ = """
import json, sys
from pathlib import Path
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

root = Path(sys.argv[1])
batch = load_file(root / "batch.safetensors")
answers = {}
for run in sorted(path for path in root.iterdir() if path.is_dir()):
    told = json.loads((run / "adapter" / "adapter_config.json").read_text())
    base = AutoModelForSequenceClassification.from_pretrained(told["base_model_name_or_path"])
    whole = AutoModelForSequenceClassification.from_pretrained(run / "model")
    assert base.config.id2label == whole.config.id2label == {0: "bug", 1: "praise", 2: "question"}
    with torch.no_grad():
        adapted = PeftModel.from_pretrained(base, run / "adapter").eval()
        answers[f"{run.name}.adapter"] = adapted(**batch).logits
        answers[f"{run.name}.model"] = whole.eval()(**batch).logits
save_file(answers, root / "answers.safetensors")
"""


@pytest.fixture
def model(backbone):
    return classifier(backbone, labels=LABELS, regression=False, seed=0)


def leave_a_run(model, backbone, batch, settings: LoraSettings, run: Path) -> torch.Tensor:
    """Train a stage as a run does and return its logits before merging."""
    save_base(model, backbone.tokenizer, run / "base")
    adapted = train(apply_method(model, "lora", settings, seed=3), batch)
    answers = logits(adapted, batch)
    save_adapter(adapted, run / "adapter", base=run / "base")
    save_classifier(merge(adapted), backbone.tokenizer, run / "model")
    return answers


def test_a_fresh_process_gives_the_same_logits(backbone, batch, tmp_path):
    root = tmp_path / "runs"
    expected = {}
    for name, settings in VARIANTS.items():
        model = classifier(backbone, labels=LABELS, regression=False, seed=0)
        expected[name] = leave_a_run(model, backbone, batch, settings, root / name)
    save_file({name: value.contiguous() for name, value in batch.items()}, root / "batch.safetensors")
    subprocess.run([sys.executable, "-c", READ, str(root)], check=True, capture_output=True, timeout=300)
    answers = load_file(root / "answers.safetensors")
    differences = {
        name: relative_difference(expected[name.rpartition(".")[0]], value) for name, value in answers.items()
    }
    assert len(differences) == 2 * len(VARIANTS)
    assert {name: value for name, value in differences.items() if not value <= 1e-5} == {}


def test_the_adapter_of_a_second_stage_goes_over_what_the_first_left(model, backbone, batch, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForSequenceClassification

    model = merge(train(apply_method(model, "full", LoraSettings()), batch))
    model = merge(train(apply_method(model, "lora", LoraSettings(preset="ffn")), batch))
    answers = leave_a_run(model, backbone, batch, LoraSettings(), tmp_path / "run")
    base = AutoModelForSequenceClassification.from_pretrained(tmp_path / "run" / "base")
    loaded = PeftModel.from_pretrained(base, tmp_path / "run" / "adapter").eval()
    assert relative_difference(answers, logits(loaded, batch)) <= 1e-5


def test_the_files_say_what_they_are(model, backbone, batch, tmp_path):
    leave_a_run(model, backbone, batch, VARIANTS["pissa"], tmp_path / "run")
    told = json.loads((tmp_path / "run" / "adapter" / "adapter_config.json").read_text())
    assert told["base_model_name_or_path"] == str(tmp_path / "run" / "base")
    assert told["task_type"] == "SEQ_CLS"
    assert (told["init_lora_weights"], told["r"], told["lora_alpha"]) == (True, 16, 64)
    assert told["target_modules"] == sorted(told["target_modules"])
    assert told["modules_to_save"].count("classifier") == 1
    tokenizer = json.loads((tmp_path / "run" / "model" / "tokenizer.json").read_text())
    assert (tokenizer["padding"], tokenizer["truncation"]) == (None, None)
    adapter = load_file(tmp_path / "run" / "adapter" / "adapter_model.safetensors")
    assert {"base_model.model.classifier.weight", "base_model.model.classifier.bias"} <= set(adapter)
    base = load_file(tmp_path / "run" / "base" / "model.safetensors")
    assert not any("classifier" in name for name in base)
    assert not base["embeddings.word_embeddings.weight"][0].any()
    assert sorted(path.name for path in (tmp_path / "run" / "model").iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


@pytest.mark.parametrize("preset", ["qv", "all"])
def test_the_base_is_saved_as_it_was_though_pissa_changes_it(model, backbone, batch, tmp_path, preset):
    settings = LoraSettings(preset=preset, options={"init_lora_weights": "pissa"})
    leave_a_run(model, backbone, batch, settings, tmp_path / "run")
    base = load_file(tmp_path / "run" / "base" / "model.safetensors")
    assert all(torch.equal(weight, base[name]) for name, weight in backbone.encoder.state_dict().items())


def test_a_saved_classifier_loads_whole(model, backbone, batch, tmp_path):
    train(apply_method(model, "full", LoraSettings()), batch)
    save_classifier(model, backbone.tokenizer, tmp_path / "model")
    loaded, tokenizer = load_classifier(tmp_path / "model")
    assert torch.equal(logits(model, batch), logits(loaded, batch))
    assert tokenizer("the cat")["input_ids"] == backbone.tokenizer("the cat")["input_ids"]


def test_a_classifier_without_its_head_is_refused(model, backbone, tmp_path):
    from pocketbert.errors import PocketBertError

    save_base(model, backbone.tokenizer, tmp_path / "base")
    with pytest.raises(PocketBertError, match="classifier") as caught:
        load_classifier(tmp_path / "base")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("room", [0, 4096])
def test_a_full_disk_is_one_line_that_says_what_to_do(model, tmp_path, room):
    from pocketbert.errors import PocketBertError

    adapted = apply_method(model, "lora", LoraSettings())
    with small_disk(tmp_path / "disk", 1) as disk:
        fill(disk, room)
        with pytest.raises(PocketBertError) as caught:
            save_adapter(adapted, disk / "adapter", base="base")
        told = str(caught.value)
    assert (
        told == f"cannot write the adapter to {disk / 'adapter'}: the disk is full; make room and try again"
    )


def test_saving_adapters_of_a_model_without_any_is_a_mistake(model, tmp_path):
    with pytest.raises(TypeError, match="adapters"):
        save_adapter(model, tmp_path, base="base")
