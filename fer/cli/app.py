"""The command `app`: start the dashboard on this computer."""

from __future__ import annotations

import argparse
import runpy
import sys

from fer.cli.output import DONE


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "app",
        help="start the dashboard, and print the address to open in a browser",
        epilog="example: python -m fer app --port 8600",
    )
    parser.add_argument("--port", type=int, metavar="N", help="default: 8501, or the next free one")
    parser.add_argument(
        "--address", metavar="HOST", help="default: localhost, which other computers cannot reach"
    )
    parser.set_defaults(command=_app)


def _app(options: argparse.Namespace) -> int:
    flags = {"--server.port": options.port, "--server.address": options.address}
    given = [f"{name}={value}" for name, value in flags.items() if value is not None]
    sys.argv = ["dashboard", *given]
    runpy.run_module("dashboard", run_name="__main__")  # by name: no command imports the dashboard
    return DONE
