"""A finished run to a web site: exported in every precision that passes, and a page that runs it in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.deployment.formats import check_format
from pocketbert.deployment.site import SiteFacts, SiteModel, fill_site, is_site, page
from pocketbert.errors import ArgumentError, DiskError, PocketBertError, disk_refusal
from pocketbert.exporting import Exported, export_run
from pocketbert.recipe import read_recipe
from pocketbert.reporter import Reporter, Silent
from pocketbert.wording import counted, spelt
from pocketbert.writing import whole_folder

if TYPE_CHECKING:
    from pocketbert.runs import Run

PRECISIONS = ("fp32", "int8")
UNSHOWN = {"multilabel": "several labels a text", "spans": "answer spans"}


@dataclass(frozen=True)
class Published:
    """A site that was written."""

    folder: Path
    exports: tuple[Exported, ...]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def as_dict(self) -> dict[str, Any]:
        """What `export --to web --json` prints."""
        return {
            "schema": 1,
            "folder": str(self.folder),
            "bytes": self.size,
            "exports": [exported.as_dict() for exported in self.exports],
        }


def publish_run(
    run: Run,
    out: Path | None = None,
    *,
    precisions: Sequence[str] = PRECISIONS,
    quantisation: str = "dynamic",
    allow_degraded: bool = False,
    reporter: Reporter | None = None,
) -> Published:
    """Write the run as a static site, to `out` or to `web/` under its `exports/`, where its models lie too.

    A precision that the gate refuses is left out of the site, with a warning, unless no other is left.
    Raises ArgumentError for what cannot be asked for, PocketBertError when no model passes the gate or the disk
    refuses the site; then no half of one is left behind.
    """
    reporter = reporter or Silent()
    folder = run.folder.path / "exports" / "web" if out is None else out.resolve()
    _check_request(run, folder, out, precisions, quantisation)
    with page():
        pass  # before the long work
    exports: dict[str, Exported] = {}
    for precision in precisions:
        try:
            exports[precision] = export_run(
                run,
                "onnx",
                precision,
                quantisation=quantisation,
                allow_degraded=allow_degraded,
                reporter=reporter,
            )
        except DiskError:
            raise
        except PocketBertError as error:
            if precision == precisions[-1] and not exports:
                raise
            reporter.warn(f"the site does without {precision}: {error}")
    try:
        with whole_folder(folder) as unfinished:
            fill_site(unfinished, _facts(run, exports))
    except OSError as error:
        raise DiskError(f"cannot write the site: {disk_refusal(error)} and try again") from None
    return Published(folder, tuple(exports.values()))


def _check_request(
    run: Run, folder: Path, out: Path | None, precisions: Sequence[str], quantisation: str
) -> None:
    if not precisions:
        raise ArgumentError("a site needs a precision at least")
    for precision in precisions:
        check_format("onnx", precision, quantisation, (), reads_text=False)
    if run.task.kind in UNSHOWN:
        raise ArgumentError(
            f"the page shows one label or one number, and the run answers with {UNSHOWN[run.task.kind]}; "
            "export --to onnx, litert or executorch"
        )
    if out is not None and not folder.parent.is_dir():
        raise ArgumentError(f"--out {out}: no folder {out.parent}")
    if folder.exists() and not (folder.is_dir() and is_site(folder)):
        raise ArgumentError(
            f"--out {out or folder} is there already and is no site of ours; name another folder"
        )


def _facts(run: Run, exports: dict[str, Exported]) -> SiteFacts:
    from pocketbert.data import load as load_splits

    settings = read_recipe(run.folder.recipe).data
    rows = len(load_splits(settings).train)
    return SiteFacts(
        task=run.task,
        data=f"{counted(rows, 'row')} of {Path(settings.source).name}",
        max_length=run.encoder.max_length,
        models=tuple(_model(precision, exported) for precision, exported in exports.items()),
    )


def _model(precision: str, exported: Exported) -> SiteModel:
    split = exported.split
    return SiteModel(
        precision=precision,
        folder=exported.folder,
        made=exported.made,
        degraded=not exported.verdict.passed,
        metric=spelt(split["main_metric"]),
        value=split["clean"][split["main_metric"]]["value"],
        rows=split["n"],
    )
