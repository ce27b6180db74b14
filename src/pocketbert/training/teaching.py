"""What a fine-tuned model learns from: the labels of its rows, and whoever else there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from pocketbert.training.objective import Objective, Supervised

if TYPE_CHECKING:
    import torch


class Teaching(Protocol):
    """Who teaches a model besides the labels, and how."""

    @property
    def fingerprint(self) -> str:
        """What tells this teacher from another."""

    def lesson(
        self, model: torch.nn.Module, labels: Supervised
    ) -> AbstractContextManager[tuple[torch.nn.Module, Objective]]:
        """For one stage: what trains, which has the model within it, and what that minimises."""


class LabelsAlone:
    """Nobody else: a model that trains by itself on its labels."""

    fingerprint = ""

    @contextmanager
    def lesson(
        self, model: torch.nn.Module, labels: Supervised
    ) -> Iterator[tuple[torch.nn.Module, Objective]]:
        yield model, labels
