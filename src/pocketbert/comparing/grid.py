"""What is compared: variants of one recipe or several recipes, each trained once for every seed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pocketbert.errors import ArgumentError, unknown_name
from pocketbert.recipe import Recipe, resolve, with_absolute_paths

METHODS = ("full", "lora", "norms")
CLEAN, AUGMENTED = TEXTS = ("clean", "augmented")
METHOD_TITLES = {"full": "full", "lora": "LoRA", "norms": "norms"}
WORDS = "tf-idf"
"""Name of the row without a neural network."""

Role = Literal["grid", "listed", "beside"]


@dataclass(frozen=True)
class Variant:
    """One way of training; `beside` are the rows of other backbones, for what something simpler would do."""

    name: str
    title: str
    recipe: Recipe
    role: Role

    @property
    def method(self) -> str:
        """How it trains, stage after stage."""
        return "+".join(dict.fromkeys(stage.method for stage in self.recipe.stages))

    @property
    def augmented(self) -> bool:
        """Whether any stage reads views."""
        return self.recipe.augmentation.enabled and any(
            stage.data == AUGMENTED for stage in self.recipe.stages
        )


@dataclass(frozen=True)
class Cell:
    """One variant at one seed: a run."""

    variant: Variant
    seed: int

    @property
    def name(self) -> str:
        return f"{self.variant.name}-{self.seed}"

    @property
    def recipe(self) -> Recipe:
        training = self.variant.recipe.training.model_copy(update={"seed": self.seed})
        return with_absolute_paths(self.variant.recipe.model_copy(update={"training": training}))


@dataclass(frozen=True)
class Contrast:
    """Two variants, the second of which a question asks about."""

    baseline: str
    variant: str


@dataclass(frozen=True)
class Grid:
    """All variants and seeds, and which of them answer which question."""

    variants: tuple[Variant, ...]
    seeds: tuple[int, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Seed by seed, so that work that is stopped has left as many seeds of one variant as of another."""
        return tuple(Cell(variant, seed) for seed in self.seeds for variant in self.variants)

    @property
    def featured(self) -> Variant:
        """The variant whose use is questioned: LoRA on augmented text, else the last that is no other backbone.

        It is chosen by what it is, never by its figures.
        """
        own = [variant for variant in self.variants if variant.role != "beside"]
        return next((one for one in own if one.name == f"lora-{AUGMENTED}"), own[-1])

    @property
    def of_augmentation(self) -> tuple[Contrast, ...]:
        """Training on augmented against training on clean text, method by method."""
        return self._pairs([(f"{method}-{CLEAN}", f"{method}-{AUGMENTED}") for method in METHODS])

    @property
    def of_method(self) -> tuple[Contrast, ...]:
        """Training less against training every weight, on the same text."""
        return self._pairs([(f"full-{text}", f"{method}-{text}") for text in TEXTS for method in METHODS[1:]])

    @property
    def of_simplicity(self) -> tuple[Contrast, ...]:
        """The featured variant against TF-IDF and against each other backbone."""
        others = [WORDS, *(variant.name for variant in self.variants if variant.role == "beside")]
        return tuple(Contrast(name, self.featured.name) for name in others)

    def _pairs(self, names: Iterable[tuple[str, str]]) -> tuple[Contrast, ...]:
        """Those pairs that were trained; of listed recipes the first against each of the others."""
        listed = [variant.name for variant in self.variants if variant.role == "listed"]
        if listed:
            return tuple(Contrast(listed[0], name) for name in listed[1:])
        trained = {variant.name for variant in self.variants}
        return tuple(Contrast(*pair) for pair in names if trained.issuperset(pair))


def plan(
    sources: Sequence[str],
    fields: dict[str, Any],
    stage: dict[str, Any],
    overrides: Sequence[str] = (),
    *,
    methods: Sequence[str] = METHODS,
    texts: Sequence[str] = TEXTS,
    beside: Sequence[str] = (),
    seeds: int = 3,
) -> Grid:
    """The grid of one source (a data file, a task or a recipe), or a list of recipes; `beside` names other backbones.

    Raises ArgumentError for what cannot be compared.
    """
    recipes = [resolve(source, fields, stage, overrides) for source in sources]
    if len(sources) > 1:
        variants = _listed(sources, recipes)
    else:
        variants = _grid(recipes[0], _chosen("method", methods, METHODS), _chosen("text", texts, TEXTS))
    variants += tuple(_beside(recipes[0], name) for name in beside)
    _refuse_doubles(variants)
    first = recipes[0].training.seed
    return Grid(variants, tuple(range(first, first + seeds)))


def _chosen(kind: str, names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Names in the order in which they are known.  Raises ArgumentError for another."""
    given = [part.strip() for name in names for part in name.split(",")]
    for name in given:
        if name not in known:
            raise ArgumentError(unknown_name(kind, name, known))
    return tuple(name for name in known if name in given)


def _grid(recipe: Recipe, methods: Sequence[str], texts: Sequence[str]) -> tuple[Variant, ...]:
    if len(recipe.stages) > 1:
        raise ArgumentError(
            "a recipe of several stages is compared as it stands: give it with one or more other recipes"
        )
    return tuple(
        Variant(
            f"{method}-{text}", f"{METHOD_TITLES[method]}, {text}", _variant(recipe, method, text), "grid"
        )
        for method in methods
        for text in texts
    )


def _variant(recipe: Recipe, method: str, text: str) -> Recipe:
    """The recipe with another method and text; its learning rate goes with the method that it was chosen for."""
    stage = recipe.stages[0]
    rate = stage.learning_rate if stage.method == method else None
    changed = stage.model_copy(update={"method": method, "data": text, "learning_rate": rate})
    policy = recipe.augmentation.model_copy(update={"enabled": text == AUGMENTED})
    return recipe.model_copy(update={"stages": (changed,), "augmentation": policy})


def _listed(sources: Sequence[str], recipes: Sequence[Recipe]) -> tuple[Variant, ...]:
    for source in sources:
        if Path(source).suffix != ".toml":
            raise ArgumentError(f"{source}: several things that are compared must be recipes (.toml)")
    return tuple(
        Variant(_file_name(Path(source).stem), Path(source).stem, recipe, "listed")
        for source, recipe in zip(sources, recipes, strict=True)
    )


def _beside(recipe: Recipe, name: str) -> Variant:
    """Another backbone as one would take it off the shelf: every weight trained, on the text as it is."""
    if len(recipe.stages) > 1:
        recipe = recipe.model_copy(update={"stages": recipe.stages[-1:]})
    plain = _variant(recipe.model_copy(update={"stages": (recipe.stages[0],)}), "full", CLEAN)
    backbone = plain.backbone.model_copy(update={"name": name, "revision": None})
    title = name.rstrip("/").split("/")[-1]
    return Variant(_file_name(title), title, plain.model_copy(update={"backbone": backbone}), "beside")


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.]+", "-", name).strip("-.") or "variant"


def _refuse_doubles(variants: Sequence[Variant]) -> None:
    names = [variant.name for variant in variants] + [WORDS]
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(f"two rows would be called '{name}'; rename a recipe or a folder")
