"""Task distillation: a run that learns from a larger one, what it minimises, that it resumes, what it refuses."""

import json
import math
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_runs import (
    VOCABULARY,
    Heard,
    assert_same,
    backbone,
    history,
    rows,
    stage,
    staged,
    task,
    weights,
)
from torch.nn.functional import cross_entropy, layer_norm
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    BertTokenizer,
)

import pocketbert as pb
from commands import reviews, write_rows
from pocketbert.backbone import classifier
from pocketbert.data import Encoder
from pocketbert.data.batching import TrainingData
from pocketbert.distillation.mapping import Shape
from pocketbert.distillation.task import FineTuned, Reads, TaskDistillation
from pocketbert.distillation.task_settings import TaskTeacherSettings
from pocketbert.recipe import read_recipe
from pocketbert.tasks import Task
from tiny_mobilebert import randomised

EVERYTHING = {"labels": 0.4, "answers": 0.6, "temperature": 2.0, "feature_maps": 3.0, "attention": 0.5}


def teacher_model(labels: int = 2, hidden: int = 24, heads: int = 8) -> BertForSequenceClassification:
    """A BERT of four layers; the tiny student has two, of four heads."""
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=hidden, num_hidden_layers=4, num_attention_heads=heads,
        intermediate_size=32, max_position_embeddings=64, num_labels=labels,
    )  # fmt: skip
    return randomised(BertForSequenceClassification(config), seed=3)


def distillation(folder: Path, *, regression: bool = False, seed: int = 3, **fields) -> TaskDistillation:
    """From a teacher whose labels stand in another order."""
    ours = task(regression=regression)
    theirs = ours if regression else ours.model_copy(update={"labels": ("dog", "cat")})
    tiny = backbone(folder)
    model = randomised(teacher_model(1 if regression else 2), seed=seed)
    return TaskDistillation.of(
        TaskTeacherSettings(run="teacher", **{**EVERYTHING, **fields}),
        FineTuned("teacher", model, tiny.tokenizer, theirs),
        ours,
        Reads(Shape.of(tiny.encoder.config), tiny.tokenizer, 24),
        seed=0,
    )


def test_the_loss_of_an_update_is_what_one_works_out_by_hand(tmp_path):
    """Labels, softened answers, projected states and grouped heads of eight rows, each by its plain formula."""
    student = backbone(tmp_path)
    for module in student.encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    student.encoder.config.hidden_dropout_prob = student.encoder.config.attention_probs_dropout_prob = 0.0
    taught = distillation(tmp_path)
    staged(tmp_path / "run", model=student, teaching=taught, train=8, stages=stage(epochs=1)).run()
    (line,) = (line for line in history(tmp_path / "run") if "loss" in line)

    (batch,) = next(
        TrainingData(rows(8), Encoder(student.tokenizer, 24), None, seed=0, epochs=1, batch_size=8, token_budget=8192)
        .updates()
    )  # fmt: skip
    model = classifier(student, labels=("cat", "dog"), regression=False, seed=0)
    model.set_attn_implementation("eager")
    torch.manual_seed(0)
    projections = [torch.nn.Linear(32, 24) for _ in range(2)]
    seen = {"output_hidden_states": True, "output_attentions": True}
    with torch.no_grad():
        ours, theirs = model(**batch.inputs, **seen), taught.teacher.model(**batch.inputs, **seen)
        real = batch.inputs["attention_mask"].bool()
        softened = (theirs.logits[:, [1, 0]] / 2).softmax(-1)
        divergence = (softened * (softened.log() - (ours.logits / 2).log_softmax(-1))).sum(-1).mean()
        expected = {
            "labels": 0.4 * cross_entropy(ours.logits, batch.labels),
            "answers": 0.6 * 4 * divergence,
            "feature_maps": 0.0,
            "attention": 0.0,
        }
        for layer in (1, 2):
            projected = layer_norm(projections[layer - 1](ours.hidden_states[layer]), (24,))
            target = layer_norm(theirs.hidden_states[2 * layer], (24,))
            expected["feature_maps"] += 3 / 2 * (projected - target).square().mean(-1)[real].mean()
            grouped = theirs.attentions[2 * layer - 1].reshape(8, 4, 2, *real.shape[1:] * 2).mean(2)
            surprise = -torch.where(grouped > 0, grouped * ours.attentions[layer - 1].log(), 0).sum(-1)
            expected["attention"] += 0.5 / 2 * surprise.mean(1)[real].mean()
    assert line["terms"] == pytest.approx({name: float(term) for name, term in expected.items()}, rel=1e-4)
    assert line["loss"] == pytest.approx(float(sum(expected.values())), rel=1e-4)


@pytest.mark.parametrize("method", ["full", "lora", "norms"])
def test_what_transfer_added_is_dropped(tmp_path, method):
    """The model is what it would be without a teacher: same weights by name, attention as transformers wills."""
    staged(tmp_path / "taught/run", teaching=distillation(tmp_path), stages=stage(method)).run()
    staged(tmp_path / "alone/run", stages=stage(method)).run()
    taught, alone = weights(tmp_path / "taught/run"), weights(tmp_path / "alone/run")
    assert {name: weight.shape for name, weight in taught.items()} == {
        name: weight.shape for name, weight in alone.items()
    }
    assert any(not torch.equal(taught[name], alone[name]) for name in taught)
    for name in ("taught", "alone"):
        shutil.copy(tmp_path / name / "run/model/config.json", tmp_path / f"{name}.json")
    assert (tmp_path / "taught.json").read_text() == (tmp_path / "alone.json").read_text()
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "taught/run/model")
    assert all(
        name in model.state_dict() for name in load_file(tmp_path / "taught/run/model/model.safetensors")
    )


def test_adapters_over_the_base_are_the_merged_model(tmp_path):
    from peft import PeftModel

    staged(tmp_path / "run", teaching=distillation(tmp_path), stages=stage("lora")).run()
    merged = AutoModelForSequenceClassification.from_pretrained(tmp_path / "run/model")
    base = AutoModelForSequenceClassification.from_pretrained(tmp_path / "run/base")
    adapted = PeftModel.from_pretrained(base, tmp_path / "run/adapter").eval()
    ids = torch.tensor([[2, 6, 7, 8, 3]])
    torch.testing.assert_close(adapted(input_ids=ids).logits, merged(input_ids=ids).logits)


@pytest.mark.parametrize("stop_at", [1, 5, 12, 17])
def test_a_stopped_run_ends_as_an_unbroken_one(tmp_path, stop_at):
    """Full tuning, then LoRA on augmented text, with everything that a teacher can teach."""

    class StoppedError(Exception):
        pass

    def stop(update: int) -> None:
        if update == stop_at:
            raise StoppedError

    staged(tmp_path / "whole/run", teaching=distillation(tmp_path)).run()
    with pytest.raises(StoppedError):
        staged(tmp_path / "cut/run", teaching=distillation(tmp_path), listener=Heard(stop)).run()
    staged(tmp_path / "cut/run", teaching=distillation(tmp_path)).run()
    assert_same(tmp_path / "whole/run", tmp_path / "cut/run")


def test_another_teacher_is_noticed(tmp_path):
    def stop(update: int) -> None:
        if update == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        staged(tmp_path / "run", teaching=distillation(tmp_path), listener=Heard(stop)).run()
    with pytest.raises(pb.PocketBertError, match="the teacher changed since the run"):
        staged(tmp_path / "run", teaching=distillation(tmp_path, seed=4)).run()


def test_a_regression_learns_values_in_the_unit_of_its_labels(tmp_path):
    taught = distillation(tmp_path, regression=True, labels=0.0, answers=1.0, feature_maps=0.0, attention=0.0)
    with torch.no_grad():
        taught.teacher.model.classifier.weight.zero_()
        taught.teacher.model.classifier.bias.fill_(1900.0)
    later_is_better = iter(range(99))
    training = staged(
        tmp_path / "run", teaching=taught, regression=True, train=240, stages=stage(epochs=6, learning_rate=1e-2),
        score=lambda model: {"pearson": float(next(later_is_better))}, checkpoint_seconds=60,
    )  # fmt: skip
    training.run()
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "run/model")
    assert model(input_ids=torch.tensor([[2, 6, 7, 3]])).logits.item() == pytest.approx(1900, abs=60)


def test_a_student_alone_with_its_teachers_answers_comes_to_agree_with_it(tmp_path):
    taught = distillation(tmp_path, labels=0.0, answers=1.0, feature_maps=0.0, attention=0.0)
    staged(
        tmp_path / "run", teaching=taught, train=240, stages=stage(epochs=8, learning_rate=1e-2), checkpoint_seconds=60
    ).run()  # fmt: skip
    losses = [line["loss"] for line in history(tmp_path / "run") if "loss" in line]
    assert losses[-1] < 0.3 * losses[0]


# Whole runs, by recipe.


@pytest.fixture
def small(tiny_backbone: Path, review_files: Path) -> dict[str, object]:
    """A run of seconds, as `pb.finetune` takes it."""
    return {
        "text": "review", "label": "verdict", "backbone": str(tiny_backbone), "epochs": 1, "method": "full",
        "settings": {"evaluation.suites": "none", "data.max_length": 32, "training.threads": 1},
    }  # fmt: skip


def taught_by(small: dict, run: Path | str, **fields: object) -> dict:
    teacher = {f"teacher.{name}": value for name, value in {"run": str(run), **fields}.items()}
    return {**small, "settings": small["settings"] | teacher}


def test_a_finished_run_teaches_another(tmp_path, small, review_files, finished_run, monkeypatch):
    monkeypatch.chdir(finished_run.parent)
    heard = Heard()
    heard.warn = heard.lines.append
    options = taught_by(small, finished_run.name, feature_maps=1.0, attention=1.0)
    run = pb.finetune(review_files / "train.csv", out=tmp_path / "run", reporter=heard, **options)
    assert run.predict("a good film").label in ("good", "bad")
    lines = [json.loads(line) for line in (tmp_path / "run/history.jsonl").read_text().splitlines()]
    read = next(line for line in lines if "terms" in line)
    assert read["terms"].keys() == {"labels", "answers", "feature_maps", "attention"}
    kept = read_recipe(tmp_path / "run/recipe.toml").teacher
    assert (kept.run, kept.answers, kept.attention) == (str(finished_run), 0.5, 1.0)
    description = "reviews, at temperature 2: labels 0.5, answers 0.5, feature maps 1, attention 1"
    assert f"learning from {description}" in heard.lines
    assert f"learned from {description}" in (tmp_path / "run/report.html").read_text()


@pytest.mark.parametrize(
    ("fields", "described"),
    [
        ({"feature_maps": 0.0, "attention": 0.0}, "teacher, at temperature 2: labels 0.4, answers 0.6"),
        ({"answers": 0.0, "attention": 0.0}, "teacher: labels 0.4, feature maps 3"),
        ({"regression": True, "feature_maps": 0.0, "attention": 0.0}, "teacher: labels 0.4, answers 0.6"),
    ],
)
def test_a_temperature_is_told_where_there_is_one(tmp_path, fields, described):
    assert distillation(tmp_path, **fields).description == described


def test_a_run_whose_teacher_is_gone_says_so_and_goes_on_when_it_is_back(
    tmp_path, small, review_files, finished_run, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copytree(finished_run, "teacher")
    train = review_files / "train.csv"
    stopped = Heard(lambda update: Path("run/checkpoints").exists() and 1 / 0)
    options = taught_by(small, "~/teacher")
    options["settings"]["training.checkpoint_seconds"] = 0
    with pytest.raises(ZeroDivisionError):
        pb.finetune(train, out="run", reporter=stopped, **options)
    Path("teacher").rename("moved")
    with pytest.raises(pb.ArgumentError, match=r"teacher\.run: no run folder .*teacher"):
        pb.finetune(train, out="run", **options)
    Path("moved").rename("teacher")
    pb.finetune(train, out="run", **options)
    Path("teacher").rename("moved")
    assert pb.finetune(train, out="run", **options).metrics["stages"]


def test_whoever_is_no_teacher_is_refused_in_one_line(
    tmp_path, small, review_files, finished_run, pair_run, tiny_backbone
):
    unfinished = tmp_path / "unfinished"
    shutil.copytree(finished_run, unfinished)
    (unfinished / "metrics.json").unlink()
    foreign = tmp_path / "foreign"
    shutil.copytree(finished_run, foreign)
    words = BertTokenizer.from_pretrained(foreign / "model").get_vocab()
    (tmp_path / "words.txt").write_text("\n".join([*list(words)[:5], *reversed(list(words)[5:])]))
    for file in (foreign / "model").glob("tokenizer*"):
        file.unlink()
    BertTokenizer(str(tmp_path / "words.txt")).save_pretrained(foreign / "model")
    train = review_files / "train.csv"
    for fields, data, named in (
        ({"run": tmp_path / "nowhere"}, train, "teacher.run: no run folder"),
        ({"run": tiny_backbone}, train, "is not a run folder"),
        ({"run": unfinished}, train, "is not finished"),
        ({"run": foreign}, train, "different tokenizers"),
        ({"run": pair_run}, train, "was trained for a regression, the data is a classification"),
        ({"run": finished_run}, three_labels(tmp_path), "it lacks 'mixed'; name a run on the same labels"),
        ({"run": finished_run, "attention": 1, "layers": [1]}, train, "teacher.layers names 1 of the teacher's"),
        ({"run": finished_run, "attention": 1, "layers": [1, 3]}, train, "teacher.layers names layer 3"),
        ({"run": finished_run, "labels": 0, "answers": 0}, train, "labels = 0 and answers = 0"),
        ({"run": finished_run, "answers": 0}, train, "[teacher] teaches nothing; give answers, feature_maps or"),
        ({"run": finished_run, "layers": [1, 2]}, train, "teacher.layers is given, but no layer teaches"),
        ({"run": finished_run, "temperature": 0}, train, "temperature: must be greater than or equal to 0.1, not 0"),
        ({"run": finished_run, "temperature": 1e30}, train, "temperature: must be less than or equal to 100"),
        ({"run": finished_run, "answers": math.inf}, train, "[teacher] answers: must be a finite number, not inf"),
        ({"run": finished_run, "temprature": 1}, train, "did you mean 'temperature'?"),
    ):  # fmt: skip
        with pytest.raises(pb.PocketBertError) as refused:
            pb.finetune(data, out=tmp_path / "run", **taught_by(small, **fields))
        assert named in str(refused.value)
        assert "\n" not in str(refused.value)
        assert not (tmp_path / "run").exists()


def three_labels(folder: Path) -> Path:
    extra = [(text, "mixed") for text, _ in reviews(24, first=500)]
    return write_rows(folder / "three.csv", ("review", "verdict"), [*reviews(48), *extra])


def test_weights_without_a_teacher_are_refused(tmp_path, small, review_files):
    settings = small["settings"] | {"teacher.temperature": 3.0}
    with pytest.raises(pb.ArgumentError, match="but no teacher: name its run folder"):
        pb.finetune(review_files / "train.csv", out=tmp_path / "run", **{**small, "settings": settings})


@pytest.mark.parametrize(
    ("ours", "theirs", "named"),
    [
        ({"labels": ("a", "b")}, {"labels": ("b", "c")}, "it lacks 'a' and it has 'c'"),
        ({"labels": tuple("abcdef")}, {"labels": ("f",)}, "it lacks 'a', 'b', 'c' and 2 more"),
        ({"text": ("one", "two")}, {}, "reads one text, the data has pairs of texts"),
    ],
)
def test_another_task_is_refused_by_what_differs(tmp_path, ours, theirs, named):
    tiny, known = backbone(tmp_path), {"labels": ("cat", "dog")}
    student = Task.model_validate(task().model_dump() | known | ours)
    taught = Task.model_validate(task().model_dump() | known | theirs)
    with pytest.raises(pb.ArgumentError, match=named):
        TaskDistillation.of(
            TaskTeacherSettings(run="teacher"), FineTuned("teacher", teacher_model(), tiny.tokenizer, taught), student,
            Reads(Shape(2, 4, 32), tiny.tokenizer, 24), 0,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "fits"),
    [((0, 5), True), ((1, 4.5), True), ((2, 8), True), ((0, 100), False), ((6, 10), False)],
)
def test_a_teacher_of_values_on_another_scale_is_refused(tmp_path, theirs, fits):
    tiny, ours = backbone(tmp_path), task(regression=True)
    known = FineTuned(
        "teacher", teacher_model(1), tiny.tokenizer, ours.model_copy(update={"label_range": theirs})
    )

    def taught(**fields: float) -> TaskDistillation:
        data = ours.model_copy(update={"label_range": (0, 5)})
        settings = TaskTeacherSettings(run="teacher", **fields)
        return TaskDistillation.of(settings, known, data, Reads(Shape(2, 4, 32), tiny.tokenizer, 24), 0)

    taught(answers=0, feature_maps=1)
    if fits:
        taught()
        return
    with pytest.raises(
        pb.ArgumentError, match=f"from {theirs[0]} to {theirs[1]}, the data has 0 to 5; .* scale"
    ):
        taught()


@pytest.mark.parametrize(
    ("fields", "shape", "length", "named"),
    [
        (
            {"attention": 1},
            Shape(2, 3, 32),
            24,
            "teacher's 8 heads .* student's 3; choose a student whose heads divide 8, or teacher.attention = 0",
        ),
        (
            {"feature_maps": 1},
            Shape(5, 4, 32),
            24,
            "student's 5 layers .* teacher's 4; choose a student of at most 4, .* in teacher.layers",
        ),
        ({}, Shape(9, 3, 32), 65, "reads at most 64 tokens, not 65; set data.max_length = 64"),
    ],
)
def test_what_cannot_be_mapped_is_refused_by_its_dimension(tmp_path, fields, shape, length, named):
    tiny = backbone(tmp_path)
    known = FineTuned("teacher", teacher_model(), tiny.tokenizer, task())
    with pytest.raises(pb.ArgumentError, match=named):
        TaskDistillation.of(
            TaskTeacherSettings(run="teacher", **fields),
            known,
            task(),
            Reads(shape, tiny.tokenizer, length),
            0,
        )


def test_answers_alone_fit_any_two_models(tmp_path):
    tiny = backbone(tmp_path)
    known = FineTuned("teacher", teacher_model(), tiny.tokenizer, task())
    TaskDistillation.of(
        TaskTeacherSettings(run="teacher"), known, task(), Reads(Shape(9, 3, 5), tiny.tokenizer, 24), 0
    )
