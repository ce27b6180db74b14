"""Commands that take a run to the devices that use it: export."""

from __future__ import annotations

from pocketbert.commands import options


def export(
    folder: options.RunFolderPath,
    to: options.Format = "onnx",
    precision: options.Precision = "fp32",
    quantisation: options.Quantisation = "dynamic",
    tokenizer: options.TokenizerInside = False,
    lengths: options.Lengths = None,
    out: options.ModelFile = None,
    allow_degraded: options.AllowDegraded = False,
    as_json: options.Json = False,
) -> None:
    """Write a run as files for a phone, checked against it.

    They lie in RUN/exports/; a file that changes the answers is not written.

    Example: pocketbert export runs/reviews --to onnx --precision int8
    """
    from pocketbert.api import export as export_files
    from pocketbert.console.deployment import print_exported
    from pocketbert.console.output import print_json
    from pocketbert.console.progress import TerminalReporter

    with TerminalReporter() as reporter:
        exported = export_files(
            folder,
            out,
            to=to,
            precision=precision,
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
