"""Answer spans in the loop: padding says nothing, a split update is the same, a stopped run ends as an unbroken one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Dataset
from tiny_runs import ANIMALS, VOCABULARY, WORDS, Heard, assert_same, history, stage
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, MobileBertForQuestionAnswering

from pocketbert.adaptation import LoraSettings
from pocketbert.augmentation import Policy
from pocketbert.backbone import Backbone, answerer, load_answerer
from pocketbert.data import Encoder, Splits, texts_of
from pocketbert.data.answers import gold_texts
from pocketbert.data.batching import TrainingData
from pocketbert.data.question_rows import QuestionRows
from pocketbert.data.question_windows import QuestionWindows, Window
from pocketbert.errors import PocketBertError
from pocketbert.evaluation import compute_metrics
from pocketbert.tasks import Task
from pocketbert.training import Stage, TrainingSettings
from pocketbert.training.answer_spans import AnswerSpans, span_logits
from pocketbert.training.answering import LONGEST_ANSWER, AnswerPredictor, best_spans
from pocketbert.training.folder import RunFolder
from pocketbert.training.objective import Objective
from pocketbert.training.stages import StagedTraining
from tiny_mobilebert import tiny_backbone

TASK = Task(
    name="tiny", title="Which animal?", kind="spans", text=("question", "context"), metrics=("exact_match",),
    main_metric="exact_match", augmentation="qa",
)  # fmt: skip


def rows(count: int, seed: int = 0) -> Dataset:
    """Which animal is in the text: one of two, among other words."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(count):
        words = random.choice(WORDS, random.integers(4, 40)).tolist()
        animal = str(random.choice(ANIMALS))
        words.insert(int(random.integers(0, len(words))), animal)
        text = " ".join(words) + "."
        texts.append(text)
        labels.append([{"text": animal, "start": f" {text}".index(f" {animal} ")}])
    return Dataset.from_dict({"text": ["the old house"] * count, "text_pair": texts, "label": labels})


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    dropout = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
    return tiny_backbone(tmp_path_factory.mktemp("backbone"), VOCABULARY, **dropout)


def staged(folder: Path, model: Backbone, listener: Heard | None = None, **fields: object) -> StagedTraining:
    folder.mkdir(parents=True, exist_ok=True)
    splits = Splits(TASK, rows(64), rows(16, seed=1), None)
    encoder = Encoder(model.tokenizer, 24, 8)

    def exact_match(trained: torch.nn.Module) -> dict[str, float]:
        found = AnswerPredictor(trained, encoder, False).predict(texts_of(splits.validation[:]))
        return compute_metrics(TASK, found, gold_texts(splits.validation))

    return StagedTraining(
        folder=RunFolder(folder),
        splits=splits,
        backbone=model,
        encoder=encoder,
        stages=fields.pop("stages", stage(epochs=3)),
        settings=TrainingSettings(
            **{"batch_size": 8, "threads": 1, "checkpoint_seconds": 0, "patience": 100, **fields}
        ),
        lora=LoraSettings(),
        policy=Policy(preset="qa"),
        precision="fp32",
        score=exact_match,
        listener=listener or Heard(),
    )


def test_the_head_is_transformers_own(backbone: Backbone) -> None:
    model = answerer(backbone, seed=3)
    assert isinstance(model, MobileBertForQuestionAnswering)
    assert model.qa_outputs.weight.shape == (2, 32)
    again = answerer(backbone, seed=3)
    assert torch.equal(model.qa_outputs.weight, again.qa_outputs.weight)
    assert not torch.equal(model.qa_outputs.weight, answerer(backbone, seed=4).qa_outputs.weight)
    own = backbone.encoder.state_dict()
    assert all(torch.equal(weight, own[name]) for name, weight in model.base_model.state_dict().items())


def test_padding_changes_neither_scores_nor_loss(backbone: Backbone) -> None:
    model = answerer(backbone, seed=3)
    encoder = Encoder(backbone.tokenizer, 40, 8)
    data = TrainingData(rows(12), encoder, None, 0, 1, 12, 10_000, reader=QuestionRows(encoder))
    ((batch,),) = list(data.updates())
    assert "attention_mask" in batch.inputs
    objective: Objective = AnswerSpans()
    with torch.no_grad():
        together = objective.terms(model, batch)["loss"]
        logits = span_logits(model, batch.inputs)
        apart = []
        for row in range(batch.rows):
            real = int(batch.inputs["attention_mask"][row].sum())
            inputs = {
                name: batch.inputs[name][row : row + 1, :real] for name in ("input_ids", "token_type_ids")
            }
            alone = span_logits(model, inputs)
            assert torch.isneginf(logits[row, :, real:]).all()
            torch.testing.assert_close(logits[row : row + 1, :, :real], alone, rtol=1e-4, atol=1e-4)
            apart.append(objective(alone, batch.labels[row : row + 1]))
    torch.testing.assert_close(together, torch.stack(apart).sum(), rtol=1e-4, atol=1e-4)
    assert objective.counts(batch) == {"loss": batch.rows}


def test_the_loss_is_that_of_transformers(backbone: Backbone) -> None:
    model = answerer(backbone, seed=3)
    encoder = Encoder(backbone.tokenizer, 20, 4)
    (window,) = QuestionWindows(encoder)([("the old", "cat sat")])
    inputs = {
        "input_ids": torch.tensor([window.features.input_ids]),
        "token_type_ids": torch.tensor([window.features.token_type_ids]),
    }
    with torch.no_grad():
        theirs = model(**inputs, start_positions=torch.tensor([4]), end_positions=torch.tensor([5])).loss
        ours = AnswerSpans()(span_logits(model, inputs), torch.tensor([[4, 5]]))
    torch.testing.assert_close(ours, theirs)


def test_the_best_spans_are_those_of_all_that_are_allowed() -> None:
    random = np.random.default_rng(2)
    for tokens in (6, 90):
        offsets = np.array(
            [(-1, -1)] * 3 + [(5 * at, 5 * at + 4) for at in range(tokens)] + [(-1, -1)], np.int32
        )
        first, last = random.normal(size=(2, len(offsets))).astype(np.float32)
        first[0] = last[1] = 99  # outside the context: no answer begins or ends there
        found = best_spans(Window(0, None, offsets), first, last)  # type: ignore[arg-type]  # reads no ids
        allowed = {
            (int(offsets[start, 0]), int(offsets[end, 1])): float(first[start] + last[end])
            for start in range(3, 3 + tokens)
            for end in range(start, min(start + LONGEST_ANSWER, 3 + tokens))
        }
        assert max(allowed, key=allowed.__getitem__) == found[0][:2]
        for start, end, logits in found:
            assert allowed[start, end] == pytest.approx(logits)


def test_answers_hang_on_no_other_row_and_stand_in_their_context(backbone: Backbone) -> None:
    model, encoder = answerer(backbone, seed=3), Encoder(backbone.tokenizer, 24, 8)
    predictor = AnswerPredictor(model, encoder, unanswerable=True)
    texts = [*texts_of(rows(20)[:]), ("", "the cat"), ("the cat", ""), ("", "")]
    together = predictor.predict(texts)[:, 0]
    for text, one in zip(texts, together, strict=True):
        (alone,) = predictor.predict([text])[:, 0]
        assert [candidate[:3] for candidate in one.candidates] == [
            candidate[:3] for candidate in alone.candidates
        ]
        assert one.margin == pytest.approx(alone.margin, rel=1e-3)
        assert all(text[1][start:end] == words for words, start, end, _ in one.candidates)
        assert sum(candidate.score for candidate in one.candidates) + one.no_answer == pytest.approx(1)
    assert together[-1].answer == ("", None, None, 1.0)


def test_an_answer_that_is_no_number_is_refused(backbone: Backbone) -> None:
    model = answerer(backbone, seed=3)
    with torch.no_grad():
        model.qa_outputs.bias[0] = float("nan")
    with pytest.raises(PocketBertError, match="row 1 of 2 is not a number"):
        AnswerPredictor(model, Encoder(backbone.tokenizer, 24), False).predict([("the", "cat")] * 2)


@pytest.mark.parametrize("method", ["full", "lora", "norms"])
def test_every_method_learns_and_leaves_what_transformers_loads(
    method: str, tmp_path: Path, backbone: Backbone
) -> None:
    folder = tmp_path / method
    chosen = Stage(data="augmented", method=method, epochs=16, learning_rate=2e-2)  # type: ignore[arg-type]
    before = staged(tmp_path / "x", backbone)
    untrained = before.score(answerer(backbone, seed=0))["exact_match"]
    costs = staged(folder, backbone, stages=(chosen,)).run()
    assert costs[0]["best_validation"] >= untrained + 0.25
    losses = [line["loss"] for line in history(folder) if "loss" in line]
    assert losses[-1] < losses[0]
    theirs = AutoModelForQuestionAnswering.from_pretrained(folder / "model").eval()
    ours, tokenizer = load_answerer(folder / "model")
    encoded = AutoTokenizer.from_pretrained(folder / "model")("the house", "a dog ran", return_tensors="pt")
    with torch.no_grad():
        torch.testing.assert_close(theirs(**encoded).start_logits, ours(**encoded).start_logits)
    assert tokenizer("the dog") == AutoTokenizer.from_pretrained(folder / "model")("the dog")
    assert (folder / "adapter").exists() == (method == "lora")
    if method == "lora":
        from peft import PeftModel

        base = AutoModelForQuestionAnswering.from_pretrained(folder / "base")
        adapted = PeftModel.from_pretrained(base, folder / "adapter").eval()
        with torch.no_grad():
            logits = adapted(**encoded).start_logits
        torch.testing.assert_close(logits, ours(**encoded).start_logits, rtol=1e-4, atol=1e-4)


def test_a_stopped_run_ends_as_an_unbroken_one(tmp_path: Path, backbone: Backbone) -> None:
    import os
    import signal

    def stop(heard: int) -> None:
        if heard == 13:
            os.kill(os.getpid(), signal.SIGINT)

    two = (
        *stage(epochs=1),
        Stage(name="second", data="augmented", method="lora", epochs=2, learning_rate=5e-3),
    )
    staged(tmp_path / "whole", backbone, stages=two).run()
    with pytest.raises(PocketBertError, match="stopped at update"):
        staged(tmp_path / "stopped", backbone, Heard(stop), stages=two).run()
    staged(tmp_path / "stopped", backbone, stages=two).run()
    assert_same(tmp_path / "whole", tmp_path / "stopped")


def test_splitting_an_update_changes_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    steady = tiny_backbone(tmp_path_factory.mktemp("steady"), VOCABULARY, attention_probs_dropout_prob=0.0)
    staged(tmp_path / "one", steady, stages=stage(epochs=2, learning_rate=1e-3)).run()
    staged(tmp_path / "many", steady, stages=stage(epochs=2, learning_rate=1e-3), token_budget=50).run()
    one, many = (
        [line["loss"] for line in history(tmp_path / name) if "loss" in line] for name in ("one", "many")
    )
    assert one == pytest.approx(many, rel=1e-4)
