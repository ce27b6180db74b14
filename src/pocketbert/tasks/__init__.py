"""Tasks: what is to be learned, and where its data stands.  One TOML file a task, no code."""

from pocketbert.tasks.task import (
    USUAL_LENGTH,
    FilesLayout,
    HubLayout,
    Metric,
    Part,
    Task,
    load_task,
    task_names,
)

__all__ = ["USUAL_LENGTH", "FilesLayout", "HubLayout", "Metric", "Part", "Task", "load_task", "task_names"]
