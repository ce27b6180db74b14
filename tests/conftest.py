"""What tests of whole commands share: a tiny backbone, small data files, finished runs, the command itself."""

from pathlib import Path

import pytest

from commands import ADJECTIVES, DAYS, NOUNS, Command, Outcome, reviews, similarities, topics, write_rows
from question_files import SETTINGS, questions, write_lines, write_squad


@pytest.fixture
def pocketbert(capfd: pytest.CaptureFixture[str]) -> Command:
    """The command line, in this process."""
    from pocketbert.cli import main

    def command(*arguments: object) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as done:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert isinstance(done.value.code, int)
        return Outcome(done.value.code, out, err)

    return command


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two MobileBERT layers over letters and the words of our files."""
    import string

    import torch
    from transformers import MobileBertForPreTraining

    from tiny_mobilebert import SPECIAL, tiny_config, tokenizer_over

    folder = tmp_path_factory.mktemp("backbone") / "tiny"
    words = sorted({*NOUNS, *DAYS, *sum(ADJECTIVES.values(), ()), "the", "a", "was", "on"})
    letters = [*string.ascii_lowercase, *string.digits]
    pieces = [*letters, *(f"##{letter}" for letter in letters), *string.punctuation]
    vocabulary = [*SPECIAL, *(word for word in words if len(word) > 1), *pieces]
    tokenizer = tokenizer_over(vocabulary, folder.parent)
    config = tiny_config(vocab_size=len(vocabulary), max_position_embeddings=128)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        MobileBertForPreTraining(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def review_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train.csv (review, verdict), test.csv, pairs.csv (first, second, score), pairs-test.csv."""
    folder = tmp_path_factory.mktemp("files")
    write_rows(folder / "train.csv", ("review", "verdict"), reviews(96))
    write_rows(folder / "test.csv", ("review", "verdict"), reviews(24, first=1000))
    header = ("first", "second", "score")
    write_rows(folder / "pairs.csv", header, similarities(96))
    write_rows(folder / "pairs-test.csv", header, similarities(24, first=1000))
    return folder


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory, review_files: Path, tiny_backbone: Path) -> Path:
    """A LoRA run on reviews.  Never write to it: copy it."""
    import pocketbert as pb

    folder = tmp_path_factory.mktemp("runs") / "reviews"
    settings = {"evaluation.suites": ["typo@2", "ocr"], "evaluation.bootstrap_samples": 100}
    pb.finetune(
        review_files / "train.csv",
        text="review",
        label="verdict",
        test=review_files / "test.csv",
        backbone=str(tiny_backbone),
        epochs=1,
        out=folder,
        settings=settings,
    )
    return folder


@pytest.fixture(scope="session")
def pair_run(tmp_path_factory: pytest.TempPathFactory, review_files: Path, tiny_backbone: Path) -> Path:
    """A regression on pairs, trained in full.  Never write to it: copy it."""
    import pocketbert as pb

    folder = tmp_path_factory.mktemp("runs") / "pairs"
    pb.finetune(
        review_files / "pairs.csv",
        text=("first", "second"),
        label="score",
        test=review_files / "pairs-test.csv",
        backbone=str(tiny_backbone),
        method="full",
        epochs=1,
        out=folder,
        settings={"data.kind": "regression", "evaluation.suites": ["typo@2"]},
    )
    return folder


@pytest.fixture(scope="session")
def question_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train.json, test.json and, of another share without an answer, other.jsonl."""
    folder = tmp_path_factory.mktemp("questions")
    write_squad(folder / "train.json", questions(160, unanswerable=0.3))
    write_squad(folder / "test.json", questions(40, unanswerable=0.3, seed=1))
    write_lines(folder / "other.jsonl", questions(20, unanswerable=0.9, seed=2))
    return folder


@pytest.fixture(scope="session")
def question_run(tmp_path_factory: pytest.TempPathFactory, question_files: Path, tiny_backbone: Path) -> Path:
    """Trained in full for long enough to know an adjective.  Never write to it: copy it."""
    import pocketbert as pb

    folder = tmp_path_factory.mktemp("runs") / "questions"
    pb.finetune(
        question_files / "train.json",
        test=question_files / "test.json",
        backbone=str(tiny_backbone),
        method="full",
        epochs=8,
        learning_rate=1e-2,
        out=folder,
        settings=SETTINGS,
    )
    return folder


@pytest.fixture(scope="session")
def topic_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train.csv and test.csv (text, topics): several labels a text."""
    folder = tmp_path_factory.mktemp("topics")
    write_rows(folder / "train.csv", ("text", "topics"), topics(240))
    write_rows(folder / "test.csv", ("text", "topics"), topics(48, first=1000))
    return folder


@pytest.fixture(scope="session")
def topic_run(tmp_path_factory: pytest.TempPathFactory, topic_files: Path, tiny_backbone: Path) -> Path:
    """Several labels, trained in full for long enough to know the words.  Never write to it: copy it."""
    import pocketbert as pb

    folder = tmp_path_factory.mktemp("runs") / "topics"
    pb.finetune(
        topic_files / "train.csv",
        label="topics",
        test=topic_files / "test.csv",
        backbone=str(tiny_backbone),
        method="full",
        epochs=20,
        learning_rate=1e-2,
        out=folder,
        settings={
            "evaluation.suites": ["typo@3", "shuffle"],
            "evaluation.bootstrap_samples": 100,
            "training.class_weights": "balanced",
            "training.batch_size": 8,
            "augmentation.enabled": False,
        },
    )
    return folder
