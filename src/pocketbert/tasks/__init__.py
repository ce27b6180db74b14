"""Tasks: what is to be learned, and where its data stands.  One TOML file a task, no code."""

from pocketbert.tasks.task import FilesLayout, HubLayout, Metric, Part, Task, load_task, task_names

__all__ = ["FilesLayout", "HubLayout", "Metric", "Part", "Task", "load_task", "task_names"]
