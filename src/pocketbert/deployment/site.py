"""A static site that runs exported models in the browser: the package's built page, the models, what it says of them.

The page is built from `web/` by `make web`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.deployment.folder import MODEL
from pocketbert.errors import PocketBertError

if TYPE_CHECKING:
    from pocketbert.tasks import Task

DESCRIPTION = "model/site.json"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
FILES = "files.js"
"""What the site's service worker keeps; it differs whenever any file does, and so browsers see a new version."""
LARGE = (".onnx", ".gzip", "tokenizer.json")
"""What is kept on the device once the page has fetched it, not before."""


@dataclass(frozen=True)
class SiteModel:
    """An exported folder as the page offers it."""

    precision: str
    folder: Path
    made: str
    degraded: bool
    metric: str
    """In words, as `rows` validation rows gave `value`."""
    value: float
    rows: int


@dataclass(frozen=True)
class SiteFacts:
    """What the page says and needs to know of its task."""

    task: Task
    data: str
    max_length: int
    models: tuple[SiteModel, ...]


def fill_site(folder: Path, facts: SiteFacts) -> None:
    """Write a site's files into an empty folder."""
    with page() as built:
        shutil.copytree(built, folder, dirs_exist_ok=True)
    (folder / "model").mkdir()
    for name in TOKENIZER:
        shutil.copyfile(facts.models[0].folder / name, folder / "model" / name)
    for model in facts.models:
        (folder / "model" / model.precision).mkdir()
        for name in (MODEL, "card.md"):
            shutil.copyfile(model.folder / name, folder / "model" / model.precision / name)
    _write_json(folder / DESCRIPTION, _description(facts))
    manifest = folder / "manifest.webmanifest"
    named = {"name": facts.task.title.rstrip("."), "short_name": facts.task.name}
    _write_json(manifest, {**json.loads(manifest.read_text(encoding="utf-8")), **named})
    kept = json.dumps(_kept(folder), indent=1, ensure_ascii=False)
    (folder / FILES).write_text(f"self.FILES = {kept};\n", encoding="utf-8")


@contextmanager
def page() -> Iterator[Path]:
    """The folder of the built page.

    Raises PocketBertError where it was not built.
    """
    with as_file(files("pocketbert") / "assets" / "page") as folder:
        if not (folder / "index.html").exists():
            raise PocketBertError("the page is not in this installation; build it in a clone: make web")
        yield folder


def _description(facts: SiteFacts) -> dict[str, Any]:
    """`model/site.json`, as `web/src/site.ts` reads it."""
    task = facts.task
    return {
        "schema": 1,
        "title": task.title,
        "kind": task.kind,
        "labels": task.labels,
        "range": task.label_range,
        "texts": len(task.text),
        "max_length": facts.max_length,
        "data": facts.data,
        "models": [_offered(model) for model in facts.models],
    }


def _offered(model: SiteModel) -> dict[str, Any]:
    return {
        "precision": model.precision,
        "file": f"model/{model.precision}/{MODEL}",
        "card": f"model/{model.precision}/card.md",
        "bytes": (model.folder / MODEL).stat().st_size,
        "made": model.made,
        "degraded": model.degraded,
        "metric": model.metric,
        "value": model.value,
        "rows": model.rows,
    }


def _kept(folder: Path) -> dict[str, Any]:
    """Version, files kept at once and files kept once they were fetched."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "sw.js")
    names = [path.relative_to(folder).as_posix() for path in paths]
    digest = hashlib.sha256()
    for name, path in zip(names, paths, strict=True):
        with path.open("rb") as file:
            digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return {
        "version": digest.hexdigest()[:16],
        "shell": ["./", *(name for name in names if not _is_large(name))],
        "later": [name for name in names if _is_large(name)],
    }


def _is_large(name: str) -> bool:
    return name.endswith(LARGE)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def is_site(folder: Path) -> bool:
    """Whether a folder holds what `fill_site` writes, or nothing."""
    return (folder / DESCRIPTION).exists() or not any(folder.iterdir())
