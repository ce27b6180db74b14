"""Write docs/recipe.md and docs/distillation.md, every field of both kinds of recipe, from the fields' descriptions.

python scripts/make_reference.py
"""

from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pocketbert.distillation.settings import DistillationRecipe
from pocketbert.evaluation.suite_files.settings import SuiteFile
from pocketbert.recipe import Recipe
from pocketbert.training import Stage

DOCS = Path(__file__).parents[1] / "docs"
PAGE, DISTILLATION_PAGE = DOCS / "recipe.md", DOCS / "distillation.md"
INTRODUCTION = """# The recipe

A recipe is a TOML file: `pocketbert train recipe.toml`. Every field may be left out but `data.source`; any can be set
on the command line with `--set section.field=value`, a stage's with `--set stages.0.epochs=2`. The resolved recipe is
saved in the run folder. This page is made from the code by `scripts/make_reference.py`.

LoRA on augmented text, from the backbone's published weights (what `train` does by itself):

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

A small model that learns a larger one's answers beside the labels (`pocketbert train reviews.csv --out runs/large
--backbone google-bert/bert-base-uncased` made the larger one; see [distillation](distillation.md)):

```toml
[data]
source = "reviews.csv"

[backbone]
name = "bundled"

[teacher]
run = "runs/large"
```
"""
SUITE_FILE = """A suite that somebody wrote, as a table in the list or as a `.toml` file whose name stands in it; see
[suites](suites.md)."""
DISTILLATION = """# Distillation

`pocketbert distill recipe.toml --out RUN` teaches a small MobileBERT what a larger model knows of plain text (the
paper's sections 3.2 to 3.4). Any field can be set on the command line with `--set section.field=value`. Ctrl-C or a
kill loses nothing: the same command goes on. This page is made from the code by `scripts/make_reference.py`.

The teacher is a model that exists (`teacher.name`), or an IB-BERT that the run pre-trains first. The student learns its
attention (cross-entropy) and its feature maps (squared error of normalised states), then masked LM, with the teacher's
answers as half of the target: those of the masked-LM head that `distill` wrote beside it or, where its weights are
safetensors, of its stock one. Schedules:

- `auxiliary`: one stage, transfer beside masked LM;
- `joint`: transfer of all layers at once, then masked LM;
- `progressive`: transfer of one layer after another, then masked LM; while a layer is transferred it trains at three
  times the rate, earlier ones at 0.3 times, and all else stands still.

With `attention`, `feature_maps`, `means` and `variances` at 0, `true_share = 1` and
`student.teacher_embeddings = false` there is no teacher: masked LM alone.

A deeper teacher teaches with layers evenly spread over its depth, one with more heads with the mean of each group of
them, a wider one through a projection that is dropped at the end. What cannot be mapped is refused before anything is
trained.

The run folder holds `model/` (an encoder that `AutoModel` loads, its tokenizer, and its masked-LM head in
`masked_lm.safetensors`), `teacher/` if it was pre-trained here, `history.jsonl` with the loss by term, `metrics.json`
with tokens a second, loss by term (weighted as minimised) and masked LM on held-out text after each stage, and
`finetuning/`, a run of its own, if the recipe names a task.

```toml
[text]
sources = ["corpus.txt.xz"]

[teacher]
name = "bundled"

[schedule]
kind = "progressive"
true_share = 1.0
```

From Python, with as little text as there can be:

```python
from pathlib import Path

import pocketbert as pb

lines = [f"Room {number} was clean, and breakfast began at {number % 4 + 6}." for number in range(2000)]
Path("corpus.txt").write_text("\\n".join(lines))

student = pb.distill(
    "corpus.txt",
    teacher="bundled",
    steps=12,
    out="runs/student",
    settings={"schedule.true_share": 1.0, "student.shape.layers": 2, "training.batch_size": 4},
)
print(student.metrics["stages"][-1]["held_out"])
print(student.backbone)  # pb.finetune("reviews.csv", backbone=student.backbone) goes on from it
```

## A task learned from a fine-tuned teacher

A small model can learn a task from a larger one that knows it: beside the labels, its answers (softened
probabilities; Hinton, Vinyals and Dean 2015) and, if so wished, its attention and its feature maps. The teacher is a
run folder. It must know the same labels (of a regression, the same scale) and read with the same tokenizer, as BERT's
uncased models do with `bundled`; if it has seen the rows that the student is tested on, the student looks too good:

    pocketbert train reviews.csv --backbone google-bert/bert-base-uncased --out runs/large
    pocketbert train reviews.csv --backbone bundled --out runs/small --set teacher.run=runs/large

`pocketbert distill` ends with it where its recipe says so. With `own`, its teacher is fine-tuned on the task first, in
`teacher-finetuning/`, then teaches the student that has learned from it:

```toml
[finetuning]
recipe = "reviews.csv"

[finetuning.teacher]
run = "own"
temperature = 2.0
attention = 1.0
```

Layers map, and projections are dropped, as in the transfer above; a stage begins with new projections.
"""


def section(name: str, purpose: str | None, model: type[BaseModel]) -> str:
    """One section as a table of its fields."""
    lines = [f"\n## `{name}`\n", f"{purpose}\n"]
    lines += ["| field | type | default | |", "|---|---|---|---|"]
    for key, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            continue
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
    if name is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
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
    """The page of a task's recipe."""
    return (
        INTRODUCTION
        + sections(Recipe)
        + section("[[stages]]", Recipe.model_fields["stages"].description, Stage)
        + section("a table in [evaluation] suites", SUITE_FILE, SuiteFile)
    )


def distillation_page() -> str:
    """The page of a distillation's recipe."""
    return DISTILLATION + sections(DistillationRecipe)


def sections(recipe: type[BaseModel], prefix: str = "") -> str:
    """Every section of a recipe, those within others after them."""
    return "".join(
        section(f"[{prefix}{name}]", field.description, field.annotation)
        + sections(field.annotation, f"{prefix}{name}.")
        for name, field in recipe.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    DISTILLATION_PAGE.write_text(distillation_page(), encoding="utf-8")
