"""Commands that take a run to the devices that use it: export."""

from __future__ import annotations

from pathlib import Path

from pocketbert.commands import options
from pocketbert.errors import ArgumentError


def export(
    folder: options.RunFolderPath,
    to: options.Format = "onnx",
    precision: options.Precision = None,
    quantisation: options.Quantisation = "dynamic",
    tokenizer: options.TokenizerInside = False,
    lengths: options.Lengths = None,
    out: options.ModelFile = None,
    allow_degraded: options.AllowDegraded = False,
    as_json: options.Json = False,
) -> None:
    """Write a run as files for a phone, checked against it.

    They lie in RUN/exports/; a file that changes the answers is not written.  With --to web a page comes around them
    that runs them in the browser.

    Example: pocketbert export runs/reviews --to onnx --precision int8
    """
    from pocketbert.api import export as export_files
    from pocketbert.console.deployment import print_exported
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter

    if to == "web":
        if tokenizer or lengths:
            raise ArgumentError(
                "a site has its tokenizer beside its models; leave out --tokenizer and --length"
            )
        _publish(folder, out, precision, quantisation, allow_degraded=allow_degraded, as_json=as_json)
        return
    with TerminalReporter() as reporter:
        exported = export_files(
            folder,
            out,
            to=to,
            precision=precision or "fp32",
            quantisation=quantisation,
            tokenizer=tokenizer,
            lengths=lengths or (),
            allow_degraded=allow_degraded,
            reporter=reporter,
        )
    if as_json:
        print_json(exported.as_dict())
    else:
        print_exported(exported)


def _publish(
    folder: Path,
    out: Path | None,
    precision: str | None,
    quantisation: str,
    *,
    allow_degraded: bool,
    as_json: bool,
) -> None:
    from pocketbert.api import publish
    from pocketbert.console.deployment import print_published
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter
    from pocketbert.publishing import PRECISIONS

    with TerminalReporter() as reporter:
        published = publish(
            folder,
            out,
            precisions=(precision,) if precision else PRECISIONS,
            quantisation=quantisation,
            allow_degraded=allow_degraded,
            reporter=reporter,
        )
    if as_json:
        print_json(published.as_dict())
    else:
        print_published(published)


def bench(
    folder: options.RunFolderPath,
    quick: options.Quick = False,
    as_json: options.Json = False,
) -> None:
    """Measure latency, size and memory of a run's exports.

    Beside them stand PyTorch and a stock export; all take turns in one run, so that ratios hold on a busy machine too.

    Example: pocketbert bench runs/reviews
    """
    from pocketbert.api import bench as bench_exports
    from pocketbert.console.deployment import print_benchmark
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter

    with TerminalReporter() as reporter:
        benchmark = bench_exports(folder, quick=quick, reporter=reporter)
    if as_json:
        print_json({"schema": 1, **benchmark.as_dict()})
    else:
        print_benchmark(benchmark)
