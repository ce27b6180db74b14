"""Guards and adaptive weights in whole runs: named in a recipe, told in the log, the history, metrics and report."""

import json
from pathlib import Path

import pytest

from commands import Command
from pocketbert.augmentation import Engine, Policy
from pocketbert.variation import reads_no_view

OPERATORS = {"synonym": 2, "stopword": 1, "typo": 1}


@pytest.mark.parametrize(
    ("preset", "lowers", "unread"),
    [("grammar", True, True), ("grammar", False, False), ("default", True, False)],
)
def test_views_that_no_model_reads_are_noticed(preset: str, lowers: bool, unread: bool):
    """Capitals are all that judgements of grammar allow to change, and an uncased tokenizer drops them."""
    texts = [
        "The mechanic knew that the cars was sold.",
        "Somebody left early, which surprised me a great deal.",
    ]
    engine = Engine(Policy(preset=preset, clean_share=0))
    assert (
        reads_no_view(texts, engine, lambda text: {"input_ids": text.lower() if lowers else text}) is unread
    )


@pytest.fixture
def train(pocketbert: Command, review_files: Path, tiny_backbone: Path, tmp_path: Path):
    """`train` on the reviews, with every guard, settings over it."""

    def command(out: str, *settings: str, run: Path | None = None):
        given = [
            f"augmentation.context_guard={tiny_backbone}",
            "augmentation.adaptive=true",
            "augmentation.clean_share=0",
            'augmentation.operators=["synonym", "stopword", "typo"]',
            f"data.cache_dir={tmp_path / 'cache'}",
            "training.threads=1",
            "training.batch_size=8",
            *([f"augmentation.agreement={run}"] if run else []),
            *settings,
        ]
        return pocketbert(
            *("train", review_files / "train.csv", "--test", review_files / "test.csv"),
            *("--text", "review", "--label", "verdict", "--backbone", tiny_backbone, "--epochs", 2),
            *("--suite", "none", "--out", tmp_path / out),
            *(part for setting in given for part in ("--set", setting)),
        )

    return command


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]


def test_a_guarded_run_tells_what_passed_and_what_it_learned(train, tmp_path, finished_run):
    done = train("run", run=finished_run)
    assert done.status == 0, done.err
    assert "texts at " in done.err
    assert "% of " in done.err
    assert "the guards let pass: synonym " in done.out
    assert "views that keep their answer: " in done.out
    history = lines(tmp_path / "run")
    guards = history[0]["guards"]
    assert guards["synonym"]["made"] > guards["synonym"]["passed"] >= 0
    assert guards["typo"]["made"] == 0 < guards["typo"]["views"]
    (learned,) = [line["operators"] for line in history if "operators" in line]
    told = json.loads((tmp_path / "run/metrics.json").read_text())["operators"]
    assert {name: of["weight"] for name, of in told.items()} == learned["weights"]
    assert all(0 <= of["agreed"] <= of["views"] for of in told.values())
    page = (tmp_path / "run/report.html").read_text()
    assert "Operators and guards" in page
    assert "Same answer" in page
    assert "Learned weight" in page


def test_any_number_of_workers_trains_the_same_and_scores_are_kept(train, tmp_path, finished_run):
    first = train("run", "training.workers=0", run=finished_run)
    assert ", 0 scores known before" in first.err
    again = train("again", "training.workers=2", run=finished_run)
    assert "context guard" in again.err
    assert ", 0 scores known before" not in again.err
    assert lines(tmp_path / "run") == lines(tmp_path / "again")
    models = [(tmp_path / name / "model/model.safetensors").read_bytes() for name in ("run", "again")]
    assert models[0] == models[1]


def test_an_unguarded_run_tells_what_the_hard_rules_refuse(train, tmp_path):
    done = train("run", "augmentation.adaptive=false", "augmentation.enabled=true")
    assert "views that keep their answer" not in done.out
    told = json.loads((tmp_path / "run/metrics.json").read_text())["operators"]
    assert told.keys() == OPERATORS.keys()
    assert not any("weight" in of or "views" in of for of in told.values())
    assert "Learned weight" not in (tmp_path / "run/report.html").read_text()


def test_masked_words_are_proposed_anew_every_few_epochs(train, tmp_path, tiny_backbone):
    settings = (
        "augmentation.adaptive=false",
        'augmentation.operators=["masked-lm", "typo"]',
        f"augmentation.masked_lm={tiny_backbone}",
    )
    once = train("once", *settings, "augmentation.masked_lm_refresh=2")
    assert once.status == 0, once.err
    plans = set(tmp_path.glob("cache/plans/*"))
    assert len(plans) == 1
    assert train("twice", *settings, "augmentation.masked_lm_refresh=1").status == 0
    assert plans < set(tmp_path.glob("cache/plans/*"))


def test_on_clean_text_no_guard_is_asked(train, tmp_path):
    done = train("run", "augmentation.enabled=false", "augmentation.context_guard=nowhere")
    assert done.status == 0, done.err
    assert "operators" not in json.loads((tmp_path / "run/metrics.json").read_text())


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("augmentation.agreement=nowhere", "augmentation.agreement: no run folder nowhere"),
        ("augmentation.context_guard=nowhere", "augmentation.context_guard: "),
        ("augmentation.context_guard=", "[augmentation] context_guard: must not be empty"),
    ],
)
def test_what_guards_get_wrong_is_said_before_the_work_and_leaves_nothing(train, tmp_path, setting, problem):
    done = train("run", setting)
    assert done.status in (1, 2)
    assert problem in done.problem
    assert not (tmp_path / "run").exists()


def test_a_run_of_another_task_cannot_agree(pocketbert, train, tmp_path, review_files, tiny_backbone):
    pairs = tmp_path / "pairs"
    made = pocketbert(
        *("train", review_files / "pairs.csv", "--text", "first", "--text", "second", "--label", "score"),
        *("--backbone", tiny_backbone, "--epochs", 1, "--suite", "none", "--out", pairs),
    )
    assert made.status == 0, made.err
    assert "answers other questions than the data asks" in train("run", run=pairs).problem


def test_a_policy_that_asks_models_is_not_silently_drawn_without(finished_run):
    import pocketbert as pb
    from pocketbert.augmentation import Policy
    from pocketbert.errors import ArgumentError

    for policy in (Policy(context_guard="bundled"), Policy(agreement=str(finished_run))):
        with pytest.raises(ArgumentError, match="ask models"):
            pb.augment(["A difficult film."], policy=policy)


def test_mix_and_cut_is_refused_beside_a_teacher_and_trains_without(train, tmp_path, finished_run):
    plain = ("augmentation.adaptive=false", "augmentation.enabled=true", "training.consistency=0.5")
    refused = train("run", *plain, f"teacher.run={finished_run}")
    assert "work without a teacher" in refused.problem
    assert not (tmp_path / "run").exists()
    assert train("run", *plain, "training.mixup=0.4").status == 0
    readings = [line["terms"] for line in lines(tmp_path / "run") if "terms" in line]
    assert all(terms.keys() == {"labels", "consistency"} for terms in readings)
    assert readings


def test_words_of_a_masked_language_model_train_too(train, tmp_path, tiny_backbone):
    settings = (
        'augmentation.operators=["masked-lm", "synonym", "typo"]',
        f"augmentation.masked_lm={tiny_backbone}",
    )
    done = train("run", *settings)
    assert done.status == 0, done.err
    told = json.loads((tmp_path / "run/metrics.json").read_text())["operators"]
    assert told.keys() == {"masked-lm", "synonym", "typo"}
    assert "augmentation.masked_lm: " in train("other", *settings, "augmentation.masked_lm=nowhere").problem
