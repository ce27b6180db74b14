"""distill(recipe): text, teacher, student, stages, and what came out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from pocketbert.backbone.settings import BUNDLED
from pocketbert.distillation.settings import DistillationRecipe
from pocketbert.distillation.task import Reads, TaskDistillation, map_for_task
from pocketbert.distillation.task_settings import TaskTeacherSettings
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.pipeline import load_teacher, run, tell_processes
from pocketbert.recipe import Recipe, parse_override, read_sections, read_toml, resolve, to_toml
from pocketbert.reporter import Reporter, Silent
from pocketbert.runs import Run, load
from pocketbert.training.checkpoint import Checkpoints
from pocketbert.training.folder import RunFolder, write_whole
from pocketbert.training.processes import is_main_process, wait_for_everyone
from pocketbert.wording import counted

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from pocketbert.backbone import Backbone
    from pocketbert.distillation.pair import Pair
    from pocketbert.distillation.stages import StagedDistillation
    from pocketbert.distillation.texts import Texts

SCHEMA = 1


@dataclass(frozen=True)
class Distilled:
    """A student that has learned."""

    folder: RunFolder
    metrics: dict[str, Any] = field(repr=False)
    """What `metrics.json` says: each stage's cost, its loss by term, masked LM on held-out text."""

    @property
    def backbone(self) -> str:
        """What `finetune(backbone=...)` takes, to go on from it."""
        return str(self.folder.model)

    @property
    def run(self) -> Run | None:
        """The student fine-tuned at the end, if a task was named."""
        finetuned = self.folder.path / "finetuning"
        return load(finetuned) if finetuned.exists() else None


def read_distillation(path: Path, overrides: Sequence[str] = ()) -> DistillationRecipe:
    """A recipe with fields set over it (`section.field=value`).

    Raises ArgumentError, in one line with the key, for whatever does not fit.
    """
    return read_sections(DistillationRecipe, read_toml(path), dict(map(parse_override, overrides)), str(path))


def distill(recipe: DistillationRecipe, out: str | Path, reporter: Reporter | None = None) -> dict[str, Any]:
    """Pre-train a teacher if need be, teach a student, and leave both in a run folder; go on where it stood.

    Returns what `metrics.json` says.  Raises ArgumentError for what the recipe or `out` gets wrong,
    PocketBertError when the work fails.
    """
    main = is_main_process()
    reporter = reporter if main and reporter else Silent()
    folder, recipe = RunFolder(Path(out)), from_any_folder(recipe)
    if main:
        folder.open(to_toml(recipe))
    wait_for_everyone()
    if folder.finished:
        reporter.say(f"{out} holds this very run, finished")
        Checkpoints(folder.checkpoints, writes=main).remove()
        return metrics_of(folder)
    tell_processes(reporter)

    from pocketbert.training.meter import memory_of_imports

    memory_of_imports()
    staged = prepare(recipe, folder, reporter)
    costs = staged.run()
    metrics: dict[str, Any] = {"schema": SCHEMA, "task": "masked_lm", "stages": costs}
    for name, tuning in finetunings_of(recipe, folder).items():
        metrics[name] = run(tuning, folder.path / name.replace("_", "-"), reporter).metrics
    if main:
        write_whole(folder.metrics, json.dumps(metrics, indent=1, ensure_ascii=False))
        Checkpoints(folder.checkpoints).remove()
    wait_for_everyone()
    return metrics_of(folder)


def from_any_folder(recipe: DistillationRecipe) -> DistillationRecipe:
    """The recipe as a run keeps it: it names the same files and folders from any working directory."""

    def place(name: str | None) -> str | None:
        path = Path(name or "").expanduser()
        return str(path.absolute()) if name and name != BUNDLED and path.exists() else name

    tokens = recipe.training.tokens
    changed: dict[str, dict[str, Any]] = {
        "text": {"sources": tuple(place(source) for source in recipe.text.sources)},
        "teacher": {"name": place(recipe.teacher.name)},
        "student": {
            "start_from": place(recipe.student.start_from),
            "tokenizer": place(recipe.student.tokenizer),
        },
        "training": {"tokens": tokens and tokens.absolute()},
        "finetuning": {
            "recipe": place(recipe.finetuning.recipe),
            "teacher": recipe.finetuning.teacher.placed(),
        },
    }
    return recipe.model_copy(
        update={name: getattr(recipe, name).model_copy(update=fields) for name, fields in changed.items()}
    )


def metrics_of(folder: RunFolder) -> dict[str, Any]:
    """What `metrics.json` says.  Raises PocketBertError when it is damaged."""
    try:
        content: dict[str, Any] = json.loads(folder.metrics.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise PocketBertError(f"{folder.metrics} is damaged; distill again into a new folder") from None
    return content


def prepare(recipe: DistillationRecipe, folder: RunFolder, reporter: Reporter) -> StagedDistillation:
    """Load what the recipe names and tokenise its text; a folder made in vain is taken away."""
    from pocketbert.distillation.pair import Pair
    from pocketbert.distillation.stages import StagedDistillation

    try:
        teacher, start = backbones_of(recipe)
        pair = Pair(recipe, teacher, start, tokenizer_of(recipe, teacher, start))
        pair.check()
        check_finetuning(recipe, folder, pair)
        if is_main_process():
            write_whole(folder.recipe, to_toml(recipe))
        texts = texts_of(recipe, pair.tokenizer, folder, reporter)
        texts.check()
    except PocketBertError:
        take_away(folder)
        raise
    return StagedDistillation(folder, pair, texts, reporter)


def finetunings_of(recipe: DistillationRecipe, folder: RunFolder) -> dict[str, Recipe]:
    """The recipes of the fine-tuning at the end, if there is one: first the run's own teacher's, if it teaches."""
    settings, teacher = recipe.finetuning, recipe.finetuning.teacher
    if settings.recipe is None:
        return {}
    task = resolve(settings.recipe, {}, {})
    student = on_backbone(task, str(folder.model))
    if teacher.run is None:
        return {"finetuning": student}
    first = {}
    taught_by = teacher.run
    if teacher.is_own:
        taught_by = str(folder.path / "teacher-finetuning")
        name = recipe.teacher.name or str(folder.path / "teacher")
        own = on_backbone(task, name, recipe.teacher.revision)
        first = {"teacher_finetuning": own.model_copy(update={"teacher": TaskTeacherSettings()})}
    return {**first, "finetuning": student.model_copy(update={"teacher": teacher.taking(taught_by)})}


def on_backbone(task: Recipe, name: str, revision: str | None = None) -> Recipe:
    """A task's recipe, whatever backbone it names, on another."""
    backbone = task.backbone.model_copy(update={"name": name, "revision": revision})
    return task.model_copy(update={"backbone": backbone})


def check_finetuning(recipe: DistillationRecipe, folder: RunFolder, pair: Pair) -> None:
    """Raise PocketBertError, before anything is trained, when the student cannot learn the task at the end."""
    try:
        if tunings := finetunings_of(recipe, folder):
            check_task(recipe, tunings, pair)
    except PocketBertError as error:
        raise type(error)(f"[finetuning]: {error}") from None


def check_task(recipe: DistillationRecipe, tunings: dict[str, Recipe], pair: Pair) -> None:
    """Raise PocketBertError for rows that cannot be read, and for models that do not fit them or each other."""
    from pocketbert.data import load as load_splits

    tuning = tunings["finetuning"]
    most = {"student": pair.student_positions}
    if "teacher_finetuning" in tunings:
        most["teacher"] = pair.teacher_positions
    for name, positions in most.items():
        if tuning.data.max_length > positions:
            raise ArgumentError(
                f"{recipe.finetuning.recipe} is read to {tuning.data.max_length} tokens, the {name} reads at most "
                f"{positions}; name a recipe of it with data.max_length = {positions}"
            )
    task = load_splits(tuning.data).task
    if "teacher_finetuning" in tunings:
        map_for_task(tuning.teacher, pair.student_shape, pair.teacher_shape)
    elif (teacher := load_teacher(tuning.teacher)) is not None:
        student = Reads(pair.student_shape, pair.tokenizer, tuning.data.max_length)
        TaskDistillation.of(tuning.teacher, teacher, task, student, tuning.training.seed)


def take_away(folder: RunFolder) -> None:
    """Delete a run folder that holds no training and little of the text as tokens, so that its name is free again."""
    tokens = folder.path / "tokens"
    shards = list(tokens.glob("[0-9]*.tokens"))
    if is_main_process() and not folder.checkpoints.exists() and len(shards) <= 1:
        with suppress(OSError):
            rmtree(tokens, ignore_errors=True)
            folder.recipe.unlink(missing_ok=True)
            folder.path.rmdir()


def backbones_of(recipe: DistillationRecipe) -> tuple[Backbone | None, Backbone | None]:
    """The teacher, and what the student starts from, where the recipe names them."""
    from pocketbert.backbone import BackboneSettings, load_backbone

    teacher = start = None
    teaches = recipe.needs_teacher or recipe.finetuning.teacher.is_own
    if teaches and recipe.teacher.name is not None:
        settings = BackboneSettings(name=recipe.teacher.name, revision=recipe.teacher.revision)
        teacher = load_backbone(settings)
    if recipe.student.start_from is not None:
        start = load_backbone(BackboneSettings(name=recipe.student.start_from))
    return teacher, start


def tokenizer_of(
    recipe: DistillationRecipe, teacher: Backbone | None, start: Backbone | None
) -> PreTrainedTokenizerBase:
    """The tokenizer of both models: the teacher's, the student's, or the one named for new models."""
    from pocketbert.backbone import BackboneSettings, load_backbone

    named = teacher or start or load_backbone(BackboneSettings(name=recipe.student.tokenizer))
    return named.tokenizer


def texts_of(
    recipe: DistillationRecipe, tokenizer: PreTrainedTokenizerBase, folder: RunFolder, reporter: Reporter
) -> Texts:
    """The text as tokens on disk, made by the first process and read by all."""
    from pocketbert.data.corpus import Corpus
    from pocketbert.data.shards import open_shards, prepare_shards
    from pocketbert.data.vocabulary import Vocabulary
    from pocketbert.distillation.texts import Texts

    vocabulary = Vocabulary.of(tokenizer)
    tokens = recipe.training.tokens or folder.path / "tokens"
    if is_main_process():
        corpus = Corpus(recipe.text)
        reporter.say(f"{corpus.where}: reading it into {tokens}")
        stream = prepare_shards(corpus, tokenizer, tokens)
        reporter.say(f"{corpus.where}: {counted(stream.tokens, 'token')}")
    wait_for_everyone()
    return Texts(recipe, open_shards(tokens, tokenizer), vocabulary)
