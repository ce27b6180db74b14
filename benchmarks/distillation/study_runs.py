"""One run of the study, and the file that keeps all of them: a killed study goes on where it stood."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from study import STUDENTS, TASKS, TEACHER, Pretraining, Scale, Tuning

from pocketbert.distillation.settings import DistillationRecipe
from pocketbert.distilling import distill
from pocketbert.errors import PocketBertError
from pocketbert.reporter import Reporter

sys.path.append(str(Path(__file__).parents[1]))

from measured_on import measured_on

PACKAGES = ("torch", "transformers", "datasets", "numpy")
Record = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """`results.json`: what was measured, a line a run, all on one text and at one scale."""

    path: Path
    study: Record
    pretraining: dict[str, Record]
    tuning: dict[str, Record]

    @classmethod
    def open(cls, path: Path, study: Record) -> Results:
        """What the file knows.  Raises PocketBertError when it is of another text or scale."""
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"study": study}
        if content["study"] != study:
            differing = [name for name in study if content["study"].get(name) != study[name]]
            raise PocketBertError(f"{path} differs in {', '.join(differing)}; give another file with --out")
        return cls(path, study, content.get("pretraining", {}), content.get("tuning", {}))

    def add(self, cell: Pretraining | Tuning, record: Record) -> None:
        """Take up a run's figures and write the file, whole or not at all."""
        table = self.pretraining if isinstance(cell, Pretraining) else self.tuning
        table[cell.name] = record
        parts = [f'"study": {json.dumps(self.study)}']
        for name in ("pretraining", "tuning"):
            lines = [f"  {json.dumps(key)}: {json.dumps(row)}" for key, row in getattr(self, name).items()]
            parts.append(f'"{name}": {{\n' + ",\n".join(lines) + "\n }")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text('{\n "schema": 1,\n ' + ",\n ".join(parts) + "\n}\n", encoding="utf-8")
        partial.replace(self.path)


@dataclass(frozen=True)
class Bench:
    """Where the text, the tasks' rows and the work in progress lie."""

    text: Path
    files: Path
    work: Path
    scale: Scale
    threads: int | None
    reporter: Reporter

    @property
    def study(self) -> Record:
        """What the figures depend on besides the code and the machine."""
        text = {"file": self.text.name, "sha256": hashlib.sha256(self.text.read_bytes()).hexdigest()}
        return {"text": text, **asdict(self.scale)}

    def folder(self, cell: Pretraining | Tuning) -> Path:
        kind = "pretraining" if isinstance(cell, Pretraining) else "tuning"
        return self.work / kind / cell.name

    def encoder(self, cell: Pretraining) -> Path:
        """The folder of a pre-trained encoder, as `--backbone` takes it."""
        return self.folder(cell) / ("teacher" if cell.model == TEACHER else "model")


def recipe_of(cell: Pretraining, bench: Bench) -> DistillationRecipe:
    """The recipe of a run: the teacher's own, or a student's that names the finished teacher."""
    scale = bench.scale
    teacher: Record = {"name": str(bench.encoder(Pretraining(TEACHER)))}
    steps, schedule, embeddings = scale.steps, STUDENTS["answers"].schedule, True
    if cell.model == TEACHER:
        # A run always has a student; this one is let go after a single update.
        teacher = {"shape": scale.teacher_shape, "learning_rate": scale.learning_rate}
        teacher["steps"], steps = scale.teacher_budgets * steps, 1
    else:
        schedule = STUDENTS[cell.model].schedule
        embeddings = STUDENTS[cell.model].teacher_embeddings
    return DistillationRecipe.model_validate(
        {
            "text": {"sources": [str(bench.text)]},
            "teacher": teacher,
            "student": {"shape": scale.shape, "teacher_embeddings": embeddings},
            "schedule": schedule,
            "training": {
                "seed": cell.seed,
                "steps": steps,
                "batch_size": scale.windows,
                "lengths": [scale.length],
                "learning_rate": scale.learning_rate,
                "held_out_windows": scale.held_out_windows,
                "tokens": bench.work / "tokens",
                "threads": bench.threads,
            },
        }
    )


def pretrain(cell: Pretraining, bench: Bench) -> Record:
    """Train the teacher or a student, or go on with it; its folder stays, for the fine-tunings.

    Raises PocketBertError when the run fails.
    """
    metrics = distill(recipe_of(cell, bench), bench.folder(cell), bench.reporter)
    stages = metrics["stages"][:1] if cell.model == TEACHER else metrics["stages"]
    scale, last = bench.scale, stages[-1]
    steps = scale.steps * (scale.teacher_budgets if cell.model == TEACHER else 1)
    tokens, seconds = steps * scale.windows * scale.length, sum(stage["seconds"] for stage in stages)
    return {
        **asdict(cell),
        "tokens": tokens,
        "seconds": round(seconds, 1),
        "tokens_per_second": round(tokens / seconds),
        "parameters": last["parameters"]["total"],
        **last["held_out"],
        "stages": [
            {name: stage[name] for name in ("name", "terms", "seconds", "loss_by_term", "held_out")}
            for stage in stages
        ],
        **made_with(bench),
    }


def tune(cell: Tuning, bench: Bench) -> Record:
    """Fine-tune a pre-trained model and score it; the run folder is taken away once its figures are known.

    Raises PocketBertError when the run fails or is interrupted; then it goes on from its folder.
    """
    import pocketbert as pb

    task, limits = TASKS[cell.task], (bench.scale.limit, TASKS[cell.task].limit)
    epochs, folder = bench.scale.epochs or task.epochs, bench.folder(cell)
    began = time.monotonic()
    run = pb.finetune(
        task.task,
        data_dir=bench.files / task.folder,
        backbone=str(bench.encoder(cell.model)),
        method="full",
        augment=False,
        epochs=epochs,
        learning_rate=cell.learning_rate,
        seed=cell.model.seed,
        out=folder,
        settings={
            "data.limit": min((rows for rows in limits if rows), default=None),
            "data.max_length": bench.scale.length,
            "data.cache_dir": str(bench.work / "cache"),
            "evaluation.suites": "none",
            "evaluation.examples": 0,
            "training.patience": epochs,
            "training.threads": bench.threads,
        },
        reporter=bench.reporter,
    )
    split, (stage,) = run.metrics["splits"]["test"], run.metrics["stages"]
    record = {
        **cell.record,
        "epochs": epochs,
        "validation": stage["best_validation"],
        "metric": split["main_metric"],
        **split["clean"][split["main_metric"]],
        "scored_rows": split["n"],
        "right": right_rows(run, bench, cell),
        "seconds": round(time.monotonic() - began, 1),
        **made_with(bench),
    }
    shutil.rmtree(folder)
    return record


def right_rows(run: Any, bench: Bench, cell: Tuning) -> str:
    """Which scored rows a run got right, as a string of 0 and 1: two models are compared row by row."""
    from pocketbert.data import DataSettings, load

    task = TASKS[cell.task]
    rows = load(DataSettings(source=task.task, data_dir=bench.files / task.folder)).test
    answers = run.predict(list(rows["text"]))
    labels = (run.task.labels[label] for label in rows["label"])
    return "".join(str(int(one.label == label)) for one, label in zip(answers, labels, strict=True))


def made_with(bench: Bench) -> Record:
    """When, where and with what this was measured."""
    return {**measured_on(Path(__file__).parent, PACKAGES), "threads": bench.threads}
