"""The commands, right and wrong: what they print, their exit status, and that nothing is lost."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands import Command, reviews, write_rows

COMMANDS = (
    "train", "evaluate", "compare", "predict", "export", "bench", "check", "augment", "distill", "demo", "models",
    "tasks",
)  # fmt: skip


@pytest.fixture
def copied_run(finished_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished_run, tmp_path / "copied")


@pytest.fixture
def options(review_files: Path, tiny_backbone: Path) -> list[object]:
    """Options of the run that `finished_run` holds."""
    return [
        *(review_files / "train.csv", "--text", "review", "--label", "verdict"),
        *("--test", review_files / "test.csv", "--backbone", tiny_backbone, "--epochs", 1),
        *("--suite", "typo@2,ocr", "--set", "evaluation.bootstrap_samples=100"),
    ]


# Help


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_an_example_and_fits_a_terminal(
    pocketbert: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = pocketbert(name, "--help")
    assert answer.status == 0
    assert f"Example: pocketbert {name}" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def test_help_of_an_option_is_the_description_of_its_field(pocketbert: Command) -> None:
    from pocketbert.training import Stage

    words = " ".join(pocketbert("train", "--help").out.split())
    assert f"--epochs N {Stage.model_fields['epochs'].description} [4]" in words
    assert "--method full|lora|norms" in words


def test_help_asks_for_no_heavy_library() -> None:
    program = (
        "import sys; from pocketbert.cli import main\n"
        "try: main(['train', '--help'])\n"
        "except SystemExit: print(sorted({'torch', 'transformers', 'datasets', 'sklearn', 'pandas', "
        "'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_no_command_shows_the_help(pocketbert: Command) -> None:
    answer = pocketbert()
    assert answer.status == 2
    assert all(name in answer.err for name in COMMANDS)


def test_the_help_has_a_line_for_each_command_and_no_other(pocketbert: Command) -> None:
    listed = pocketbert("--help").out.partition("Commands:\n")[2]
    assert tuple(line.split()[0] for line in listed.splitlines() if line.strip()) == COMMANDS


# Wrong arguments


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_refused_in_one_line(pocketbert: Command, name: str) -> None:
    answer = pocketbert(name, "--no-such-option")
    assert "--no-such-option" in answer.problem
    assert (answer.status, answer.err.count("\n"), answer.out) == (2, 1, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], "Did you mean 'train'?"),
        (["tasks", "shw"], "Did you mean 'show'?"),
        (["tasks", "show", "ss2"], "did you mean 'sst2'?"),
        (["train"], "missing argument"),
        (["train", "sst2", "--backbonne", "x"], "--backbone"),
        (["train", "sst2", "--lr", "abc"], "'--lr': must be a valid number; see"),
        (["train", "sst2", "--lr", "-1"], "learning_rate: must be greater than 0"),
        (["train", "sst2", "--epochs", "0"], "epochs: must be greater than 0"),
        (["train", "sst2", "--suite", "typoo"], "did you mean 'typo'?"),
        (["train", "sst2", "--lora", "qvv"], "did you mean 'qv'?"),
        (["train", "sst2", "--class-weights", "balancd"], "did you mean 'balanced'?"),
        (["train", "sst2", "--set", "training.seeed=1"], "did you mean 'seed'?"),
        (["train", "sst2", "--data-dir", "nowhere", "--backbone", "TINY"], "nowhere: no such folder"),
        (["train", "sst2", "--text", "x", "--backbone", "TINY"], "leave --text"),
        (["train", "nothing.csv"], "nothing.csv: no such file"),
        (["train", "."], ". is a folder"),
        (["check", "nothing.csv"], "nothing.csv: no such file"),
        (["augment"], "give a data file or --text TEXT"),
        (["augment", "--text", "A cat.", "--n", "0"], "--n': must be greater than or equal to 1; see"),
        (["augment", "--text", "A cat.", "--preset", "sentimant"], "did you mean 'sentiment'?"),
        (["predict", "nowhere", "hello"], "no run folder nowhere"),
        (["predict", ".", "hello"], "not a run folder"),
        (["predict", "nowhere"], "give either texts, --pair A B or --file FILE"),
        (["predict", "nowhere", "--file", "x.csv"], "--file and --out go together"),
        (["evaluate", "nowhere"], "no run folder nowhere"),
        (["distill"], "missing argument"),
        (["distill", "nowhere.toml"], "no recipe nowhere.toml"),
        (["models", "--out"], "option '--out' requires an argument; see `pocketbert models --help`"),
        (["--version="], "does not take a value; see `pocketbert --help`"),
        (["tasks", "show", "--json="], "see `pocketbert tasks --help`"),
        (["models", "--teacher", "x"], "--teacher, --student and --out go with --attention TEXT"),
    ],
)
def test_wrong_arguments_end_with_status_2_and_one_line(
    pocketbert: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tiny_backbone: Path,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = pocketbert(*(str(tiny_backbone) if word == "TINY" else word for word in arguments))
    assert words in answer.problem
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert answer.out == ""
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (["--text", "revew"], "no column 'revew'; did you mean 'review'?"),
        (["--label", "review"], "both the text and the label"),
        (["--test", "nothing.csv"], "nothing.csv: no such file"),
        (["--backbone", "no/where/"], "no folder no/where/ for --backbone"),
        (["--max-length", "512"], "reads at most 128 tokens, not 512; give --max-length 128"),
    ],
)
def test_a_refused_run_leaves_no_folder(
    pocketbert: Command, options: list[object], tmp_path: Path, changed: list[str], words: str
) -> None:
    kept = [options[0], *options[3:]] if changed[0] == "--text" else options  # two of them are a pair
    answer = pocketbert("train", *kept, *changed, "--out", tmp_path / "run")
    assert words in answer.problem
    assert answer.status == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "arguments",
    [["augment", "--text", b"\xff cat"], ["predict", "run", b"\xff"], ["train", b"\xfe.csv"]],
)
def test_bytes_that_are_no_text_are_refused(arguments: list[str | bytes]) -> None:
    done = subprocess.run([sys.executable, "-m", "pocketbert", *arguments], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"is not UTF-8 text" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_terminal_without_the_letters_shows_their_numbers() -> None:
    def told(*options: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "pocketbert", "augment", "--text", "日本", "--n", "1", *options],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONIOENCODING": "ascii"},
        ).stdout

    assert "\\u65e5\\u672c" in told()
    assert json.loads(told("--json"))[0]["text"] == ["日本"]


# --out


def test_a_finished_run_is_said_to_be_finished(
    pocketbert: Command, options: list[object], copied_run: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied_run.rglob("*")}
    answer = pocketbert("train", *options, "--out", copied_run, "--json")
    assert answer.status == 0
    assert "finished" in answer.err
    assert json.loads(answer.out) == json.loads((copied_run / "metrics.json").read_text())
    assert {path: path.stat().st_mtime_ns for path in copied_run.rglob("*")} == before


def test_an_output_folder_of_another_kind_is_refused(
    pocketbert: Command, options: list[object], copied_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("mine")
    for folder, words in (
        (tmp_path / "file", "is a file; name a folder"),
        (tmp_path / "full", "holds other files"),
        (tmp_path / "file" / "below", "cannot write to --out"),
        (Path("/proc/run"), "cannot write to --out"),
    ):
        answer = pocketbert("train", *options, "--out", folder)
        assert words in answer.problem
        assert answer.status == 2
    answer = pocketbert("train", *options, "--out", copied_run, "--seed", 5)
    assert "holds a run of another recipe" in answer.problem
    assert answer.status == 2
    assert (tmp_path / "full" / "letter").read_text() == "mine"


def test_what_a_run_killed_at_its_very_start_left_is_no_obstacle(
    pocketbert: Command, options: list[object], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / ".partial-probe").touch()
    (out / ".partial-recipe.toml").write_text("[data")
    answer = pocketbert("train", *options, "--out", out)
    assert answer.status == 0, answer.err


def test_checkpoints_of_a_run_killed_at_its_very_end_go(
    pocketbert: Command, options: list[object], copied_run: Path
) -> None:
    (copied_run / "checkpoints/step-00-000000003").mkdir(parents=True)
    answer = pocketbert("train", *options, "--out", copied_run)
    assert (answer.status, "finished" in answer.err) == (0, True)
    assert not (copied_run / "checkpoints").exists()


# Damaged runs


@pytest.mark.parametrize(
    ("file", "content", "command"),
    [
        ("recipe.toml", b"[[[", "predict"),
        ("recipe.toml", b"\xff\xfe", "evaluate"),
        ("task.json", None, "predict"),
        ("task.json", b'{"name": 3}', "predict"),
        ("model/model.safetensors", b"short", "predict"),
        ("model/config.json", None, "predict"),
        ("model/tokenizer.json", b"{", "predict"),
        ("metrics.json", b'{"schema": 1, "spl', "evaluate"),
        ("metrics.json", b"5", "evaluate"),
        ("suites/typo@2.jsonl", b"{}", "evaluate"),
    ],
)
def test_a_damaged_run_is_named_by_its_file(
    pocketbert: Command, copied_run: Path, file: str, content: bytes | None, command: str
) -> None:
    (copied_run / file).unlink()
    if content is not None:
        (copied_run / file).write_bytes(content)
    rest = ["hello"] if command == "predict" else ["--suite", "typo@2"]
    answer = pocketbert(command, copied_run, *rest)
    assert answer.status == 1
    assert str(copied_run / Path(file).parent) in answer.problem
    assert answer.err.count("\n") == 1


def test_an_unfinished_run_predicts_nothing(pocketbert: Command, copied_run: Path) -> None:
    (copied_run / "metrics.json").unlink()
    answer = pocketbert("predict", copied_run, "hello")
    assert answer.status == 2
    assert "is not finished" in answer.problem


def test_a_distillation_predicts_nothing_until_it_is_fine_tuned(
    pocketbert: Command, copied_run: Path
) -> None:
    (copied_run / "task.json").unlink()
    (copied_run / "model" / "masked_lm.safetensors").touch()
    answer = pocketbert("predict", copied_run, "hello")
    assert answer.status == 2
    assert f"pocketbert train DATA --backbone {copied_run / 'model'}" in answer.problem


# predict


def test_predict_prints_a_line_a_text(pocketbert: Command, finished_run: Path) -> None:
    answer = pocketbert("predict", finished_run, "a good film", "a [bad] film", "")
    assert answer.status == 0
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert len(lines) == 3
    assert all(re.match(r"(good|bad) +[01]\.\d{3}", line) for line in lines)
    assert "a [bad] film" in lines[1]


def test_predict_as_json(pocketbert: Command, finished_run: Path) -> None:
    (answer,) = json.loads(pocketbert("predict", finished_run, "a good film", "--json").out)
    assert answer["predicted_label"] in ("good", "bad")
    assert 0.5 <= answer["probability"] <= 1


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_predict_answers_a_file_beside_its_columns(
    pocketbert: Command, finished_run: Path, review_files: Path, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"answers.{suffix}"
    answer = pocketbert("predict", finished_run, "--file", review_files / "test.csv", "--out", out)
    assert answer.status == 0, answer.err
    text = out.read_text(encoding="utf-8")
    if suffix == "jsonl":
        rows = [json.loads(line) for line in text.splitlines()]
    else:
        rows = list(csv.DictReader(text.splitlines(), delimiter="\t" if suffix == "tsv" else ","))
    assert list(rows[0]) == ["review", "verdict", "predicted_label", "probability", "familiar"]
    assert [(row["review"], row["verdict"]) for row in rows] == reviews(24, first=1000)


def test_predict_never_overwrites_a_file(
    pocketbert: Command, finished_run: Path, review_files: Path, tmp_path: Path
) -> None:
    file = Path(shutil.copy(review_files / "test.csv", tmp_path / "mine.csv"))
    before = file.read_bytes()
    answer = pocketbert("predict", finished_run, "--file", file, "--out", file)
    assert answer.status == 2
    assert "exists already" in answer.problem
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "out", "status", "words"),
    [
        ("review\n", "answers.csv", 1, "has a header but no rows"),
        ("", "answers.csv", 1, "is empty"),
        ("words\nhello\n", "answers.csv", 2, "no column 'review'"),
        ("review,probability\nhello,1\n", "answers.csv", 2, "has a column 'probability' already"),
        ("review\nhello\n", "answers.txt", 2, "end its name in one of .csv, .tsv, .jsonl"),
        ("review\nhello\n", "no/answers.csv", 2, "no folder"),
        ("review\nhello\n", "answers.csv", 0, ""),
    ],
)
def test_files_that_do_not_fit_leave_no_answers(
    pocketbert: Command, finished_run: Path, tmp_path: Path, content: str, out: str, status: int, words: str
) -> None:
    (tmp_path / "in.csv").write_text(content)
    answer = pocketbert("predict", finished_run, "--file", tmp_path / "in.csv", "--out", tmp_path / out)
    assert answer.status == status
    if status:
        assert words in answer.problem
        assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_one_text_is_not_a_pair_and_a_pair_not_one_text(
    pocketbert: Command, finished_run: Path, pair_run: Path
) -> None:
    answer = pocketbert("predict", finished_run, "--pair", "a", "b")
    assert (answer.status, "one text at a time" in answer.problem) == (2, True)
    answer = pocketbert("predict", pair_run, "a text")
    assert (answer.status, "--pair A B" in answer.problem) == (2, True)


def test_pairs_are_answered_in_the_units_of_their_labels(pocketbert: Command, pair_run: Path) -> None:
    answer = pocketbert("predict", pair_run, "--pair", "the phone was good .", "a phone was good .", "--json")
    (predicted,) = json.loads(answer.out)
    assert 0 < predicted["predicted_value"] < 5


# evaluate


def test_evaluate_prints_the_metrics_and_nothing_else(pocketbert: Command, finished_run: Path) -> None:
    saved = json.loads((finished_run / "metrics.json").read_text())
    answer = pocketbert("evaluate", finished_run, "--suite", "typo@2", "--suite", "ocr", "--json")
    assert answer.status == 0
    assert answer.err == ""
    assert json.loads(answer.out)["splits"] == saved["splits"]


def test_evaluate_takes_a_file_of_other_columns(
    pocketbert: Command, finished_run: Path, tmp_path: Path
) -> None:
    file = write_rows(tmp_path / "new.csv", ("words", "meant"), reviews(10, first=50))
    columns = ["--text", "words", "--label", "meant", "--suite", "none"]
    answer = pocketbert("evaluate", finished_run, "--data", file, *columns, "--json")
    assert json.loads(answer.out)["splits"]["test"]["n"] == 10
    answer = pocketbert("evaluate", finished_run, "--data", file)
    assert (answer.status, "no column 'review'" in answer.problem) == (2, True)


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        ("review\nhello\n", 2, "no column 'verdict'"),
        (
            "review,verdict\nhello,goood\n",
            1,
            "row 1, column 'verdict': no label 'goood'; did you mean 'good'?",
        ),
        ("review,verdict\nhello,\n", 1, "row 1, column 'verdict': the label is missing"),
        ("review,verdict\n", 1, "has a header but no rows"),
    ],
)
def test_rows_that_cannot_be_scored_are_named(
    pocketbert: Command, finished_run: Path, tmp_path: Path, content: str, status: int, words: str
) -> None:
    (tmp_path / "new.csv").write_text(content)
    answer = pocketbert("evaluate", finished_run, "--data", tmp_path / "new.csv")
    assert words in answer.problem
    assert answer.status == status


def test_results_fit_a_narrow_terminal(
    pocketbert: Command, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    lines = pocketbert("evaluate", finished_run, "--suite", "typo@2,punctuation").out.splitlines()
    shown = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert max(map(len, shown)) <= 80
    assert [line.split()[0] for line in shown[2:5]] == ["clean", "typo@2", "punctuation"]
    assert all(line.count("]") == 3 for line in shown[3:5])


def test_unknown_suites_are_refused(pocketbert: Command, finished_run: Path) -> None:
    answer = pocketbert("evaluate", finished_run, "--suite", "typoo")
    assert (answer.status, "did you mean 'typo'?" in answer.problem) == (2, True)


# check, augment, tasks


def test_check_says_what_spoils_the_data(pocketbert: Command, tiny_backbone: Path, tmp_path: Path) -> None:
    rows = [*reviews(60), ("the phone 0 was good on monday .", "bad"), ("", "good")]
    train = write_rows(tmp_path / "train.csv", ("review", "verdict"), rows)
    test = write_rows(tmp_path / "test.csv", ("review", "verdict"), reviews(20))
    arguments = ["check", train, "--test", test, "--backbone", tiny_backbone, "--validation", test]
    answer = pocketbert(*arguments)
    assert answer.status == 0
    assert "warning: train: 1 text with more than one label" in answer.out
    assert "also in train: the test result will look better than it is" in answer.out
    findings = json.loads(pocketbert(*arguments, "--json").out)
    assert findings["conflicting"] == 1
    assert findings["label_counts"]["train"] == {"bad": 31, "good": 30}


def test_check_of_many_labels_is_short_in_words_and_whole_in_json(
    pocketbert: Command, tiny_backbone: Path, tmp_path: Path
) -> None:
    rows = [(f"text number {n}", f"label {n % 77}") for n in range(77 * 4)]
    file = write_rows(tmp_path / "many.csv", ("text", "label"), rows)
    answer = pocketbert("check", file, "--backbone", tiny_backbone)
    assert "77: " in answer.out
    assert len(re.findall(r"label \d+ \d", answer.out)) < 15
    assert max(map(len, answer.out.splitlines())) < 200
    findings = json.loads(pocketbert("check", file, "--backbone", tiny_backbone, "--json").out)
    assert len(findings["label_counts"]["train"]) == 77


def test_augment_marks_what_it_changed(pocketbert: Command) -> None:
    answer = pocketbert("augment", "--text", "On the mat, the cat sat.", "--n", 8)
    first, *views = answer.out.splitlines()
    assert first == "On the mat, the cat sat."
    assert len(views) == 8
    for view in views:
        rebuilt = re.sub(r"\[-.*?-\] ?", "", view.rpartition("  (")[0])
        assert rebuilt.replace("{+", "").replace("+}", "").strip() != first
    assert any("[-" in view and "{+" in view for view in views)
    shown = json.loads(pocketbert("augment", "--text", "On the mat, the cat sat.", "--n", 8, "--json").out)
    assert len(shown[0]["views"]) == 8


def test_augment_needs_no_labels(pocketbert: Command, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "texts.csv", ("review",), [(text,) for text, _ in reviews(10)])
    shown = json.loads(pocketbert("augment", file, "--rows", 3, "--n", 2, "--json").out)
    assert [len(row["views"]) for row in shown] == [2, 2, 2]


def test_tasks_are_listed_and_shown(pocketbert: Command) -> None:
    listed = json.loads(pocketbert("tasks", "--json").out)
    assert {"sst2", "stsb", "banking77"} <= {task["name"] for task in listed}
    assert "Is a sentence acceptable English?" in pocketbert("tasks").out
    assert "sentence" in pocketbert("tasks", "show", "sst2").out


# The terminal


def test_a_reader_who_leaves_ends_it_silently() -> None:
    command = f"{sys.executable} -m pocketbert augment --text 'On the mat, the cat sat.' --n 1000 | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "On the mat, the cat sat.\n"
    assert done.stderr == ""


def test_a_full_disk_behind_standard_output_is_one_line() -> None:
    command = f"{sys.executable} -m pocketbert tasks > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "pocketbert: the system refused: No space left on device\n"


def test_an_unforeseen_error_is_one_line_that_says_how_to_report_it(
    pocketbert: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(*content: object, **options: object) -> str:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(json, "dumps", fall)
    answer = pocketbert("tasks", "show", "sst2", "--json")
    assert answer.status == 1
    assert answer.err.startswith("pocketbert: RuntimeError: two lines; not foreseen")
    assert answer.err.count("\n") == 1
