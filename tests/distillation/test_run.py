"""Whole distillations: what they leave, that they go on where they stood, what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer, BertTokenizer

from pocketbert.backbone.masked_lm import load_masked_lm
from pocketbert.distilling import distill
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.recipe import to_toml

EXAMPLE = Path(__file__).parents[2] / "examples" / "distill.toml"


class StoppedError(Exception):
    """What a test stops a run with, as a kill would."""


class Heard:
    """A reporter that keeps what it hears, and stops the run at an update."""

    def __init__(self, stop_at: int = 0) -> None:
        self.stop_at = stop_at
        self.updates: list[str] = []
        self.figures: list[dict[str, float]] = []
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def warn(self, line: str) -> None: ...
    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None:
        self.updates.append(what)
        self.figures.append(figures)
        if len(self.updates) == self.stop_at:
            raise StoppedError


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return {
        f"{file}/{name}": weight
        for file in ("model.safetensors", "masked_lm.safetensors")
        for name, weight in load_file(folder / "model" / file).items()
    }


def history(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()]


def test_it_leaves_an_encoder_with_tokenizer_and_head(tmp_path, recipes, tiny_backbone):
    metrics = distill(recipes(), tmp_path / "run")
    encoder = AutoModel.from_pretrained(tmp_path / "run" / "model")
    assert encoder.config.num_hidden_layers == 2
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "run" / "model")
    assert tokenizer.get_vocab() == AutoTokenizer.from_pretrained(tiny_backbone).get_vocab()
    model = load_masked_lm(tmp_path / "run" / "model")
    scores = model({"input_ids": torch.tensor([[2, 4, 3]])}, torch.tensor([1]))
    assert scores.shape == (1, len(tokenizer))
    assert not (tmp_path / "run" / "checkpoints").exists()
    assert json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8")) == json.loads(
        json.dumps(metrics)
    )


def test_progressive_stages_follow_one_another_and_tell_their_terms(tmp_path, recipes):
    heard = Heard()
    metrics = distill(recipes(schedule={"means": 1.0}), tmp_path / "run", heard)
    names = ["transfer of layer 1", "transfer of layer 2", "pre-training distillation"]
    assert [stage["name"] for stage in metrics["stages"]] == names
    assert list(dict.fromkeys(heard.updates)) == names
    assert len(heard.updates) == 12
    assert metrics["stages"][0]["loss_by_term"].keys() == {"attention", "feature_maps", "means"}
    assert metrics["stages"][2]["loss_by_term"].keys() == {"masked_lm"}
    assert all(stage["tokens_per_second"] > 0 for stage in metrics["stages"])
    assert "tokens_per_second" in heard.figures[-1]
    assert heard.figures[-1]["loss"] > 0
    done = [line for line in heard.lines if "tokens/s" in line]
    assert [line.partition(":")[0] for line in done] == names
    assert "loss: attention " in done[0]
    assert ", feature maps " in done[0]
    assert "masked LM on held-out text " in done[2]
    trained = [stage["parameters"]["trainable"] for stage in metrics["stages"]]
    assert trained[0] < trained[1] < trained[2]


def test_progressive_transfer_leaves_all_but_the_layers_as_it_was(tmp_path, recipes, tiny_backbone):
    """The student's embeddings are as wide as the teacher's: taken from it, they stay what they were."""
    shape = {"layers": 2, "heads": 2, "hidden": 32, "bottleneck": 16, "embedding": 16, "positions": 64}
    distill(recipes(student={"shape": shape}, schedule={"masked_lm": 0.0}), tmp_path / "run")
    student = AutoModel.from_pretrained(tmp_path / "run" / "model").embeddings
    teacher = AutoModel.from_pretrained(tiny_backbone).embeddings
    assert torch.equal(
        student.word_embeddings.weight[1:], teacher.word_embeddings.weight[1:]
    )  # the first is [PAD]
    assert torch.equal(student.token_type_embeddings.weight, teacher.token_type_embeddings.weight)
    assert torch.equal(student.embedding_transformation.weight, teacher.embedding_transformation.weight)


@pytest.mark.parametrize("kind", ["auxiliary", "joint", "progressive"])
def test_a_student_learns_its_teachers_feature_maps(tmp_path, recipes, kind):
    recipe = recipes(
        schedule={"kind": kind, "attention": 0.0, "transfer_share": 0.8},
        training={"steps": 100, "checkpoint_seconds": 60},
    )
    distill(recipe, tmp_path / "run")
    lines = [line for line in history(tmp_path / "run") if "loss" in line]
    first = [
        line["terms"]["feature_maps"] if "terms" in line else line["loss"]
        for line in lines
        if line["stage"] == 0
    ]
    assert first[-1] < 0.8 * first[0]


@pytest.mark.parametrize("stop_at", [1, 2, 3, 7, 11])
def test_a_stopped_run_ends_as_an_unbroken_one(tmp_path, recipes, stop_at):
    recipe = recipes()
    distill(recipe, tmp_path / "unbroken")
    with pytest.raises(StoppedError):
        distill(recipe, tmp_path / "stopped", Heard(stop_at))
    distill(recipe, tmp_path / "stopped")
    expected, found = weights(tmp_path / "unbroken"), weights(tmp_path / "stopped")
    assert expected.keys() == found.keys()
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert history(tmp_path / "stopped") == history(tmp_path / "unbroken")


def test_a_finished_run_is_not_run_again(tmp_path, recipes):
    first = distill(recipes(), tmp_path / "run")
    heard = Heard()
    assert json.dumps(distill(recipes(), tmp_path / "run", heard)) == json.dumps(first)
    assert heard.updates == []


def test_a_distilled_model_can_teach_soft_targets(tmp_path, recipes):
    distill(recipes(), tmp_path / "first")
    second = recipes(
        teacher={"name": str(tmp_path / "first" / "model")}, schedule={"true_share": 0.5, "kind": "auxiliary"}
    )
    (stage,) = distill(second, tmp_path / "second")["stages"]
    assert stage["loss_by_term"].keys() == {"attention", "feature_maps", "masked_lm"}


def test_a_student_can_start_from_a_folder_and_learn_alone(tmp_path, recipes, tiny_backbone):
    recipe = recipes(
        student={"start_from": str(tiny_backbone)}, schedule={"attention": 0.0, "feature_maps": 0.0}
    )
    (stage,) = distill(recipe, tmp_path / "run")["stages"]
    assert stage["loss_by_term"].keys() == {"masked_lm"}
    assert AutoModel.from_pretrained(tmp_path / "run" / "model").config.hidden_size == 32


def test_a_teacher_may_read_the_original_text(tmp_path, recipes):
    metrics = distill(recipes(teacher={"reads": "original"}, schedule={"embeddings": True}), tmp_path / "run")
    assert metrics["stages"][0]["name"] == "transfer of the embeddings"


def test_a_teacher_is_pretrained_first_and_kept(tmp_path, recipes, tiny_backbone):
    shape = {"layers": 4, "heads": 4, "hidden": 32, "bottleneck": 48, "embedding": 8, "feed_forward": 32,
             "feed_forward_networks": 1, "positions": 64}  # fmt: skip
    recipe = recipes(
        teacher={"name": None, "shape": shape, "steps": 6}, schedule={"true_share": 0.5},
        student={"tokenizer": str(tiny_backbone)},
    )  # fmt: skip
    metrics = distill(recipe, tmp_path / "unbroken")
    assert metrics["stages"][0]["name"] == "pre-training of the teacher"
    assert (tmp_path / "unbroken" / "teacher" / "masked_lm.safetensors").exists()
    for stop_at in (3, 8):
        with pytest.raises(StoppedError):
            distill(recipe, tmp_path / str(stop_at), Heard(stop_at))
        distill(recipe, tmp_path / str(stop_at))
        expected, found = weights(tmp_path / "unbroken"), weights(tmp_path / str(stop_at))
        assert [name for name in expected if not torch.equal(expected[name], found[name])] == []


def test_the_student_is_fine_tuned_at_the_end(tmp_path, recipes, review_files):
    task = tmp_path / "task.toml"
    task.write_text(
        f"""
        [data]
        source = "{review_files / "train.csv"}"
        text = ["review"]
        label = "verdict"
        max_length = 32
        [evaluation]
        suites = "none"
        [[stages]]
        method = "full"
        epochs = 1
        """,
        encoding="utf-8",
    )
    metrics = distill(recipes(finetuning={"recipe": str(task)}, student={}), tmp_path / "run")
    assert (tmp_path / "run" / "finetuning" / "report.html").exists()
    assert metrics["finetuning"]["stages"][0]["parameters"]["total"] > 0


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"student": {"shape": {"heads": 3, "bottleneck": 24, "layers": 2}}}, "4 heads .* student's 3"),
        ({"student": {"shape": {"layers": 5}}}, "student's 5 layers .* teacher's 2"),
        ({"student": {"shape": {"layers": 2, "embedding": 99}}}, "embeddings are 99 wide, the teacher's 16"),
        ({"schedule": {"true_share": 0.5}}, "no masked-LM head .* set schedule.true_share = 1"),
        ({"training": {"lengths": (16, 65)}}, "student reads at most 64 tokens, but training.lengths has 65"),
        ({"training": {"steps": 2}}, "leaves no update for the transfer of layer"),
        ({"training": {"batch_size": 4000}}, "the text has .* tokens to learn from, fewer than"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line_before_anything_is_trained(tmp_path, recipes, sections, named):
    heard = Heard()
    with pytest.raises(PocketBertError, match=named) as refused:
        distill(recipes(**sections), tmp_path / "run", heard)
    assert "\n" not in str(refused.value)
    assert heard.updates == []


@pytest.mark.parametrize(
    "sections",
    [
        {"schedule": {"true_share": 0.5}},
        {"training": {"batch_size": 4000}},
        {"text": {"sources": ("nowhere.txt",)}},
        {"text": {"sources": ("empty.txt",)}},
        {"text": {"sources": ("bytes.txt",)}},
    ],
)
def test_a_refused_run_leaves_its_folder_free(tmp_path, recipes, sections, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").write_text("", encoding="utf-8")
    Path("bytes.txt").write_bytes(b"plain text, then \x00\x01\x02")
    with pytest.raises(PocketBertError) as refused:
        distill(recipes(**sections), "run")
    assert "\n" not in str(refused.value)
    assert not Path("run").exists()


def test_teacher_and_student_must_read_alike(tmp_path, recipes, tiny_backbone):
    start = tmp_path / "start"
    AutoModel.from_pretrained(tiny_backbone).save_pretrained(start)
    words = list(AutoTokenizer.from_pretrained(tiny_backbone).get_vocab())
    (tmp_path / "words.txt").write_text("\n".join([*words[:5], *reversed(words[5:])]), encoding="utf-8")
    BertTokenizer(str(tmp_path / "words.txt")).save_pretrained(start)
    with pytest.raises(ArgumentError, match="different tokenizers"):
        distill(recipes(student={"start_from": str(start)}), tmp_path / "run")


def test_another_text_is_noticed(tmp_path, recipes, text):
    own = tmp_path / "own.txt"
    own.write_bytes(text.read_bytes())
    recipe = recipes(text={"sources": (str(own),)})
    with pytest.raises(StoppedError):
        distill(recipe, tmp_path / "run", Heard(3))
    own.write_bytes(text.read_bytes() * 2)
    with pytest.raises(ArgumentError, match="holds shards of other text"):
        distill(recipe, tmp_path / "run")


def test_the_command_takes_a_recipe_and_says_what_came_out(tmp_path, recipes, pocketbert):
    (tmp_path / "small.toml").write_text(to_toml(recipes()), encoding="utf-8")
    done = pocketbert(
        "distill", tmp_path / "small.toml", "--out", tmp_path / "run", "--set", "training.steps=20"
    )
    assert done.status == 0, done.err
    assert "transfer of layer 1" in done.out
    assert "held-out loss" in done.out
    again = pocketbert("distill", tmp_path / "small.toml", "--out", tmp_path / "run")
    assert again.status == 2
    assert "holds a run of another recipe" in again.err


def test_the_example_runs(tmp_path, text, pocketbert):
    small = {"steps": 8, "batch_size": 2, "lengths": "[16, 32]", "threads": 1}
    options = [part for name, value in small.items() for part in ("--set", f"training.{name}={value}")]
    options += ["--set", f'text.sources=["{text}"]', "--json"]
    done = pocketbert("distill", EXAMPLE, "--out", tmp_path / "run", *options)
    assert done.status == 0, done.err
    stages = json.loads(done.out)["stages"]
    assert [stage["steps"] for stage in stages] == [1, 1, 1, 5]


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("schedule.kind=progresive", "did you mean 'progressive'?"),
        ("schedule.atention=1", "no key 'atention'; did you mean 'attention'?"),
        ("student.shape.heds=2", "did you mean 'heads'?"),
        ("student.shape.heads=5", "cannot be shared by heads = 5"),
        ("teacher.reads=original", "set schedule.true_share = 1"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused_by_key(tmp_path, recipes, pocketbert, key, named):
    content = to_toml(recipes(schedule={"true_share": 0.5}))
    (tmp_path / "small.toml").write_text(content, encoding="utf-8")
    refused = pocketbert("distill", tmp_path / "small.toml", "--out", tmp_path / "run", "--set", key)
    assert refused.status == 2
    assert named in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()
