"""Whole distillations: what they leave, that they go on where they stood, what they refuse."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy
from transformers import (
    AlbertConfig,
    AlbertModel,
    AutoModel,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    BertTokenizer,
)

from pocketbert.backbone.masked_lm import load_masked_lm
from pocketbert.data.shards import open_shards
from pocketbert.data.vocabulary import Vocabulary
from pocketbert.distillation.learner import make_learner
from pocketbert.distillation.models import with_head
from pocketbert.distillation.reading import Wanted, read_learner
from pocketbert.distillation.texts import Texts
from pocketbert.distilling import backbones_of, distill
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.recipe import read_recipe, to_toml
from tiny_mobilebert import randomised

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
    lines = (tmp_path / "run" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    rates = [line["learning_rate"] for line in map(json.loads, lines) if "loss" in line]
    assert 0 < max(rates) <= 5e-3  # what is told is the schedule's, not its multiple for a layer
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


def test_one_update_is_not_updates(tmp_path, recipes):
    heard = Heard()
    distill(recipes(schedule={"kind": "auxiliary"}, training={"steps": 1}), tmp_path / "run", heard)
    assert any(", 1 update, " in line for line in heard.lines)


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


@pytest.fixture
def headless(tmp_path, tiny_backbone) -> dict[str, str]:
    """A teacher without a masked-LM head."""
    AutoModel.from_pretrained(tiny_backbone).save_pretrained(tmp_path / "headless")
    AutoTokenizer.from_pretrained(tiny_backbone).save_pretrained(tmp_path / "headless")
    return {"name": str(tmp_path / "headless")}


def test_a_teacher_with_a_stock_head_gives_soft_targets(tmp_path, recipes, tiny_backbone):
    """As BERT from the hub does.  Hand-worked: masked LM of the first update, all of it the teacher's answer."""
    words = AutoTokenizer.from_pretrained(tiny_backbone)
    config = BertConfig(vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=16, max_position_embeddings=64)  # fmt: skip
    stock = randomised(BertForMaskedLM(config))
    stock.save_pretrained(tmp_path / "stock")
    words.save_pretrained(tmp_path / "stock")
    recipe = recipes(
        teacher={"name": str(tmp_path / "stock")},
        student={"start_from": str(tiny_backbone)},
        schedule={"true_share": 0.0, "attention": 0.0, "feature_maps": 0.0},
        training={"steps": 1},
    )
    (stage,) = distill(recipe, tmp_path / "run")["stages"]
    _, start = backbones_of(recipe)
    texts = Texts(recipe, open_shards(tmp_path / "run/tokens", words), Vocabulary.of(words))
    (batch,) = next(texts.training(1).updates())
    learner = make_learner(with_head(start), None, False, 0).eval()
    with torch.no_grad():
        ours = read_learner(learner, batch, Wanted(scores=True)).scores
        theirs = stock(**batch.inputs).logits.flatten(0, 1)[batch.places]
        expected = cross_entropy(ours, theirs.softmax(-1))
    assert stage["loss_by_term"]["masked_lm"] == pytest.approx(float(expected), rel=1e-3)


def test_a_teacher_without_a_head_has_no_soft_targets_to_give(tmp_path, recipes, headless):
    with pytest.raises(
        ArgumentError, match=r"has no masked-LM head .* set schedule.true_share = 1"
    ) as refused:
        distill(recipes(teacher=headless, schedule={"true_share": 0.5}), tmp_path / "run")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run").exists()
    distill(recipes(teacher=headless), tmp_path / "run")


def test_a_teacher_that_scores_more_tokens_gives_no_soft_targets(tmp_path, recipes, tiny_backbone):
    words = AutoTokenizer.from_pretrained(tiny_backbone)
    config = BertConfig(vocab_size=len(words) + 3, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=16, max_position_embeddings=64)  # fmt: skip
    BertForMaskedLM(config).save_pretrained(tmp_path / "padded")
    words.save_pretrained(tmp_path / "padded")
    recipe = recipes(
        teacher={"name": str(tmp_path / "padded")},
        student={"teacher_embeddings": False},
        schedule={"true_share": 0.5},
    )
    with pytest.raises(ArgumentError, match=f"scores {len(words) + 3} tokens, the student {len(words)}"):
        distill(recipe, tmp_path / "run")


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


@pytest.fixture
def task(tmp_path, review_files) -> Path:
    """A recipe of a task, without a teacher."""
    path = tmp_path / "task.toml"
    path.write_text(
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
    return path


def test_the_student_is_fine_tuned_at_the_end(tmp_path, recipes, task):
    metrics = distill(recipes(finetuning={"recipe": str(task)}, student={}), tmp_path / "run")
    assert (tmp_path / "run" / "finetuning" / "report.html").exists()
    assert metrics["finetuning"]["stages"][0]["parameters"]["total"] > 0
    assert "teacher_finetuning" not in metrics


def test_a_distillation_that_is_asked_for_answers_says_what_answers(tmp_path, recipes, task, pocketbert):
    distill(recipes(), tmp_path / "run")
    asked = pocketbert("evaluate", tmp_path / "run")
    assert f"fine-tune it with `pocketbert train DATA --backbone {tmp_path / 'run/model'}`" in asked.problem
    distill(recipes(finetuning={"recipe": str(task)}, student={}), tmp_path / "tuned")
    asked = pocketbert("predict", tmp_path / "tuned", "the film was good")
    assert f"name the run that fine-tuned it, {tmp_path / 'tuned/finetuning'}" in asked.problem


class StopsOnce(Heard):
    """Stops a run at its first update after it wrote something."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def progress(self, what: str, step: int, steps: int, figures: dict[str, float]) -> None:
        if self.path.exists():
            raise StoppedError


def terms(folder: Path) -> list[set[str]]:
    return [set(line["terms"]) for line in history(folder) if "terms" in line]


def test_a_finished_run_teaches_the_task_at_the_end(tmp_path, recipes, task, finished_run, monkeypatch):
    monkeypatch.chdir(finished_run.parent)
    teacher = {"run": finished_run.name, "feature_maps": 1.0}
    distill(recipes(finetuning={"recipe": str(task), "teacher": teacher}), tmp_path / "run")
    assert terms(tmp_path / "run/finetuning")[0] == {"labels", "answers", "feature_maps"}
    assert read_recipe(tmp_path / "run/finetuning/recipe.toml").teacher.run == str(finished_run)
    assert not (tmp_path / "run/teacher-finetuning").exists()


def test_the_runs_own_teacher_is_fine_tuned_first_and_teaches_the_task(
    tmp_path, recipes, task, tiny_backbone
):
    """A teacher that the run pre-trains; the run is stopped in each of the four things that train."""
    shape = {"layers": 4, "heads": 4, "hidden": 32, "bottleneck": 48, "embedding": 8, "feed_forward": 32,
             "feed_forward_networks": 1, "positions": 64}  # fmt: skip
    recipe = recipes(
        teacher={"name": None, "shape": shape, "steps": 6}, student={"tokenizer": str(tiny_backbone)},
        finetuning={"recipe": str(task), "teacher": {"run": "own", "temperature": 4.0, "attention": 1.0}},
    )  # fmt: skip
    metrics = distill(recipe, tmp_path / "unbroken")
    assert metrics["teacher_finetuning"]["stages"] != metrics["finetuning"]["stages"]
    teacher = read_recipe(tmp_path / "unbroken/teacher-finetuning/recipe.toml")
    assert (teacher.teacher.run, teacher.backbone.name) == (None, str(tmp_path / "unbroken/teacher"))
    student = read_recipe(tmp_path / "unbroken/finetuning/recipe.toml")
    assert student.teacher.run == str(tmp_path / "unbroken/teacher-finetuning")
    assert student.teacher.temperature == 4
    assert terms(tmp_path / "unbroken/finetuning")[0] == {"labels", "answers", "attention"}
    for begun in ("checkpoints", "teacher", "teacher-finetuning/base", "finetuning/base"):
        with pytest.raises(StoppedError):
            distill(recipe, tmp_path / "stopped", StopsOnce(tmp_path / "stopped" / begun))
    distill(recipe, tmp_path / "stopped")
    for part in ("model", "teacher", "teacher-finetuning/model", "finetuning/model"):
        expected, found = (
            load_file(tmp_path / name / part / "model.safetensors") for name in ("unbroken", "stopped")
        )
        assert all(torch.equal(weight, found[name]) for name, weight in expected.items()), part


@pytest.mark.parametrize(
    ("teacher", "others", "named"),
    [
        ({"run": "nowhere"}, {}, r"\[finetuning\]: teacher.run: no run folder .*nowhere"),
        ({"run": "own", "attention": 1.0, "layers": (1, 5)}, {}, "teacher.layers names layer 5"),
        (
            {"run": "own"},
            {"student": {"shape": {"layers": 2, "bottleneck": 16, "embedding": 8, "positions": 16}}},
            "read to 32 tokens, the student reads at most 16; name a recipe of it with data.max_length = 16",
        ),
    ],
)  # fmt: skip
def test_a_task_that_cannot_be_learned_is_refused_before_anything_is_trained(
    tmp_path, recipes, task, teacher, others, named
):
    heard = Heard()
    with pytest.raises(ArgumentError, match=named):
        distill(
            recipes(finetuning={"recipe": str(task), "teacher": teacher}, **others), tmp_path / "run", heard
        )
    assert heard.updates == []
    assert not (tmp_path / "run").exists()


def test_a_task_whose_rows_cannot_be_read_is_refused_before_anything_is_trained(tmp_path, recipes, task):
    heard = Heard()
    task.write_text(task.read_text(encoding="utf-8").replace("verdict", "verdic"), encoding="utf-8")
    with pytest.raises(PocketBertError, match=r"^\[finetuning\]: .* did you mean 'verdict'\?"):
        distill(recipes(finetuning={"recipe": str(task)}), tmp_path / "run", heard)
    assert heard.updates == []
    assert not (tmp_path / "run").exists()


def test_a_teacher_of_another_task_is_refused_before_anything_is_trained(tmp_path, recipes, task, pair_run):
    heard = Heard()
    with pytest.raises(ArgumentError, match="trained for a regression, the data is a classification"):
        distill(
            recipes(finetuning={"recipe": str(task), "teacher": {"run": str(pair_run)}}), tmp_path / "run", heard
        )  # fmt: skip
    assert heard.updates == []


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"finetuning": {"teacher": {"run": "own"}}}, "but no task: name one in finetuning.recipe"),
        (
            {
                "finetuning": {"recipe": "sst2", "teacher": {"run": "own"}},
                "teacher": {"name": None},
                "student": {"teacher_embeddings": False},
                "schedule": {"attention": 0.0, "feature_maps": 0.0},
            },
            "the student learns masked LM alone",
        ),
    ],
)
def test_a_task_without_a_teacher_or_the_reverse_is_refused(recipes, sections, named):
    with pytest.raises(ArgumentError, match=named):
        recipes(**sections)


@pytest.mark.parametrize(
    ("sections", "named"),
    [
        ({"student": {"shape": {"heads": 3, "bottleneck": 24, "layers": 2}}}, "4 heads .* student's 3"),
        ({"student": {"shape": {"layers": 5}}}, "student's 5 layers .* teacher's 2"),
        ({"student": {"shape": {"layers": 2, "embedding": 99}}}, "embeddings are 99 wide, the teacher's 16"),
        (
            {"teacher": {"name": None}, "student": {"shape": {"layers": 2, "embedding": 99}}},
            "embeddings are 99 wide, the teacher's 96; .* or student.teacher_embeddings = false",
        ),
        ({"training": {"lengths": (16, 65)}}, "student reads at most 64 tokens, but training.lengths has 65"),
        ({"training": {"steps": 2}}, "leaves no update for the transfer of layer"),
        (
            {"training": {"batch_size": 4000}},
            r"text.txt, less \d+ tokens held out: the text has .* tokens to learn from, fewer than",
        ),
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
        {"student": {"shape": {"layers": 5}}},
        {"student": {"shape": {"layers": 2, "embedding": 99}}},
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


def test_a_text_of_a_few_words_is_all_held_out_and_is_told_so(tmp_path, recipes):
    (tmp_path / "short.txt").write_text("the phone was good", encoding="utf-8")
    with pytest.raises(
        PocketBertError, match=r"short.txt, less 4 tokens held out: the text has 0 tokens to learn from"
    ):
        distill(recipes(text={"sources": (str(tmp_path / "short.txt"),)}), tmp_path / "run")


def test_a_student_whose_layers_share_weights_does_not_learn_them_one_after_another(
    tmp_path, recipes, tiny_backbone
):
    words = AutoTokenizer.from_pretrained(tiny_backbone)
    config = AlbertConfig(
        vocab_size=len(words), embedding_size=8, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=64,
    )  # fmt: skip
    AlbertModel(config).save_pretrained(tmp_path / "shared")
    words.save_pretrained(tmp_path / "shared")
    start = {"start_from": str(tmp_path / "shared")}
    with pytest.raises(ArgumentError, match=r"one after another; set schedule.kind = 'joint'"):
        distill(recipes(student=start), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    distill(recipes(student=start, schedule={"kind": "joint"}), tmp_path / "run")


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


@pytest.mark.parametrize(
    ("part", "file", "weight"),
    [
        ("teacher", "model.safetensors", "cls.predictions.bias"),
        ("teacher", "masked_lm.safetensors", "projection.weight"),
        ("start of the student", "masked_lm.safetensors", "projection.weight"),
    ],
)
def test_another_masked_lm_head_is_noticed(tmp_path, recipes, tiny_backbone, part, file, weight):
    """Of the teacher, a stock one or ours; of what the student starts from, ours."""
    model = tmp_path / "model"
    shutil.copytree(tiny_backbone, model)
    if file == "masked_lm.safetensors":
        load_start = backbones_of(recipes(student={"start_from": str(model)}))[1]
        with_head(load_start).save_head(model)
    sections = (
        {"teacher": {"name": str(model)}} if part == "teacher" else {"student": {"start_from": str(model)}}
    )
    recipe = recipes(**sections)
    with pytest.raises(StoppedError):
        distill(recipe, tmp_path / "run", Heard(3))
    tensors = load_file(model / file)
    save_file({**tensors, weight: tensors[weight] + 1}, model / file, {"format": "pt"})
    with pytest.raises(PocketBertError, match=f"the {part} changed since the run"):
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


def test_a_recipe_of_train_is_sent_there(tmp_path, task, pocketbert):
    refused = pocketbert("distill", task, "--out", tmp_path / "run", "--set", "text.sources=a.txt")
    assert refused.status == 2
    assert f"{task} is a recipe of `pocketbert train`; give it to that command" in refused.problem


def test_the_example_runs(tmp_path, text, pocketbert):
    small = {"steps": 8, "batch_size": 2, "lengths": "[16, 32]", "threads": 1}
    options = [part for name, value in small.items() for part in ("--set", f"training.{name}={value}")]
    options += ["--set", f'text.sources=["{text}"]', "--json"]
    done = pocketbert("distill", EXAMPLE, "--out", tmp_path / "run", *options)
    assert done.status == 0, done.err
    stages = json.loads(done.out)["stages"]
    assert [stage["steps"] for stage in stages] == [1, 1, 1, 5]


def test_the_examples_task_is_taught_by_its_own_teacher(tmp_path, text, task, pocketbert):
    """What stands there as comments is a recipe too."""
    lines = EXAMPLE.read_text(encoding="utf-8").partition("# [finetuning]\n")
    uncommented = [line.removeprefix("#").strip() for line in lines[1].splitlines() + lines[2].splitlines()]
    recipe = tmp_path / "example.toml"
    recipe.write_text("\n".join([lines[0], *uncommented]), encoding="utf-8")
    options = [
        f'text.sources=["{text}"]', f"finetuning.recipe={task}", "schedule.kind=auxiliary", "training.steps=4",
        "training.batch_size=2", "training.lengths=[16]", "training.threads=1",
    ]  # fmt: skip
    out = tmp_path / "run"
    done = pocketbert(
        "distill", recipe, "--out", out, *(part for option in options for part in ("--set", option))
    )
    assert done.status == 0, done.err
    assert (
        f"learning from {out / 'teacher-finetuning'}, at temperature 2: labels 0.5, answers 0.5" in done.err
    )
    assert terms(out / "finetuning")[0] == {"labels", "answers"}


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("schedule.kind=progresive", "did you mean 'progressive'?"),
        ("schedule.atention=1", "no key 'atention'; did you mean 'attention'?"),
        ("student.shape.heds=2", "did you mean 'heads'?"),
        ("student.shape.heads=5", "cannot be shared by heads = 5"),
        ("teacher.reads=original", "set schedule.true_share = 1"),
        ("finetuning.teacher.answer=1", "[finetuning.teacher]: no key 'answer'; did you mean 'answers'?"),
        ("schedule.feature_maps=inf", "[schedule] feature_maps: must be a finite number, not inf"),
        ("training.weight_decay=inf", "[training] weight_decay: must be a finite number, not inf"),
        ("teacher.name=", "[teacher] name: must not be empty"),
        ("schedule.current_layer_rate=0", "[schedule] current_layer_rate: must be greater than 0, not 0"),
        (
            "finetuning.teacher.answers=1",
            'but no teacher: name its run folder, as in finetuning.teacher.run = "',
        ),
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
