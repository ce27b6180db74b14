"""Recipes: what is refused and in which words, and that what is saved is what was meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketbert.errors import ArgumentError
from pocketbert.recipe import make_recipe, parse_override, read_recipe, resolve, to_toml, with_absolute_paths

TWO_STAGES = """
[data]
source = "sst2"

[[stages]]
name = "full"
data = "clean"
method = "full"

[[stages]]
name = "adapt"
method = "lora"
"""


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("training.seeed=1", "[training]: no key 'seeed'; did you mean 'seed'?"),
        ("trainin.seed=1", "no key 'trainin'; did you mean 'training'?"),
        ("stages.0.epoch=1", "[stages.0]: no key 'epoch'; did you mean 'epochs'?"),
        ("training.seed=abc", "[training] seed: must be a whole number, not 'abc'"),
        ("training.seed=-1", "[training] seed: must be greater than or equal to 0, not -1"),
        ("training.batch_size=1.5", "[training] batch_size: must be a whole number, not 1.5"),
        ("stages.0.learning_rate=-0.1", "[stages.0] learning_rate: must be greater than 0, not -0.1"),
        ("stages.0.method=lorra", "[stages.0] method: no method 'lorra'; did you mean 'lora'?"),
        ("stages.0=1", "name the stage by its number"),
        ("stages.7.epochs=1", "no stage '7'; the recipe has 1"),
        ("data.text=3", "[data] text: must be a list, not 3"),
        ('data.text=["a", "b", "c"]', "[data] text: must have at most 2 entries, not 3"),
        ("augmentation.enabled=perhaps", "[augmentation] enabled: must be true or false, not 'perhaps'"),
        ("augmentation.preset=sentimnt", "no augmentation preset 'sentimnt'; did you mean 'sentiment'?"),
        ("augmentation.clean_share=2", "[augmentation] clean_share: must be less than or equal to 1, not 2"),
        ("teacher.run=", "[teacher] run: must not be empty"),
        ("evaluation.suites=typoo", "[evaluation] suites: no suite 'typoo'; did you mean 'typo'?"),
        ("evaluation.suites=typo@9", "suite 'typo@9' has no severity '9'; known: 1, 2, 3"),
        ("backbone.precision=fp16", "fp16 overflows at 65504"),
        ("lora.options.use_dorra=true", "did you mean 'use_dora'?"),
        ("seed=1", "write it as section.field=value"),
        ("training.seed", "write it as section.field=value"),
    ],
)
def test_a_wrong_override_is_refused_in_one_line(override: str, words: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        resolve("sst2", {}, {}, [override])
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[data", "is not TOML"),
        ("", "'data' is missing"),
        ("data = 3", "data: must be a section, not 3"),
        ("stages = []\n[data]\nsource = 'sst2'", "stages: must have at least 1 entry, not 0"),
        ("stages = 3\n[data]\nsource = 'sst2'", "stages: must be a list, not 3"),
        ("[text]\nsources = ['a.txt']", "is a recipe of `pocketbert distill`; give it to that command"),
        ("text = 'sst2'", "'data' is missing"),
        ("[data]\nsource = 'sst2'\n[lora]\nrnk = 4", "[lora]: no key 'rnk'; did you mean 'rank'?"),
        ("[data]\nsource = 'sst2'\n[augmentation]\npreset = 'everyting'", "did you mean 'everything'?"),
    ],
)
def test_a_wrong_recipe_is_refused_by_its_name(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ArgumentError) as refused:
        resolve(str(path), {}, {})
    assert str(refused.value).startswith(str(path))
    assert words in str(refused.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ArgumentError, match=r"cannot read the recipe .*wrong\.toml: it is not UTF-8 text$"):
        read_recipe(path)


@pytest.mark.parametrize("name", ["trian.csv", "recipee.toml", "trin", "ss2"])
def test_a_source_that_is_not_there_brings_the_nearest_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.csv").touch()
    Path("recipe.toml").touch()
    with pytest.raises(ArgumentError, match=r"did you mean '(train\.csv|recipe\.toml|sst2)'\?"):
        resolve(name, {}, {})


def test_stage_options_are_for_recipes_of_one_stage(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(TWO_STAGES, encoding="utf-8")
    with pytest.raises(ArgumentError, match=r"several stages; .* --set stages\.0\.epochs="):
        resolve(str(path), {}, {"epochs": 1})
    recipe = resolve(str(path), {}, {}, ["stages.1.epochs=2", "stages.adapt.learning_rate=0.01"])
    assert [(stage.epochs, stage.learning_rate) for stage in recipe.stages] == [(4, None), (2, 0.01)]


def test_options_reach_the_only_stage_and_overrides_come_last() -> None:
    recipe = resolve("sst2", {"training.seed": 3}, {"method": "norms"}, ["training.seed=4"])
    assert recipe.stages[0].method == "norms"
    assert recipe.training.seed == 4


def test_a_task_brings_the_augmentation_that_keeps_its_labels() -> None:
    assert resolve("cola", {}, {}).augmentation.preset == "grammar"
    assert resolve("cola", {"augmentation.preset": "default"}, {}).augmentation.preset == "default"


def test_the_saved_recipe_is_the_recipe(tmp_path: Path) -> None:
    recipe = resolve("sst2", {"data.limit": 10}, {"epochs": 2}, ["lora.options.use_rslora=true"])
    path = tmp_path / "recipe.toml"
    path.write_text(to_toml(recipe), encoding="utf-8")
    assert read_recipe(path) == recipe


@given(
    seed=st.integers(0, 2**31 - 1),
    rate=st.none() | st.floats(1e-7, 1.0),
    label=st.text(st.characters(blacklist_categories=["Cs"]), min_size=1),
)
def test_any_recipe_survives_its_file(seed: int, rate: float | None, label: str) -> None:
    import tomllib

    content = {
        "data": {"source": "sst2", "label": label},
        "training": {"seed": seed},
        "stages": [{"learning_rate": rate}],
    }
    recipe = make_recipe(content, {})
    assert make_recipe(tomllib.loads(to_toml(recipe)), {}) == recipe


def test_a_saved_recipe_means_the_same_files_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.csv").write_text("text,label\na,b\n")
    Path("model").mkdir()
    named = resolve("own.csv", {"data.test": "test.csv", "backbone.name": "model"}, {})
    anchored = with_absolute_paths(named)
    assert anchored.data.source == str(tmp_path / "own.csv")
    assert anchored.data.test == tmp_path / "test.csv"
    assert anchored.backbone.name == str(tmp_path / "model")
    assert with_absolute_paths(anchored) == anchored
    task = with_absolute_paths(resolve("sst2", {"data.data_dir": "glue", "backbone.name": "bundled"}, {}))
    assert (task.data.source, task.data.data_dir, task.backbone.name) == (
        "sst2",
        tmp_path / "glue",
        "bundled",
    )


def test_an_override_is_toml_or_a_plain_text() -> None:
    assert parse_override("a.b=3") == ("a.b", 3)
    assert parse_override("a.b = [1, 2]") == ("a.b", [1, 2])
    assert parse_override("a.b=x=y") == ("a.b", "x=y")
    assert parse_override("a.b=runs/one") == ("a.b", "runs/one")
