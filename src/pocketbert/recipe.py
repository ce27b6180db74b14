"""Recipe: everything a run depends on, as TOML and as frozen models."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pocketbert.adaptation import LoraSettings
from pocketbert.augmentation import Policy
from pocketbert.backbone import BackboneSettings
from pocketbert.backbone.settings import BUNDLED
from pocketbert.data import DataSettings
from pocketbert.data.answers import holds_answers
from pocketbert.data.describing import QUESTIONS, QUESTIONS_LENGTH
from pocketbert.data.files import SUFFIXES, is_file, require_file
from pocketbert.distillation.task_settings import TaskTeacherSettings
from pocketbert.errors import ArgumentError, unknown_name
from pocketbert.evaluation import EvaluationSettings
from pocketbert.tasks import USUAL_LENGTH, load_task, task_names
from pocketbert.training import Stage, TrainingSettings
from pocketbert.wording import counted

# What pydantic calls a wrong type, in the words of somebody who writes TOML.
WANTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a text",
    "path_type": "a path",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a section",
}
COMMANDS = {"data": "train", "text": "distill"}
"""Whose recipe has a section that no recipe of the other's has."""

Sections = TypeVar("Sections", bound=BaseModel)


class Recipe(BaseModel):
    """A whole run: data, backbone, how it trains, how it is measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataSettings = Field(description="What is learned, and from which rows.")
    backbone: BackboneSettings = Field(
        BackboneSettings(), description="The pre-trained model it starts from."
    )
    teacher: TaskTeacherSettings = Field(
        TaskTeacherSettings(),
        description="A larger model, fine-tuned on the same labels, that it learns from besides.",
    )
    lora: LoraSettings = Field(LoraSettings(), description="Low-rank adapters of the stages that use them.")
    augmentation: Policy = Field(Policy(), description="The variations that stages on augmented data read.")
    training: TrainingSettings = Field(TrainingSettings(), description="What all stages share.")
    stages: tuple[Stage, ...] = Field(
        (Stage(),), min_length=1, description="What is trained, one after another."
    )
    evaluation: EvaluationSettings = Field(EvaluationSettings(), description="Metrics and robustness suites.")


def resolve(
    source: str, fields: dict[str, Any], stage: dict[str, Any], overrides: Sequence[str] = ()
) -> Recipe:
    """The recipe of a command: `source` is an existing data file, else an existing recipe, else a task name.

    `fields` and `overrides` (`section.field=value`) are set over it by dotted key, `stage` over its only stage;
    None and an empty list stand for what was not given.
    Raises ArgumentError, in one line with the key, for whatever does not fit.
    """
    fields, stage = _given(fields), _given(stage)
    path = Path(source)
    content: dict[str, Any] = {"data": {"source": source}}
    where = ""
    if path.suffix == ".toml":
        content, where = read_toml(path), source
    elif not is_file(path):
        _check_name(path, source)
    stages = content.get("stages")
    if stage and isinstance(stages, list) and len(stages) > 1:
        name = next(iter(stage))
        raise ArgumentError(
            f"{source} has several stages; set a stage's {name} with --set stages.0.{name}=..."
        )
    placed = {f"stages.0.{name}": value for name, value in stage.items()}
    return make_recipe(content, fields | placed | dict(map(parse_override, overrides)), where)


def _check_name(path: Path, source: str) -> None:
    """Raise ArgumentError for what is no file, unless it is a task's name."""
    if source in task_names():
        return
    if path.suffix or path.is_dir() or path.name != source:
        require_file(path)
    recipes = [entry.name for entry in Path().iterdir() if entry.suffix in (*SUFFIXES, ".toml")]
    raise ArgumentError(f"no file {source} and {unknown_name('task', source, task_names() + recipes)}")


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.  Raises ArgumentError, in one line with the key, for whatever does not fit."""
    return make_recipe(read_toml(path), {}, str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """Plain values of a TOML file.  Raises ArgumentError when it is missing or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        near = path.parent.glob("*.toml") if path.parent.is_dir() else ()
        names = [entry.name for entry in near]
        missing = unknown_name("recipe", path.name, names) if names else f"no recipe {path.name}"
        raise ArgumentError(f"{path}: {missing}" if path.name != str(path) else missing) from None
    except OSError as error:
        raise ArgumentError(f"cannot read the recipe {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ArgumentError(f"cannot read the recipe {path}: it is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ArgumentError(f"{path} is not TOML: {error}") from None


def make_recipe(content: dict[str, Any], overrides: dict[str, Any], where: str = "") -> Recipe:
    """A recipe from plain values, with some fields set over them by dotted key, such as `training.seed`.

    Raises ArgumentError, in one line with the key, for a field that does not exist or does not fit.
    """
    content = _copy(content)
    _suit_task(content, overrides.get("data.kind"))
    return read_sections(Recipe, content, overrides, where)


def read_sections(
    kind: type[Sections], content: dict[str, Any], overrides: dict[str, Any], where: str = ""
) -> Sections:
    """A recipe of any kind from plain values, with some fields set over them by dotted key.

    Raises ArgumentError, in one line with the key, for a field that does not exist or does not fit.
    """
    content = _copy(content)
    _check_command(kind, content, where)
    for key, value in overrides.items():
        _set(content, key, value)
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problem = _first_problem(error, kind)
    except ArgumentError as error:
        problem = str(error)
    raise ArgumentError(f"{where}: {problem}" if where else problem)


def _check_command(kind: type[BaseModel], content: dict[str, Any], where: str) -> None:
    """Raise ArgumentError for a recipe of another command."""
    if any(section in content and section in kind.model_fields for section in COMMANDS):
        return
    for section, command in COMMANDS.items():
        if isinstance(content.get(section), dict):
            raise ArgumentError(
                f"{where} is a recipe of `pocketbert {command}`; give it to that command, or name another"
            )


def parse_override(text: str) -> tuple[str, Any]:
    """`section.field=value`, the value in TOML or else a plain string."""
    key, equals, value = text.partition("=")
    if not equals or "." not in key:
        raise ArgumentError(f"--set {text}: write it as section.field=value, such as training.batch_size=16")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def to_toml(recipe: BaseModel) -> str:
    """The resolved recipe as TOML, every field written out (a field left to be chosen is absent)."""
    import tomli_w

    return tomli_w.dumps(recipe.model_dump(mode="json", exclude_none=True))


def with_absolute_paths(recipe: Recipe) -> Recipe:
    """The recipe as a run keeps it: it names the same files and folders from any working directory."""
    data, backbone = recipe.data, recipe.backbone
    paths = {name: getattr(data, name) for name in ("data_dir", "validation", "test", "cache_dir")}
    places: dict[str, Any] = {name: path.absolute() for name, path in paths.items() if path is not None}
    if is_file(source := Path(data.source)):
        places["source"] = str(source.absolute())
    folder = Path(backbone.name).expanduser()
    if backbone.name != BUNDLED and folder.is_dir():
        backbone = backbone.model_copy(update={"name": str(folder.absolute())})
    changed = {
        "data": data.model_copy(update=places),
        "backbone": backbone,
        "teacher": recipe.teacher.placed(),
        "augmentation": recipe.augmentation.placed(),
        "evaluation": recipe.evaluation.placed(),
    }
    return recipe.model_copy(update=changed)


def _suit_task(content: dict[str, Any], kind: object) -> None:
    """A task brings the augmentation preset that keeps its labels true, and the length of its texts, unless others
    are named; `kind` is what the command says of a file's labels."""
    data, augmentation = content.get("data"), content.setdefault("augmentation", {})
    if not isinstance(data, dict) or not isinstance(augmentation, dict):
        return
    source, kind = data.get("source"), kind or data.get("kind")
    path = Path(source) if isinstance(source, str) else None
    if path is not None and is_file(path):
        if kind == "spans" or (kind is None and holds_answers(path)):
            augmentation.setdefault("preset", QUESTIONS)
            data.setdefault("max_length", QUESTIONS_LENGTH)
    elif source in task_names():
        task = load_task(source)
        augmentation.setdefault("preset", task.augmentation)
        if task.max_length != USUAL_LENGTH:
            data.setdefault("max_length", task.max_length)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != []}


def _copy(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _copy(value) for key, value in content.items()}
    return [_copy(value) for value in content] if isinstance(content, list | tuple) else content


def _set(content: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    place: Any = content
    for at, part in enumerate(path):
        if isinstance(place, list):
            place = _stage(place, part)
        else:
            place = place.setdefault(part, [{}] if part == "stages" and at == 0 else {})
        if not isinstance(place, dict | list):
            raise ArgumentError(f"--set {key}: '{part}' holds a value, not a section")
    if isinstance(place, list):
        raise ArgumentError(f"--set {key}: name the stage by its number, such as stages.0.epochs")
    place[last] = value


def _stage(stages: list[Any], name: str) -> Any:
    if name.isdecimal() and int(name) < len(stages):
        return stages[int(name)]
    for stage in stages:
        if isinstance(stage, dict) and stage.get("name") == name:
            return stage
    raise ArgumentError(f"no stage '{name}'; the recipe has {len(stages)}, the first is 0")


def _first_problem(error: ValidationError, kind_of_recipe: type[BaseModel]) -> str:
    """One line for the first thing wrong: `[training]: no key 'epoch'; did you mean 'epochs'?`"""
    problem = error.errors()[0]
    kind, value, context = problem["type"], problem["input"], problem.get("ctx", {})
    *path, last = [str(part) for part in problem["loc"] if "[" not in str(part)] or [""]
    section = f"[{'.'.join(path)}]" if path else "the recipe"
    if kind == "extra_forbidden":
        return f"{section}: {unknown_name('key', last, _fields_at(path, kind_of_recipe))}"
    if kind == "missing":
        return f"{section}: '{last}' is missing"
    place = f"{section} {last}"
    if kind == "literal_error" and isinstance(value, str):
        return f"{place}: {unknown_name(last.replace('_', ' '), value, _quoted(context['expected']))}"
    if kind == "value_error":
        return f"{place}: {context['error']}"
    if kind in WANTED:
        return f"{place}: must be {WANTED[kind]}" + (
            "" if isinstance(value, dict) else f", not {value!r:.60}"
        )
    if kind in ("too_long", "too_short"):
        bound, limit = (
            ("most", context["max_length"]) if kind == "too_long" else ("least", context["min_length"])
        )
        entries = counted(limit, "entry", "entries")
        return f"{place}: must have at {bound} {entries}, not {context['actual_length']}"
    if kind == "string_too_short":
        return f"{place}: must not be empty"
    message = problem["msg"].replace("Input should", "must")
    return f"{place}: {message}" + (f", not {value}" if isinstance(value, int | float) else "")


def _quoted(words: str) -> list[str]:
    return re.findall(r"'([^']*)'", words)


def _fields_at(path: list[str], model: type[BaseModel]) -> list[str]:
    for part in path:
        if part.isdecimal():
            continue
        if part == "stages":
            model = Stage
            continue
        annotation = model.model_fields[part].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
