"""Dynamic augmentation: label-safe, reproducible views of text, afresh every epoch."""

from pocketbert.augmentation.augment import augment
from pocketbert.augmentation.draw import permutation
from pocketbert.augmentation.engine import Engine, View
from pocketbert.augmentation.operator import Operator
from pocketbert.augmentation.operators import OPERATORS
from pocketbert.augmentation.perturbation import SEVERITIES, perturb
from pocketbert.augmentation.policy import Policy, presets

__all__ = [
    "OPERATORS",
    "SEVERITIES",
    "Engine",
    "Operator",
    "Policy",
    "View",
    "augment",
    "permutation",
    "perturb",
    "presets",
]
