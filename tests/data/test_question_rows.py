"""Training rows of questions: views keep the answer and its sentence, and labels stand where the answer went."""

from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset

from pocketbert.augmentation import Engine, Policy
from pocketbert.data import Encoder
from pocketbert.data.batching import TrainingData
from pocketbert.data.question_rows import QuestionRows, sentence_of, sentences_kept
from pocketbert.text.edits import Span
from tiny_mobilebert import SPECIAL, tokenizer_over

CONTEXT = (
    "The old bridge was closed in the winter of that year. Early in spring, a small company from Leeds built a wooden "
    "one, and people quickly began to use it. However, it did not last long. After the storm the town bought the land "
    "and the workers slowly built a strong bridge of stone."
)
ASKED = {
    "Who built the wooden bridge in spring?": "a small company from Leeds",
    "What was the strong bridge made of?": "stone",
    "What did the town buy after the storm?": "the land",
}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    import string

    letters = [*string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase)]
    vocabulary = [*SPECIAL, *letters, *string.punctuation, *string.digits]
    return Encoder(tokenizer_over(vocabulary, tmp_path_factory.mktemp("letters")), 200, 100)


@pytest.fixture(scope="module")
def rows() -> Dataset:
    labels = [[{"text": answer, "start": CONTEXT.index(answer)}] for answer in ASKED.values()]
    questions = [*ASKED, "Who paid for the boats?"]
    return Dataset.from_dict(
        {"text": questions, "text_pair": [CONTEXT] * len(questions), "label": [*labels, []]}
    )


def test_the_sentence_of_an_answer() -> None:
    start = CONTEXT.index("Leeds")
    assert sentence_of(CONTEXT, Span(start, start + 5)) == Span(
        CONTEXT.index("Early"), CONTEXT.index(" However")
    )
    both = sentence_of(CONTEXT, Span(start, CONTEXT.index("long")))
    assert both == Span(CONTEXT.index("Early"), CONTEXT.index(" After"))


def test_views_keep_the_sentence_of_the_answer_and_change_the_rest(rows: Dataset) -> None:
    engine = Engine(Policy(preset="qa", clean_share=0, magnitude=1.0, second=1.0))
    slice_ = rows[:]
    kept = sentences_kept(slice_)
    changed = 0
    for row, (question, answers) in enumerate(zip(slice_["text"], slice_["label"], strict=True)):
        for epoch in range(40):
            view = engine.view((question, CONTEXT), epoch=epoch, row=row, kept=kept[row])
            changed += view.texts[1] != CONTEXT
            assert view.texts[0].split()[0].casefold() == question.split()[0].casefold()
            for answer in answers:
                sentence = sentence_of(CONTEXT, Span(answer["start"], answer["start"] + len(answer["text"])))
                assert CONTEXT[sentence.start : sentence.end] in view.texts[1]
    assert changed > 100


@pytest.mark.parametrize("engine", [None, Engine(Policy(preset="qa", clean_share=0, warm_up=0, magnitude=1))])
def test_labels_are_the_tokens_of_the_answer(rows: Dataset, encoder: Encoder, engine: Engine | None) -> None:
    data = TrainingData(
        dataset=rows, encoder=encoder, engine=engine, seed=3, epochs=6, batch_size=2, token_budget=500,
        reader=QuestionRows(encoder),
    )  # fmt: skip
    found: dict[str, int] = {}
    nowhere = 0
    for update in data.updates():
        for batch in update:
            assert batch.labels.shape == (batch.rows, 2)
            for ids, (first, last) in zip(batch.inputs["input_ids"], batch.labels.tolist(), strict=True):
                if (first, last) == (0, 0):
                    nowhere += 1
                    continue
                text = encoder.tokenizer.decode(ids[first : last + 1])
                found[text] = found.get(text, 0) + 1
    assert set(found) == {answer.casefold() for answer in ASKED.values()}
    assert min(found.values()) >= 6  # each epoch, in one window at least
    assert nowhere > 6


def test_an_update_holds_all_windows_of_its_rows(rows: Dataset, encoder: Encoder) -> None:
    data = TrainingData(
        dataset=rows, encoder=encoder, engine=None, seed=3, epochs=1, batch_size=2, token_budget=450,
        reader=QuestionRows(encoder),
    )  # fmt: skip
    windows = len(list(QuestionRows(encoder).windows([(text, CONTEXT) for text in rows["text"]])))
    updates = list(data.updates())
    assert len(updates) == data.updates_per_epoch == 2
    assert sum(batch.rows for update in updates for batch in update) == windows > len(rows)
    assert all(batch.inputs["input_ids"].numel() <= 450 for update in updates for batch in update)
    assert any(len(update) > 1 for update in updates)


def test_updates_are_the_same_from_any_place_and_with_workers(rows: Dataset, encoder: Encoder) -> None:
    def updates(start: int, workers: int) -> list[list[np.ndarray]]:
        engine = Engine(Policy(preset="qa", clean_share=0, warm_up=0), seed=1)
        data = TrainingData(
            dataset=rows, encoder=encoder, engine=engine, seed=3, epochs=2, batch_size=2, token_budget=900,
            workers=workers, reader=QuestionRows(encoder),
        )  # fmt: skip
        return [
            [array.numpy() for batch in update for array in (batch.inputs["input_ids"], batch.labels)]
            for update in data.updates(start)
        ]

    whole = updates(0, 0)
    for later, other in zip((updates(0, 1), updates(2, 0)), (whole, whole[2:]), strict=True):
        for one, two in zip(later, other, strict=True):
            assert all(np.array_equal(left, right) for left, right in zip(one, two, strict=True))


def test_a_view_without_its_answer_is_never_read(rows: Dataset, encoder: Encoder, tmp_path: Path) -> None:
    from pocketbert.augmentation.engine import view_of
    from pocketbert.text.edits import Edit, apply

    start = CONTEXT.index("stone")
    lost = view_of([apply("What?", []), apply(CONTEXT, [Edit(start, start + 5, "wood")])], ["synonym"])
    with pytest.raises(ValueError, match="a view lost its answer 'stone'"):
        QuestionRows(encoder)(rows[1:2], [lost])
