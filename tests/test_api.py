"""The front page: what `import pocketbert as pb` gives."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import pocketbert as pb
from commands import reviews, write_rows
from pocketbert.augmentation import Policy


def test_the_front_page_has_its_names() -> None:
    for name in pb.__all__:
        assert getattr(pb, name) is not None
    assert set(pb.__all__) <= set(dir(pb))
    with pytest.raises(AttributeError, match="no attribute 'fintune'"):
        pb.fintune  # type: ignore[attr-defined]  # noqa: B018


def test_importing_it_imports_nothing_heavy() -> None:
    program = (
        "import sys, pocketbert; print(sorted({'torch', 'transformers', 'datasets', 'pydantic', 'numpy', "
        "'rich', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_one_text_gives_one_prediction_and_a_list_gives_a_list(finished_run: Path) -> None:
    run = pb.load(finished_run)
    one = run.predict("a good film")
    assert isinstance(one, pb.Prediction)
    assert one.label in ("good", "bad")
    assert one.probability == pytest.approx(max((one.probabilities or {}).values()))
    assert sum((one.probabilities or {}).values()) == pytest.approx(1)
    many = run.predict(["a good film", "a bad book"])
    assert [type(answer) for answer in many] == [pb.Prediction, pb.Prediction]
    assert many[0].probability == pytest.approx(one.probability, rel=1e-5)
    assert run.predict([]) == []


def test_half_of_a_surrogate_pair_is_answered(finished_run: Path) -> None:
    run = pb.load(finished_run)
    assert run.predict("good \ud800") == run.predict("good ?")


def test_a_run_shows_itself_in_one_line(finished_run: Path) -> None:
    assert len(repr(pb.load(finished_run))) < 300


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("a", "b"), "one text at a time"),
        ([("a", "b")], "one text at a time"),
        ([None], "a text was expected, not a NoneType"),
        ([1.5], "a text was expected, not a float"),
        (5, "a text was expected, not a int"),
    ],
)
def test_what_is_no_text_is_refused(finished_run: Path, texts: object, words: str) -> None:
    with pytest.raises(pb.ArgumentError, match=words):
        pb.load(finished_run).predict(texts)  # type: ignore[call-overload]


def test_pairs_and_numbers(pair_run: Path) -> None:
    run = pb.load(pair_run)
    answer = run.predict(("the phone was good .", "a phone was good ."))
    assert answer.label is None
    assert answer.value is not None
    assert len(run.predict([("a", "b"), ("c", "d")])) == 2
    with pytest.raises(pb.ArgumentError, match="a tuple of two"):
        run.predict(["a", "b"])


def test_evaluate_takes_a_run_or_its_folder(finished_run: Path, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "new.csv", ("review", "verdict"), reviews(12, first=300))
    of_run = pb.evaluate(pb.load(finished_run), file, suites=["typo@1"])
    assert of_run == pb.evaluate(finished_run, file, suites="typo@1")
    assert list(of_run["splits"]["test"]["suites"]) == ["typo@1"]
    assert pb.evaluate(finished_run, file, suites="none")["splits"]["test"]["suites"] == {}


def test_augment_gives_a_text_for_each_and_the_same_again() -> None:
    texts = ["On the mat, the cat sat.", "It was a good film."]
    assert pb.augment(texts, seed=1) == pb.augment(texts, seed=1)
    assert len(pb.augment(texts, seed=1)) == 2
    with pytest.raises(pb.ArgumentError, match="give a list"):
        pb.augment("one text")
    for wrong in (None, [5], [("a", "b")]):
        with pytest.raises(pb.ArgumentError, match=r"^augment: "):
            pb.augment(wrong)  # type: ignore[arg-type]


def test_augment_gives_batches_and_streams_what_the_whole_would_get() -> None:
    texts = [f"When the rain stopped {n} times, we slowly walked home." for n in range(9)]
    whole = pb.augment(texts, epoch=4)
    assert pb.augment(iter(texts), epoch=4) == whole
    assert [pb.augment([text], epoch=4, first_row=row)[0] for row, text in enumerate(texts)] == whole
    assert pb.augment(texts, epoch=5) != whole
    assert pb.augment(texts, epoch=4, policy=Policy(preset="grammar")) != whole


def test_distill_gives_a_student_to_go_on_from(
    tmp_path: Path, tiny_backbone: Path, review_files: Path
) -> None:
    """Text files or a recipe; the student is a backbone, and was tried on a task."""
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(text for text, _ in reviews(300)), encoding="utf-8")
    small = {
        "schedule.true_share": 1.0, "student.shape.layers": 2, "student.shape.embedding": 16, "training.threads": 1,
        "training.batch_size": 4, "training.lengths": [16],
    }  # fmt: skip
    task = tmp_path / "task.toml"
    task.write_text(
        f'[data]\nsource = "{review_files / "train.csv"}"\nmax_length = 32\n[evaluation]\nsuites = "none"\n'
        '[[stages]]\nmethod = "full"\nepochs = 1\n',
        encoding="utf-8",
    )
    student = pb.distill(
        [corpus], teacher=tiny_backbone, steps=6, schedule="joint", task=task, out=tmp_path / "one", settings=small
    )  # fmt: skip
    assert isinstance(student, pb.Distilled)
    assert [stage["name"] for stage in student.metrics["stages"]] == [
        "joint transfer",
        "pre-training distillation",
    ]
    assert student.run is not None
    assert student.run.predict("a good film").label in ("good", "bad")
    again = pb.distill(tmp_path / "one/recipe.toml", steps=4, out=tmp_path / "two")
    assert sum(stage["steps"] for stage in again.metrics["stages"]) == 4
    next_one = pb.distill(
        corpus, start_from=student.backbone, steps=2, out=tmp_path / "three",
        settings={**small, "schedule.attention": 0, "schedule.feature_maps": 0},
    )  # fmt: skip
    assert next_one.run is None
    assert Path(next_one.backbone, "masked_lm.safetensors").exists()


def test_the_page_on_distillation_runs(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "distillation.md").read_text(encoding="utf-8")
    program = page.partition("```python\n")[2].partition("```")[0]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "masked_lm_loss" in done.stdout
    assert "runs/student/model" in done.stdout


def test_wrong_calls_raise_errors_of_one_line(tmp_path: Path, tiny_backbone: Path) -> None:
    file = write_rows(tmp_path / "one.csv", ("text", "label"), [("a", "x"), ("b", "x")])
    for call, kind in (
        (lambda: pb.finetune("nothing.csv"), pb.ArgumentError),
        (lambda: pb.finetune(file, epochs=0), pb.ArgumentError),
        (lambda: pb.finetune(file, settings={"training.sed": 1}), pb.ArgumentError),
        (lambda: pb.finetune(file, backbone=str(tiny_backbone), out=tmp_path / "run"), pb.PocketBertError),
        (lambda: pb.load(tmp_path / "nowhere"), pb.ArgumentError),
        (lambda: pb.distill(tmp_path / "no.txt", teacher="bundled", out=tmp_path / "run"), pb.ArgumentError),
        (lambda: pb.distill([], out=tmp_path / "run"), pb.ArgumentError),
        (lambda: pb.distill("nothing.toml", out=tmp_path / "run"), pb.ArgumentError),
        (lambda: pb.distill("a.txt", settings={"student.shape.layrs": 1}), pb.ArgumentError),
    ):
        with pytest.raises(kind) as refused:
            call()
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_the_metrics_of_a_run_are_its_file(finished_run: Path) -> None:
    assert pb.load(finished_run).metrics == json.loads((finished_run / "metrics.json").read_text())
