"""Write docs/recipe.md, the reference of every field of a recipe, from the fields' own descriptions.

python scripts/make_reference.py
"""

from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pocketbert.recipe import Recipe
from pocketbert.training import Stage

PAGE = Path(__file__).parents[1] / "docs" / "recipe.md"
INTRODUCTION = """# The recipe

A recipe is a TOML file: `pocketbert train recipe.toml`. Every field may be left out but `data.source`; any can be set
on the command line with `--set section.field=value`, a stage's with `--set stages.0.epochs=2`. The resolved recipe is
saved in the run folder. This page is made from the code by `scripts/make_reference.py`.

Original weights, then LoRA on augmented text (what `train` does by itself):

```toml
[data]
source = "reviews.csv"
text = ["review"]
label = "stars"

[[stages]]
data = "augmented"
method = "lora"
epochs = 4
```

Every weight on clean text first, then LoRA on augmented text:

```toml
[data]
source = "reviews.csv"

[[stages]]
name = "clean"
data = "clean"
method = "full"
epochs = 2

[[stages]]
name = "augmented"
data = "augmented"
method = "lora"
epochs = 3
```
"""


def section(name: str, purpose: str | None, model: type[BaseModel]) -> str:
    """One section as a table of its fields."""
    lines = [f"\n## `{name}`\n", f"{purpose}\n"]
    lines += ["| field | type | default | |", "|---|---|---|---|"]
    for key, field in model.model_fields.items():
        description = (field.description or "").replace("|", "\\|")
        lines.append(f"| `{key}` | {type_name(field)} | {default_of(field)} | {description} |")
    return "\n".join(lines) + "\n"


def type_name(field: FieldInfo) -> str:
    """The field's type in TOML's words, or its choices."""
    return _named(field.annotation)


def _named(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        return _named(get_args(annotation)[0])
    parts = [part for part in get_args(annotation) if part not in (type(None), Ellipsis)]
    name = getattr(annotation, "__origin__", annotation)
    if getattr(name, "__name__", "") == "Literal" or (all(isinstance(part, str) for part in parts) and parts):
        return ", ".join(f"`{part}`" for part in parts)
    if name is tuple:
        return f"list of {_named(parts[0])}"
    if name is dict:
        return "table"
    if parts:
        return " or ".join(dict.fromkeys(_named(part) for part in parts))
    names = {"str": "string", "int": "integer", "float": "number", "bool": "true or false", "Path": "path"}
    return names.get(getattr(annotation, "__name__", ""), "value")


def default_of(field: FieldInfo) -> str:
    """The field's default as it would stand in TOML."""
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return "required"
    if default is None or default in ((), {}):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def page() -> str:
    """The whole page."""
    sections = [
        section(f"[{name}]", field.description, field.annotation)
        for name, field in Recipe.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    ]
    return (
        INTRODUCTION
        + "".join(sections)
        + section("[[stages]]", Recipe.model_fields["stages"].description, Stage)
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
