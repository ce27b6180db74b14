"""What is compared with what."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import reviews, write_rows
from pocketbert.comparing.grid import Contrast, plan
from pocketbert.errors import ArgumentError


@pytest.fixture
def data(tmp_path: Path) -> str:
    return str(write_rows(tmp_path / "rows.csv", ("text", "label"), reviews(8)))


def recipe(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f'[data]\nsource = "sst2"\n{text}', encoding="utf-8")
    return str(path)


def test_the_grid_is_every_method_on_every_text_for_every_seed(data: str):
    grid = plan([data], {"training.seed": 5}, {}, seeds=2)
    names = [f"{method}-{text}" for method in ("full", "lora", "norms") for text in ("clean", "augmented")]
    assert [variant.name for variant in grid.variants] == names
    assert [cell.name for cell in grid.cells][:7] == [*(f"{name}-5" for name in names), "full-clean-6"]
    assert [cell.recipe.training.seed for cell in grid.cells[5:7]] == [5, 6]
    for variant in grid.variants:
        assert variant.augmented == variant.name.endswith("augmented")
        assert variant.method == variant.name.partition("-")[0]


def test_variants_differ_in_method_and_text_alone(data: str):
    plain, augmented = plan([data], {}, {"epochs": 2}, methods=["lora"]).variants
    same = plain.recipe.model_dump()
    same["augmentation"]["enabled"], same["stages"][0]["data"] = True, "augmented"
    assert same == augmented.recipe.model_dump()


def test_a_learning_rate_stays_with_the_method_that_it_was_given_for(tmp_path: Path):
    path = recipe(tmp_path, "mine.toml", '[[stages]]\nmethod = "lora"\nlearning_rate = 2e-3\n')
    rates = {one.name: one.recipe.stages[0].learning_rate for one in plan([path], {}, {}).variants}
    assert rates["lora-clean"] == rates["lora-augmented"] == 2e-3
    assert rates["full-clean"] is rates["norms-augmented"] is None


def test_each_question_has_its_pairs(data: str):
    grid = plan([data], {}, {}, methods=["full,lora"], beside=["some/other-model"])
    assert grid.of_augmentation == (
        Contrast("full-clean", "full-augmented"),
        Contrast("lora-clean", "lora-augmented"),
    )
    assert grid.of_method == (
        Contrast("full-clean", "lora-clean"),
        Contrast("full-augmented", "lora-augmented"),
    )
    assert grid.of_simplicity == (
        Contrast("tf-idf", "lora-augmented"),
        Contrast("other-model", "lora-augmented"),
    )
    other = grid.variants[-1]
    assert (other.method, other.augmented, other.recipe.backbone.name) == ("full", False, "some/other-model")


def test_listed_recipes_are_compared_with_the_first(tmp_path: Path):
    paths = [
        recipe(tmp_path, "plain.toml", "[augmentation]\nenabled = false\n"),
        recipe(tmp_path, "one.toml", ""),
        recipe(
            tmp_path,
            "two.toml",
            '[[stages]]\nname = "first"\ndata = "clean"\n[[stages]]\nname = "second"\nmethod = "norms"\n',
        ),
    ]
    grid = plan(paths, {}, {})
    assert grid.of_augmentation == (Contrast("plain", "one"), Contrast("plain", "two"))
    assert grid.featured.name == "two"
    assert grid.variants[2].method == "lora+norms"


def test_a_single_pair_asks_no_question_that_it_cannot_answer(data: str):
    grid = plan([data], {}, {}, methods=["lora"], texts=["clean"])
    assert grid.of_augmentation == grid.of_method == ()
    assert grid.featured.name == "lora-clean"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"methods": ["lorra"]}, "no method 'lorra'; did you mean 'lora'?"),
        ({"texts": ["augmnted"]}, "no text 'augmnted'; did you mean 'augmented'?"),
        ({"beside": ["a/model", "b/model"]}, "two rows would be called 'model'"),
        ({"beside": ["hub/tf-idf"]}, "two rows would be called 'tf-idf'"),
    ],
)
def test_what_cannot_be_asked_for_is_said(data: str, options: dict[str, list[str]], problem: str):
    with pytest.raises(ArgumentError) as refused:
        plan([data], {}, {}, **options)
    assert problem in str(refused.value)


def test_several_things_must_be_recipes_and_one_of_several_stages_needs_others(tmp_path: Path, data: str):
    with pytest.raises(ArgumentError, match="must be recipes"):
        plan([data, data], {}, {})
    stages = recipe(tmp_path, "stages.toml", '[[stages]]\nname = "a"\n[[stages]]\nname = "b"\n')
    with pytest.raises(ArgumentError, match="give it with one or more other recipes"):
        plan([stages], {}, {})
