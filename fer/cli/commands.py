"""The command line: `python -m fer COMMAND`. Answers go to stdout or files, progress to stderr."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fer.cli import analyze, app, doctor, evaluate, inspect, robustness
from fer.cli.models import average, card, export, importing, listing, networks, quantize, teach
from fer.cli.output import DONE, INTERRUPTED, WRONG_USE
from fer.cli.training import find_rate, sweep, train
from fer.cli.video import command as video
from fer.doctor import packages
from fer.errors import FerError
from fer.runs import checks
from fer.training import failures

_COMMANDS = (
    *(app, analyze, video, train, sweep, find_rate, inspect, evaluate, robustness),
    *(networks, listing, card, export, importing, average, quantize, teach, doctor),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 some inputs failed, 2 wrong use.

    A reader that closes the pipe early, such as `head`, is no error.
    """
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        return DONE


def _run(arguments: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # file names need not be UTF-8
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(importing.joined_scale(given))
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except FerError as error:
        print(f"fer: {error}", file=sys.stderr)
        return WRONG_USE
    except ModuleNotFoundError as error:
        if error.name not in checks.TRAINING_PACKAGES:
            raise
        print(f"fer: this command needs TensorFlow. Install it: {checks.INSTALL}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("fer: interrupted.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if not failures.is_out_of_memory(error):
            raise
        print("fer: there was not enough memory. Use a part of the data.", file=sys.stderr)
        return WRONG_USE


def _discard_output() -> None:
    """Lets the interpreter's last flush succeed although nobody reads any more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fer" if Path(sys.argv[0]).stem == "fer" else "python -m fer",
        description="Reads the apparent expression of faces.",
    )
    parser.add_argument(
        "--version", action="version", version=f"{packages.NAME} {packages.version()}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser
