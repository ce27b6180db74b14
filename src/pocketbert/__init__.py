"""PocketBERT: labelled text in, a small language model out that survives messy input."""

from importlib import import_module
from typing import TYPE_CHECKING

from pocketbert.errors import ArgumentError, PocketBertError

if TYPE_CHECKING:
    from pocketbert.api import distill, evaluate, export, finetune, publish
    from pocketbert.augmentation import augment
    from pocketbert.distilling import Distilled
    from pocketbert.evaluation.predictions import Prediction
    from pocketbert.exporting import Exported
    from pocketbert.publishing import Published
    from pocketbert.recipe import Recipe
    from pocketbert.runs import Run, load

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "Distilled",
    "Exported",
    "PocketBertError",
    "Prediction",
    "Published",
    "Recipe",
    "Run",
    "__version__",
    "augment",
    "distill",
    "evaluate",
    "export",
    "finetune",
    "load",
    "publish",
]

# Importing the package stays fast: each name fetches its room when it is first asked for.
_HOMES = {
    "Distilled": "distilling",
    "Exported": "exporting",
    "Prediction": "evaluation.predictions",
    "Published": "publishing",
    "Recipe": "recipe",
    "Run": "runs",
    "augment": "augmentation",
    "distill": "api",
    "evaluate": "api",
    "export": "api",
    "finetune": "api",
    "load": "runs",
    "publish": "api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'pocketbert' has no attribute '{name}'")
    return getattr(import_module(f"pocketbert.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
