"""The command line: one module a command."""

from fer.cli.commands import main

__all__ = ["main"]
