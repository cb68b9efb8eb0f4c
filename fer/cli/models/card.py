"""The command `card`: what a published model's card says of its priors, measured again."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from fer import prior, registry
from fer.cli import output
from fer.cli.output import DONE
from fer.errors import BadSettings
from fer.model_card import ModelCard


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "card",
        help="measure a published model anew and complete its card",
        description="Writes into a model's card.json how common each expression was in its "
        "training, and its figures on the validation faces under each prior. Weights and "
        "temperature stay.",
        epilog="example: python -m fer card --model crowd --data fer2013.csv --default balanced",
    )
    parser.add_argument("--model", required=True, metavar="NAME")
    parser.add_argument("--data", required=True, metavar="PATH", help="what it was trained on")
    parser.add_argument("--votes", metavar="PATH", help="FER+ votes that belong to a FER2013 CSV")
    parser.add_argument(
        "--default", metavar="PRIOR", help="the prior to predict with (default: balanced)"
    )
    parser.add_argument(
        "--mixed",
        metavar="NAME=SHARE,…",
        help="add a prior of the name `mixed` with these seven shares",
    )
    parser.add_argument(
        "--elsewhere",
        type=Path,
        metavar="FILE",
        help="a JSON list of figures on other datasets, for the card's section of that name",
    )
    parser.add_argument(
        "--robustness",
        type=Path,
        metavar="FILE",
        help="add the table that `robustness --card --json FILE` measured",
    )
    parser.add_argument("--json", metavar="FILE", help="write the card; - is standard output")
    parser.set_defaults(command=_card)


def _card(options: argparse.Namespace) -> int:
    from fer.export import card_figures

    mixed = None if options.mixed is None else prior.parse(options.mixed).shares
    if options.mixed is not None and mixed is None:
        raise BadSettings(f"--mixed takes seven shares, NAME=SHARE,…; got {options.mixed!r}.")
    output.check_writable(options.json)
    card = card_figures.completed(
        options.model,
        options.data,
        options.votes,
        default_prior=options.default,
        mixed=mixed,
    )
    if options.elsewhere:
        card = card_figures.with_elsewhere(card, options.elsewhere)
    if options.robustness:
        card = card_figures.with_robustness(card, options.robustness)
    registry.rewrite(card)
    if options.json:
        output.write(options.json, json.dumps(registry.card_dict(card), indent=2) + "\n")
    if options.json != output.STDOUT:
        _print(card)
    print(f"wrote the card of the model {card.name}", file=sys.stderr)
    return DONE


def _print(card: ModelCard) -> None:
    rows = []
    for name in card.prior_names:
        figures = card.metrics_under(name)
        below = card.uncertain_below_under(card.prior(name))
        values = [figures.get(key) for key in ("accuracy", "balanced_accuracy", "ece")]
        rows.append([name, *("–" if value is None else f"{value:.1%}" for value in values)])
        rows[-1].append(f"{below:.0%}")
    head = ["prior", "accuracy", "balanced accuracy", "ECE", "unsure below"]
    output.print_table(head, rows)
    print(f"default: {card.default_prior}; the faces are weighted to have the prior's mix")
