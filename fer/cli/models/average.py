"""The command `average`: one model from the weights of several."""

from __future__ import annotations

import argparse
import sys

from fer.cli.output import DONE


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "average",
        help="average the weights of models that were trained on from the same ones",
        epilog="example: python -m fer average --model one,two --data fer2013.csv --name both",
    )
    add_making_flags(parser, "NAME,NAME")
    parser.set_defaults(command=_average)


def add_making_flags(parser: argparse.ArgumentParser, models: str) -> None:
    """Flags of a command that makes a model of others; `models` stands for these in its help."""
    parser.add_argument("--model", required=True, metavar=models)
    parser.add_argument("--data", required=True, metavar="PATH", help="what it was trained on")
    parser.add_argument("--votes", metavar="PATH", help="FER+ votes that belong to a FER2013 CSV")
    parser.add_argument("--name", required=True, metavar="NAME", help="name of the new model")


def _average(options: argparse.Namespace) -> int:
    from fer.export import averaging

    names = [name.strip() for name in options.model.split(",")]
    card = averaging.average(names, options.name, options.data, options.votes)
    print(f"published the model {card.name}", file=sys.stderr)
    return DONE
