"""One loop, its objective, optimiser, checkpoints and meter."""

from pocketbert.training.settings import Stage, TrainingSettings

__all__ = ["Stage", "TrainingSettings"]
