"""The command `quantize`: a smaller and faster copy of a model."""

from __future__ import annotations

import argparse
import sys

from fer.cli.models.average import add_making_flags
from fer.cli.output import DONE


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "quantize",
        help="make a model smaller and faster: its convolutions in eight bits",
        epilog="example: python -m fer quantize --model mine --data fer2013.csv --name mine-small",
    )
    add_making_flags(parser, "NAME")
    parser.set_defaults(command=_quantize)


def _quantize(options: argparse.Namespace) -> int:
    from fer.export import quantization

    card = quantization.quantize(options.model, options.name, options.data, options.votes)
    print(f"published the model {card.name}", file=sys.stderr)
    return DONE
