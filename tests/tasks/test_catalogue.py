"""The catalogue: every task is complete, and names that do not exist are refused kindly."""

import pytest
from pydantic import ValidationError

from pocketbert.errors import ArgumentError
from pocketbert.tasks import Task, load_task, task_names

EXPECTED = {
    "cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte", "wnli", "boolq", "trec6", "trec50", "subj",
    "banking77", "medical_abstracts", "unfair_tos", "squad", "squad_v2", "go_emotions",
}  # fmt: skip


def test_all_promised_tasks_are_there() -> None:
    assert set(task_names()) == EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_task_is_complete(name: str) -> None:
    task = load_task(name)
    assert task.name == name
    assert task.title.endswith("?")
    assert task.reference
    assert task.hub is not None
    assert task.files
    assert task.main_metric in task.metrics
    assert len(set(task.labels)) == len(task.labels)
    assert task.augmentation in {"default", "grammar", "sentiment", "inference", "paraphrase", "qa"}


def test_label_counts() -> None:
    counts = {"trec6": 6, "trec50": 50, "banking77": 77, "mnli": 3, "stsb": 0, "go_emotions": 28}
    assert {name: len(load_task(name).labels) for name in counts} == counts


def test_a_misspelt_name_gets_its_nearest_match() -> None:
    with pytest.raises(ArgumentError, match="no task 'ss2'; did you mean 'sst2'"):
        load_task("ss2")


def test_a_contradictory_declaration_is_refused() -> None:
    sst2 = load_task("sst2").model_dump()
    with pytest.raises(ValidationError, match="a classification has labels"):
        Task.model_validate({**sst2, "labels": ()})
    with pytest.raises(ValidationError, match="main metric 'pearson'"):
        Task.model_validate({**sst2, "main_metric": "pearson"})
    with pytest.raises(ValidationError, match="only a question has no answer"):
        Task.model_validate({**sst2, "unanswerable": True})
    squad = load_task("squad").model_dump()
    with pytest.raises(ValidationError, match="spans of the second of two texts"):
        Task.model_validate({**squad, "text": ("context",), "hub": None, "files": ()})


def test_only_the_second_squad_has_questions_without_an_answer() -> None:
    assert not load_task("squad").unanswerable
    assert load_task("squad_v2").unanswerable
