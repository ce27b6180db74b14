"""Loading a backbone from a folder or the package: what arrives, and what is refused in one line."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, MobileBertForPreTraining

from disks import fill, small_disk
from pocketbert.backbone import BackboneSettings, load_backbone, save_base
from pocketbert.errors import ArgumentError, PocketBertError

TEXTS = ["the cat sat on the mat .", "dog ran"]


def load(folder: Path | str):
    return load_backbone(BackboneSettings(name=str(folder)))


def one_line(caught: pytest.ExceptionInfo) -> str:
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message


def edit_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def relative_difference(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).detach().abs().max() / a.detach().abs().max())


def test_pre_training_heads_are_left_out_and_the_encoder_is_the_files(write_model):
    folder = write_model()
    encoder = load(folder).encoder
    reference = MobileBertForPreTraining.from_pretrained(folder).mobilebert
    for name, weight in encoder.state_dict().items():
        expected = reference.state_dict()[name].clone()
        if name == "embeddings.word_embeddings.weight":
            expected[0] = 0
        assert torch.equal(weight, expected), name


def test_padded_and_unpadded_outputs_are_equal(write_model):
    backbone = load(write_model())
    together = backbone.tokenizer(TEXTS, padding=True, return_tensors="pt")
    alone = backbone.tokenizer(TEXTS[1:], return_tensors="pt")
    length = alone["input_ids"].shape[1]
    padded = backbone.encoder(**together).last_hidden_state[1:, :length]
    unpadded = backbone.encoder(**alone).last_hidden_state
    assert relative_difference(unpadded, padded) <= 1e-5


def test_without_the_zeroed_row_padding_would_leak(write_model):
    folder = write_model()
    backbone = load(folder)
    raw = MobileBertForPreTraining.from_pretrained(folder).mobilebert.eval()
    together = backbone.tokenizer(TEXTS, padding=True, return_tensors="pt")
    alone = backbone.tokenizer(TEXTS[1:], return_tensors="pt")
    length = alone["input_ids"].shape[1]
    padded = raw(**together).last_hidden_state[1:, :length]
    assert relative_difference(raw(**alone).last_hidden_state, padded) > 1e-3


def test_half_precision_files_load_as_fp32(write_model):
    folder = write_model()
    weights = {name: value.half() for name, value in load_file(folder / "model.safetensors").items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    edit_config(folder, dtype="float16")
    assert {weight.dtype for weight in load(folder).encoder.parameters()} == {torch.float32}


def test_loading_leaves_the_global_random_state_alone(write_model):
    folder = write_model()
    before = torch.get_rng_state()
    load(folder)
    assert torch.equal(torch.get_rng_state(), before)


def test_loading_tells_nothing(write_model, capfd):
    folder = write_model()
    capfd.readouterr()
    load(folder)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before zip"])
def test_an_older_pickle_loads_as_plain_tensors_and_is_saved_as_safetensors(write_model, tmp_path, zipped):
    folder = write_model(pickled=True)
    weights = torch.load(folder / "pytorch_model.bin", weights_only=True)
    torch.save(weights, folder / "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
    backbone = load(folder)
    expected = load(write_model("same")).encoder.state_dict()
    assert all(torch.equal(weight, expected[name]) for name, weight in backbone.encoder.state_dict().items())
    assert "pytorch_model.bin" in backbone.source
    save_base(backbone, backbone.tokenizer, tmp_path / "base")
    assert (tmp_path / "base" / "model.safetensors").exists()
    assert not list((tmp_path / "base").glob("*.bin"))


class RunsCode:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return (Path.touch, (self.trace,))


@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_a_pickle_that_would_run_code_is_refused_and_runs_none(write_model, tmp_path, writer):
    folder = write_model(pickled=True)
    trace = tmp_path / "trace"
    content = {"weight": torch.zeros(2), "other": RunsCode(trace)}
    path = folder / "pytorch_model.bin"
    if writer == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    with pytest.raises(PocketBertError) as caught:
        load(folder)
    assert "pytorch_model.bin" in one_line(caught)
    assert not trace.exists()


@pytest.mark.parametrize("key", ["config.json", "tokenizer_config.json"])
def test_a_model_that_asks_for_code_of_its_own_is_refused(write_model, key):
    folder = write_model()
    content = json.loads((folder / key).read_text())
    (folder / key).write_text(
        json.dumps({**content, "auto_map": {"AutoModel": "evil.Model", "AutoTokenizer": "evil.T"}})
    )
    (folder / "evil.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ArgumentError) as caught:
        load(folder)
    assert "auto_map" in one_line(caught)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("pickled", "file"),
    [(False, "model.safetensors"), (True, "pytorch_model.bin")],
    ids=["safetensors", "pickle"],
)
def test_truncated_weights(write_model, pickled, file):
    folder = write_model(pickled=pickled)
    truncate(folder / file)
    with pytest.raises(PocketBertError) as caught:
        load(folder)
    assert file in one_line(caught)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"{}", b"\x10\0\0\0\0\0\0\0{not json at all}"])
@pytest.mark.parametrize("pickled", [False, True])
def test_rubbish_weights(write_model, content, pickled):
    folder = write_model(pickled=pickled)
    (folder / ("pytorch_model.bin" if pickled else "model.safetensors")).write_bytes(content)
    with pytest.raises(PocketBertError) as caught:
        load(folder)
    one_line(caught)


def test_a_config_without_weights(write_model):
    folder = write_model()
    (folder / "model.safetensors").unlink()
    with pytest.raises(ArgumentError, match="no weights") as caught:
        load(folder)
    one_line(caught)


def test_a_folder_that_is_no_model(tmp_path):
    with pytest.raises(ArgumentError, match=r"no config\.json$"):
        load(tmp_path)


def test_a_run_folder_says_where_its_model_is(tmp_path, write_model):
    model = write_model("model")
    with pytest.raises(ArgumentError, match=f"no config.json; name the model of that run, {model}"):
        load(tmp_path)


def test_a_model_that_generates_text(write_model):
    folder = write_model()
    GPT2Config().save_pretrained(folder)
    with pytest.raises(ArgumentError, match="'gpt2'") as caught:
        load(folder)
    one_line(caught)


@pytest.mark.parametrize(
    "changes",
    [{"model_type": "mobilbert"}, {"model_type": None, "architectures": None}, {"hidden_size": "wide"}],
)
def test_a_config_that_describes_nothing_known(write_model, changes):
    folder = write_model()
    edit_config(folder, **changes)
    with pytest.raises(ArgumentError) as caught:
        load(folder)
    one_line(caught)


def test_a_config_from_before_model_types_existed(write_model):
    folder = write_model()
    edit_config(folder, model_type=None)
    assert load(folder).encoder.config.model_type == "mobilebert"


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_damaged_config(write_model, text):
    folder = write_model()
    (folder / "config.json").write_text(text)
    with pytest.raises(ArgumentError, match=r"config\.json") as caught:
        load(folder)
    one_line(caught)


def test_weights_of_another_size(write_model):
    folder = write_model()
    edit_config(folder, intermediate_size=48)
    with pytest.raises(PocketBertError, match="24") as caught:
        load(folder)
    one_line(caught)


def test_weights_that_lack_a_layer(write_model):
    folder = write_model()
    edit_config(folder, num_hidden_layers=3)
    with pytest.raises(PocketBertError, match=r"layer\.2\.") as caught:
        load(folder)
    one_line(caught)


def test_weights_that_are_no_numbers(write_model):
    folder = write_model()
    weights = load_file(folder / "model.safetensors")
    weights["mobilebert.embeddings.position_embeddings.weight"][3, 3] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(PocketBertError, match="position_embeddings") as caught:
        load(folder)
    one_line(caught)


def test_a_vocabulary_larger_than_the_embedding(write_model, tokenizer):
    folder = write_model()
    tokenizer.add_tokens(["extraordinarily", "large"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(ArgumentError, match="different models") as caught:
        load(folder)
    one_line(caught)


def test_no_tokenizer(write_model):
    folder = write_model()
    for path in folder.glob("*"):
        if path.name not in ("config.json", "model.safetensors"):
            path.unlink()
    with pytest.raises(ArgumentError, match="no tokenizer") as caught:
        load(folder)
    one_line(caught)


def test_a_damaged_tokenizer(write_model):
    folder = write_model()
    (folder / "tokenizer.json").write_text('{"version": "1.0"')
    with pytest.raises(ArgumentError, match="tokenizer") as caught:
        load(folder)
    one_line(caught)


def test_a_file_instead_of_a_folder(write_model):
    with pytest.raises(ArgumentError, match="is a file"):
        load(write_model() / "model.safetensors")


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "~/nowhere-at-all", "a/b/c", "owner/"])
def test_a_path_that_leads_nowhere(name):
    with pytest.raises(ArgumentError, match="no folder") as caught:
        load(name)
    assert "bundled" in one_line(caught)


def test_a_name_no_disk_can_hold():
    with pytest.raises(ArgumentError, match=r"cannot read|no folder") as caught:
        load("deep/" * 200 + "x" * 300)
    one_line(caught)


def test_a_place_that_cannot_be_written_to(write_model, tmp_path):
    backbone = load(write_model())
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(PocketBertError, match="cannot write") as caught:
        save_base(backbone, backbone.tokenizer, tmp_path / "taken")
    one_line(caught)


@pytest.mark.parametrize("room", [0, 4096, 20_000])
def test_a_full_disk_is_one_line_that_says_what_to_do(write_model, tmp_path, room):
    backbone = load(write_model())
    with small_disk(tmp_path / "disk", 1) as disk:
        fill(disk, room)
        with pytest.raises(PocketBertError) as caught:
            save_base(backbone, backbone.tokenizer, disk / "base")
        told = str(caught.value)
    assert told == f"cannot write the model to {disk / 'base'}: the disk is full; make room and try again"


def test_importing_the_room_imports_nothing_heavy():
    heavy = "{'torch', 'transformers', 'peft', 'huggingface_hub', 'safetensors'}"
    program = (
        f"import sys, pocketbert.backbone, pocketbert.adaptation; sys.exit(bool({heavy} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_half_precision_training_is_refused_with_the_reason():
    with pytest.raises(ValidationError, match="1e7"):
        BackboneSettings(precision="fp16")
    assert BackboneSettings(precision="bf16").precision == "bf16"


def test_a_pooler_that_the_file_lacks_is_drawn_and_named(write_model):
    folder = write_model(classifier_activation=True)
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "pooler" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    assert load(folder).fresh == ("pooler.dense.bias", "pooler.dense.weight")


def test_weights_divided_over_files(write_model):
    folder = write_model()
    weights = load_file(folder / "model.safetensors")
    names = sorted(weights)
    halves = {
        "model-1.safetensors": names[: len(names) // 2],
        "model-2.safetensors": names[len(names) // 2 :],
    }
    for file, own in halves.items():
        save_file({name: weights[name] for name in own}, folder / file, metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": {name: file for file, own in halves.items() for name in own}}
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert load(folder).encoder.num_parameters() == load(write_model("whole")).encoder.num_parameters()
    (folder / "model-2.safetensors").unlink()
    with pytest.raises(PocketBertError, match="model-2"):
        load(folder)


def test_the_bundled_backbone():
    backbone = load("bundled")
    assert {weight.dtype for weight in backbone.encoder.parameters()} == {torch.float32}
    together = backbone.tokenizer(
        ["hello there", "a longer text, to pad the other"], padding=True, return_tensors="pt"
    )
    alone = backbone.tokenizer(["hello there"], return_tensors="pt")
    length = alone["input_ids"].shape[1]
    with torch.no_grad():
        padded = backbone.encoder(**together).last_hidden_state[:1, :length]
        assert relative_difference(backbone.encoder(**alone).last_hidden_state, padded) <= 1e-5
