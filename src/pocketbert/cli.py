"""The command line: its commands by name, and how each of them ends."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import pocketbert
from pocketbert.commands.comparing import compare
from pocketbert.commands.data import augment, check, tasks_app
from pocketbert.commands.deployment import bench, export
from pocketbert.commands.models import distill, models
from pocketbert.commands.runs import demo, evaluate, predict, train
from pocketbert.data.survey import well_formed
from pocketbert.errors import ArgumentError, PocketBertError

app = typer.Typer(
    name="pocketbert",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (train, evaluate, compare, predict, export, bench, check, augment, distill, demo, models):
    app.command()(command)
app.add_typer(tasks_app, name="tasks")

INTERRUPTED = 130  # what typer makes of Ctrl-C
TRACEBACK = "POCKETBERT_TRACEBACK"
TALKATIVE = ("torchao", "torch.utils._pytree")
"""Where exporters for phones are installed, these tell on import of what their machine lacks."""


@app.callback(invoke_without_command=True)
def front(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Labelled text in, a small language model out that survives messy input and runs on a phone."""
    if version:
        print(f"pocketbert {pocketbert.__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(ArgumentError.exit_status)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point: every error is one line on standard error, with exit status 1 (work) or 2 (arguments)."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if os.environ.get("RANK", "0") != "0":  # one of several processes; the first speaks for all
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open until the end
    for library in TALKATIVE:
        logging.getLogger(library).setLevel(logging.ERROR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter shows its number
    given = sys.argv[1:] if arguments is None else arguments
    try:
        refuse_broken_text(given)
        status, message = app(arguments, standalone_mode=False) or 0, ""
        if status == INTERRUPTED:
            status, message = PocketBertError.exit_status, "stopped"
        if sys.stdout is not None:  # closed by who started us
            sys.stdout.flush()
    except PocketBertError as error:
        status, message = error.exit_status, str(error)
    except typer.TyperException as error:
        status, message = ArgumentError.exit_status, usage_problem(error, given)
    except BrokenPipeError:  # whoever read our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status, message = PocketBertError.exit_status, ""
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        status, message = PocketBertError.exit_status, f"the system refused{place}: {error.strerror or error}"
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        status = PocketBertError.exit_status
        message = f"{type(error).__name__}: {error}; not foreseen: report it with what {TRACEBACK}=1 shows"
    if message:
        print("pocketbert:", " ".join(message.split()), file=sys.stderr)
    sys.exit(status)


def refuse_broken_text(arguments: Sequence[str]) -> None:
    """Raise ArgumentError for an argument that is not text: its bytes could be neither read nor written down."""
    for number, argument in enumerate(arguments, 1):
        if well_formed(argument) != argument:
            raise ArgumentError(f"argument {number}, {argument[:80]!r}, is not UTF-8 text")


def usage_problem(error: typer.TyperException, arguments: Sequence[str]) -> str:
    """What is wrong with the command line, and where its help is."""
    message = " ".join(error.format_message().split())
    message = re.sub(r": Input should be ([^,]*).*", r": must be \1", message[:1].lower() + message[1:])
    if message.endswith("?"):
        return message
    context = getattr(error, "ctx", None)
    named = [argument for argument in arguments[:1] if not argument.startswith("-")]
    command = context.command_path if context else " ".join(["pocketbert", *named])
    return f"{message.rstrip('.')}; see `{command} --help`"
